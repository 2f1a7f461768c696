// SPDX-License-Identifier: LGPL-2.1-or-later
// Firmware as its package describes it: `firmware.json` of QEMU's interop documents.
import { formatJson, type Json, parseJson } from '@virt/core'
import { internalError } from '../errors.js'
import { asObject, objectsOf, textOf, textsOf } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'

const interfaces = ['bios', 'openfirmware', 'uboot', 'uefi'] as const
const features = [
  'acpi-s3',
  'acpi-s4',
  'amd-sev',
  'amd-sev-es',
  'amd-sev-snp',
  'enrolled-keys',
  'requires-smm',
  'secure-boot',
  'verbose-dynamic',
  'verbose-static',
] as const
const modes = ['split', 'combined', 'stateless'] as const
const formats = ['raw', 'qcow2'] as const

export type FirmwareInterface = (typeof interfaces)[number]
export type FirmwareFeature = (typeof features)[number]
export type FirmwareMode = (typeof modes)[number]
/** A file with the form of its content. */
export interface FirmwareFile {
  readonly filename: string
  readonly format: (typeof formats)[number]
}

/** How it gets into the guest. */
export type FirmwareMapping =
  | {
      readonly device: 'flash'
      readonly mode: FirmwareMode
      readonly executable: FirmwareFile
      /** Variables to begin with; only where executable and variables are two files. */
      readonly nvramTemplate: FirmwareFile | undefined
    }
  | { readonly device: 'kernel' | 'memory'; readonly filename: string }

/** A firmware. */
export interface Firmware {
  readonly interfaces: readonly FirmwareInterface[]
  readonly mapping: FirmwareMapping
  readonly targets: readonly { readonly architecture: string; readonly machines: readonly string[] }[]
  readonly features: readonly FirmwareFeature[]
}

/** QEMU's names of architectures where libvirt has others. */
const architectures: Readonly<Record<string, string>> = { i386: 'i686', arm: 'armv7l' }

function bad(what: string): never {
  throw internalError(`failed to parse firmware description: ${what}`)
}

function oneOf<T extends string>(list: readonly T[], value: string | undefined, what: string): T {
  return list.find((one) => one === value) ?? bad(`unknown ${what} '${value ?? ''}'`)
}

function fileOf(value: Json | undefined, what: string): FirmwareFile {
  const object = asObject(value) ?? bad(`'${what}' is missing`)
  const filename = textOf(object, 'filename') ?? bad(`'filename' of '${what}' is missing`)
  return { filename, format: oneOf(formats, textOf(object, 'format'), `format of '${what}'`) }
}

function mappingOf(object: JsonObject): FirmwareMapping {
  const device = oneOf(['flash', 'kernel', 'memory'] as const, textOf(object, 'device'), 'device')
  if (device !== 'flash') return { device, filename: textOf(object, 'filename') ?? bad("'filename' is missing") }
  const mode = object.mode === undefined ? 'split' : oneOf(modes, textOf(object, 'mode'), 'flash mode')
  const executable = fileOf(object.executable, 'executable')
  const nvramTemplate = mode === 'split' ? fileOf(object['nvram-template'], 'nvram-template') : undefined
  return { device, mode, executable, nvramTemplate }
}

/** Reads a description. Features that we do not know are left out. @throws VirtError for what is none */
export function parseFirmware(text: string): Firmware {
  const object = asObject(parseJson(text)) ?? bad('not an object')
  if (!Array.isArray(object['interface-types'])) bad("'interface-types' is missing")
  if (!Array.isArray(object.features)) bad("'features' is missing")
  if (!Array.isArray(object.targets)) bad("'targets' is missing")
  return {
    interfaces: textsOf(object, 'interface-types').map((name) => oneOf(interfaces, name, 'interface type')),
    mapping: mappingOf(asObject(object.mapping) ?? bad("'mapping' is missing")),
    targets: objectsOf(object.targets, 'targets').map((target) => ({
      architecture: textOf(target, 'architecture') ?? bad("'architecture' is missing"),
      machines: textsOf(target, 'machines'),
    })),
    features: textsOf(object, 'features').flatMap((name) => features.find((feature) => feature === name) ?? []),
  }
}

/** Writes a description. */
export function formatFirmware(firmware: Firmware): string {
  const { mapping, targets } = firmware
  const flash = (file: FirmwareFile): Json => ({ filename: file.filename, format: file.format })
  const written: Json =
    mapping.device === 'flash'
      ? {
          device: 'flash',
          mode: mapping.mode,
          executable: flash(mapping.executable),
          ...(mapping.nvramTemplate === undefined ? {} : { 'nvram-template': flash(mapping.nvramTemplate) }),
        }
      : { device: mapping.device, filename: mapping.filename }
  return formatJson(
    {
      'interface-types': firmware.interfaces,
      mapping: written,
      targets: targets.map(({ architecture, machines }) => ({ architecture, machines })),
      features: firmware.features,
    },
    true,
  )
}

/** Whether a pattern with `*` and `?` fits a name. */
function fits(pattern: string, name: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(name)
}

/** Whether a firmware is for a machine. @param machine its full name */
export function isFor(firmware: Firmware, arch: string, machine: string): boolean {
  return firmware.targets.some(
    ({ architecture, machines }) =>
      (architectures[architecture] ?? architecture) === arch && machines.some((pattern) => fits(pattern, machine)),
  )
}

/** The file with the code, and the one with the variables to begin with. */
export function filesOf({ mapping }: Firmware): { executable: string; nvram: string | undefined } {
  return mapping.device === 'flash'
    ? { executable: mapping.executable.filename, nvram: mapping.nvramTemplate?.filename }
    : { executable: mapping.filename, nvram: undefined }
}

/** What firmware there is for a machine. */
export interface FirmwareSupport {
  /** Values of `<os firmware=''>`. */
  readonly interfaces: readonly ('bios' | 'efi')[]
  /** Whether some of it is protected from the guest's operating system. */
  readonly secure: boolean
  readonly files: readonly { readonly executable: string; readonly nvram: string | undefined }[]
}

/** What firmware there is for a machine, in order of preference. */
export function supportedFirmware(all: readonly Firmware[], arch: string, machine: string): FirmwareSupport {
  const own = all.filter((firmware) => isFor(firmware, arch, machine))
  const has = (name: FirmwareInterface): boolean => own.some((firmware) => firmware.interfaces.includes(name))
  const files: { executable: string; nvram: string | undefined }[] = []
  for (const firmware of own) {
    const { executable, nvram } = filesOf(firmware)
    if (!files.some((one) => one.executable === executable && one.nvram === nvram)) files.push({ executable, nvram })
  }
  return {
    interfaces: [...(has('bios') ? (['bios'] as const) : []), ...(has('uefi') ? (['efi'] as const) : [])],
    secure: own.some((firmware) => firmware.features.includes('requires-smm')),
    files,
  }
}
