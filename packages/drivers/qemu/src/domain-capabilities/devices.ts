// SPDX-License-Identifier: LGPL-2.1-or-later
// Which values attributes of a guest's devices may have, as tables over flags.
import type { CapabilityDevice, CapabilityDevices, CapabilityEnum } from '@virt/conf'
import type { QemuCaps } from '../capabilities/caps.js'
import type { Flag } from '../capabilities/flags.js'

/** What is asked about. */
export interface Question {
  readonly caps: QemuCaps
  readonly arch: string
  /** Full name of the machine type; undefined: none is known. */
  readonly machine: string
  /** Versions of TPMs that the host's emulator can be. */
  readonly tpmVersions: readonly string[]
}

type Condition = (question: Question) => boolean
/** A value: always, with any of these flags, or under a condition. */
type Row = readonly [value: string, ...when: readonly (Flag | Condition)[]]
/** Names of attributes, and their values in the order that they are shown in. */
type Table = Readonly<Record<string, readonly Row[]>>

const machine =
  (pattern: RegExp): Condition =>
  (question) =>
    pattern.test(question.machine)
const arch =
  (pattern: RegExp): Condition =>
  (question) =>
    pattern.test(question.arch)
const all =
  (...conditions: readonly (Flag | Condition)[]): Condition =>
  (question) =>
    conditions.every((condition) => holds(condition, question))
const not =
  (condition: Condition): Condition =>
  (question) =>
    !condition(question)

function holds(condition: Flag | Condition, question: Question): boolean {
  return typeof condition === 'string' ? question.caps.flags.has(condition) : condition(question)
}

const x86 = arch(/^(?:x86_64|i686)$/)
/** Whether the target is one of ARM's. */
export const isArmArch: Condition = arch(/^(?:aarch64|arm)/)
/** Whether the target is one of IBM Z. */
export const isS390Arch: Condition = arch(/^s390/)
const pseries = all(arch(/^ppc64/), machine(/^pseries(?:-|$)/))
const ide = machine(/^(?:pc(?:$|-0\.|-1\.|-i440)|rhel[56]|malta$|sun4u$|g3beige$)/)

const virtioModels: readonly Row[] = [
  ['virtio-transitional', 'virtio-pci-non-transitional'],
  ['virtio-non-transitional', 'virtio-pci-non-transitional'],
]
const usbControllers = [
  'piix3-usb-uhci',
  'piix4-usb-uhci',
  'usb-ehci',
  'ich9-usb-ehci1',
  'vt82c686b-usb-uhci',
  'pci-ohci',
  'nec-usb-xhci',
  'qemu-xhci',
] as const
const tpmEmulator = 'tpm-emulator'

/** Devices and their attributes. Those named in `needed` exist only where that attribute has a value. */
const devices = {
  disk: {
    diskDevice: [['disk'], ['cdrom'], ['floppy', not(pseries)], ['lun']],
    bus: [['ide', ide], ['fdc', not(pseries)], ['scsi'], ['virtio'], ['usb', 'usb-storage'], ['sata', 'ich9-ahci']],
    model: [['virtio'], ...virtioModels],
  },
  graphics: {
    type: [
      ['sdl', 'sdl'],
      ['vnc', 'vnc'],
      ['rdp', 'display-dbus'],
      ['spice', 'spice'],
      ['egl-headless', 'egl-headless'],
      ['dbus', 'display-dbus'],
    ],
  },
  video: {
    modelType: [
      ['vga', 'VGA'],
      ['cirrus', 'cirrus-vga'],
      ['vmvga', 'vmware-svga'],
      ['qxl', 'qxl'],
      ['virtio', 'virtio-gpu'],
      ['none'],
      ['bochs', 'bochs-display'],
      ['ramfb', 'ramfb'],
    ],
  },
  hostdev: {
    mode: [['subsystem']],
    startupPolicy: [['default'], ['mandatory'], ['requisite'], ['optional']],
    subsysType: [['usb', ...usbControllers], ['pci'], ['scsi']],
    capsType: [],
    pciBackend: [['default'], ['vfio', 'vfio-pci']],
  },
  rng: {
    model: [['virtio', 'virtio-rng'], ...virtioModels],
    backendModel: [
      ['random', 'rng-random'],
      ['egd', 'rng-egd'],
      ['builtin', 'rng-builtin'],
    ],
  },
  filesystem: { driverType: [['path'], ['handle'], ['virtiofs', 'vhost-user-fs']] },
  tpm: {
    model: [
      ['tpm-tis', 'tpm-tis'],
      ['tpm-crb', 'tpm-crb'],
      ['tpm-spapr', 'tpm-spapr'],
      ['spapr-tpm-proxy', 'spapr-tpm-proxy'],
    ],
    backendModel: [
      ['passthrough', 'tpm-passthrough'],
      ['emulator', tpmEmulator],
      ['external', tpmEmulator],
    ],
    backendVersion: ['1.2', '2.0'].map(
      (version): Row => [version, all(tpmEmulator, ({ tpmVersions }) => tpmVersions.includes(version))],
    ),
  },
  redirdev: { bus: [['usb', 'usb-redir']] },
  channel: { type: [['pty'], ['unix'], ['spicevmc', 'spice']] },
  crypto: {
    model: [['virtio', 'virtio-crypto']],
    type: [['qemu']],
    backendModel: [['builtin'], ['lkcf', 'cryptodev-backend-lkcf']],
  },
  interface: { backendType: [['default'], ['passt', 'netdev.stream']] },
  panic: {
    model: [
      ['isa', all(x86, 'pvpanic')],
      ['pseries', pseries],
      ['hyperv', x86],
      ['s390', isS390Arch],
      ['pvpanic', 'pvpanic-pci'],
    ],
  },
} satisfies Readonly<Record<keyof CapabilityDevices, Table>>

const memory = { sourceType: [['file'], ['anonymous'], ['memfd', 'memory-backend-memfd']] } satisfies Table

/** A device is there where each of these attributes can have a value. */
const needed: Partial<Record<string, readonly string[]>> = {
  tpm: ['model', 'backendModel'],
  redirdev: ['bus'],
  panic: ['model'],
}

function enumsOf(table: Table, question: Question): CapabilityEnum[] {
  return Object.entries(table).map(([name, rows]) => ({
    name,
    values: rows.flatMap(([value, ...when]) =>
      when.length === 0 || when.some((condition) => holds(condition, question)) ? [value] : [],
    ),
  }))
}

/** What a list of names is shown as: nothing without any. */
export function deviceOf(name: string, values: readonly string[]): CapabilityDevice {
  return values.length === 0 ? { supported: false, enums: [] } : { supported: true, enums: [{ name, values }] }
}

/** Devices that a guest can have. */
export function capabilityDevices(question: Question): CapabilityDevices {
  const rows = Object.entries(devices as Readonly<Record<string, Table>>).map(([name, table]) => {
    const enums = enumsOf(table, question)
    const lacking = needed[name]?.some((one) => enums.find((row) => row.name === one)?.values.length === 0)
    return [name, lacking ? { supported: false, enums: [] } : { supported: true, enums }]
  })
  return Object.fromEntries(rows) as CapabilityDevices
}

/** Where a guest's memory can be. */
export function memoryBacking(question: Question): CapabilityDevice {
  return { supported: true, enums: enumsOf(memory, question) }
}

/** Whether the machine has a controller for keyboard and mouse that can be left out. */
export function hasOptionalPs2(question: Question): boolean {
  return holds('machine-i8042-opt', question) && machine(/^(?:pc|q35|isapc)(?:-|$)/)(question)
}
