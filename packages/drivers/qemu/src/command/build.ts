// SPDX-License-Identifier: LGPL-2.1-or-later
// A command line in the making, and what its makers may ask.
import type { Controller, DeviceAddress, Domain, QemuNamespace, StorageSource, Sysinfo } from '@virt/conf'
import type { AcceleratorCaps, MachineType, QemuCaps } from '../capabilities/caps.js'
import { acceleratorOf } from '../capabilities/caps.js'
import type { Flag } from '../capabilities/flags.js'
import { lastNodeOf } from './nodes.js'
import { jsonProps, listProps, type Props, type PropValue } from './props.js'
import type { Concealed } from './secrets.js'

/** Settings of `qemu.conf` that command lines depend on. */
export interface CommandSettings {
  readonly dumpGuestCore: boolean
  readonly seccompSandbox: 'default' | 'on' | 'off'
  readonly logTimestamp: boolean
  readonly vncTls: boolean
  readonly vncTlsVerify: boolean
  readonly vncTlsDir: string
  readonly vncSasl: boolean
  readonly vncSaslDir: string | undefined
  readonly vncPassword: string | undefined
  readonly vncAutoUnixSocket: boolean
  readonly spiceTls: boolean
  readonly spiceTlsDir: string
  readonly spiceSasl: boolean
  readonly spiceSaslDir: string | undefined
  readonly spicePassword: string | undefined
  readonly spiceAutoUnixSocket: boolean
  readonly chardevTls: boolean
  readonly chardevTlsDir: string
  readonly chardevTlsVerify: boolean
  readonly chardevTlsSecret: string | undefined
  readonly nbdTlsDir: string
  readonly nbdTlsSecret: string | undefined
  readonly vxhsTlsDir: string
  readonly hugetlbfs: readonly { readonly path: string; readonly size: bigint; readonly isDefault: boolean }[]
  readonly memoryBackingDir: string
}

/** Descriptors that QEMU is given for something it would otherwise have to open itself. */
export type FdPurpose =
  | 'monitor'
  | 'chardev-listen'
  | 'chardev-file'
  | 'chardev-log'
  | 'tap'
  | 'vhost-net'
  | 'vhost-scsi'
  | 'vhost-vsock'
  | 'vdpa'
  | 'tpm'
  | 'tpm-cancel'
  | 'disk'
  | 'vhost-user-gpu'

/** A volume of a pool. */
export type VolumeSource = Extract<StorageSource, { type: 'volume' }>

/** What exists for one start of a guest only. */
export interface StartResources {
  /** Nothing is opened for it: sockets and files of characters are named by their paths. */
  readonly byPath?: boolean
  /**
   * The number under which QEMU finds a descriptor.
   * @param owner alias of the device
   * @param index which of several
   */
  fd(purpose: FdPurpose, owner: string, index?: number): number
  /** A path or address that was chosen when it was prepared: `tpm-socket`, `vhost-user-name`, … */
  place(purpose: string, owner: string): string | undefined
  /** What QEMU gets without its being seen: how it is written down. */
  secret(what: Concealed): Props
  /** What a volume is. @throws VirtError when there is none */
  volume(source: VolumeSource): StorageSource
  /** How many descriptors somebody has given for a file. */
  fdGroup?(name: string): number
}

/** Folders of one guest. */
export interface GuestPaths {
  /** Its own, `lib/qemu/domain-ID-NAME`. */
  readonly lib: string
  readonly channelTarget: string
}

/** The host as command lines see it. */
export interface CommandHost {
  readonly arch: string
  /** KiB of a page. */
  readonly pageSize: bigint
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Seconds east of UTC, at a time. */
  utcOffset(at: number): number
  /** What its firmware tells of it, where that is to be had. */
  sysinfo?(): Extract<Sysinfo, { type: 'smbios' }> | undefined
  /** NUMA nodes with memory that is to be had. */
  readonly numaNodes: readonly number[]
  /** Nodes that processors belong to. */
  nodesOf(cpus: readonly number[]): readonly number[]
}

/** Everything that a command line is made of, besides the document. */
export interface CommandContext {
  readonly caps: QemuCaps
  readonly settings: CommandSettings
  readonly host: CommandHost
  readonly paths: GuestPaths
  readonly start: StartResources
  /** Number of the guest; -1 where there is none. */
  readonly id: number
  /** Whether QEMU waits for what is said on the monitor before it lets the guest run. */
  readonly paused: boolean
  /** Where the guest's state comes from: QEMU's `-incoming`. */
  readonly incoming: string | undefined
}

/** A property that a document sets; undefined: it is left out. */
function overrideValue(type: string, value: string | undefined): PropValue {
  switch (type) {
    case 'remove':
      return undefined
    case 'bool':
      return value === 'true'
    case 'signed':
    case 'unsigned':
      return BigInt(value ?? '0')
    default:
      return value ?? ''
  }
}

/** A command line. */
export interface QemuCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly env: readonly (readonly [name: string, value: string])[]
}

/**
 * Collects the options of one command line. Makers of families add theirs in the order of the table in `order.ts`.
 * @since 0.1.0
 */
export class Build {
  readonly domain: Domain
  readonly context: CommandContext
  readonly machine: MachineType | undefined
  readonly #args: string[] = []
  #fdSets = 0

  constructor(domain: Domain, context: CommandContext) {
    this.domain = domain
    this.context = context
    const name = domain.os?.type?.machine
    this.machine = this.own.machines.find((machine) => machine.name === name)
  }

  /** What the guest's accelerator can do. */
  get own(): AcceleratorCaps {
    const { accelerators } = this.context.caps
    return accelerators[acceleratorOf(this.domain.type)] ?? { hostCpu: undefined, cpus: [], machines: [] }
  }

  get arch(): string {
    return this.domain.os?.type?.arch ?? ''
  }

  get args(): readonly string[] {
    return this.#args
  }

  /** What the document says to QEMU itself. */
  get wishes(): QemuNamespace | undefined {
    return this.domain.namespaces?.qemu as QemuNamespace | undefined
  }

  /** Whether this QEMU has a capability, or is said to. */
  has(flag: Flag): boolean {
    const { adds = [], dels = [] } = this.wishes?.capabilities ?? {}
    if (dels.some(({ capability }) => capability === flag)) return false
    return this.context.caps.flags.has(flag) || adds.some(({ capability }) => capability === flag)
  }

  /** An option with its value. */
  add(option: string, ...values: string[]): void {
    this.#args.push(option, ...values)
  }

  /** `-device`, `-object`, `-netdev`, `-blockdev`, `-audiodev`: their properties as JSON. */
  json(option: '-device' | '-object' | '-blockdev' | '-audiodev' | '-compat', props: Props): void {
    this.add(option, jsonProps(props))
  }

  /** Where packets go. */
  netdev(props: Props): void {
    if (this.has('netdev.json')) return this.add('-netdev', jsonProps(props))
    const { type, ...rest } = props
    this.add('-netdev', listProps(String(type), rest))
  }

  /** A device; z/Architecture's own numbers of a PCI device come before it. */
  device(
    props: Props,
    device?: { readonly alias?: string | undefined; readonly address?: DeviceAddress | undefined },
  ): void {
    const zpci = device?.address?.type === 'pci' ? device.address.zpci : undefined
    if (zpci?.uid !== undefined)
      this.#device({ driver: 'zpci', uid: zpci.uid, fid: zpci.fid, target: device?.alias, id: `zpci${zpci.uid}` })
    this.#device(props)
  }

  #device(given: Props): void {
    const props = this.#overridden(given)
    if (this.has('device.json+hotplug')) return this.json('-device', props)
    const { driver, ...rest } = props
    this.add('-device', listProps(String(driver), rest))
  }

  /** Properties with what the document says of this device in particular. */
  #overridden(props: Props): Props {
    const own = this.wishes?.override?.devices.find(({ alias }) => alias === props.id)
    if (own === undefined) return props
    const made: Record<string, PropValue> = { ...props }
    for (const { name, type, value } of own.frontend) made[name] = overrideValue(type, value)
    return made
  }

  object(props: Props): void {
    this.json('-object', props)
  }

  /** An option whose value is a list of properties. */
  list(option: string, first: string | undefined, props: Props): void {
    this.add(option, listProps(first, props))
  }

  /** What the device to boot from tells the boot loader, where devices and not the machine do. */
  loadparm(text: string | undefined): string | undefined {
    return this.has('virtio-ccw.loadparm') ? text : undefined
  }

  /** The last number that a disk's image has; host devices have the next. */
  get lastNode(): number {
    return lastNodeOf(this.domain)
  }

  /** A number that no set of descriptors has yet. */
  nextFdSet(): number {
    return this.#fdSets++
  }

  /** Changes the default of a property for all devices of a type. */
  global(driver: string, property: string, value: string | number): void {
    this.add('-global', `${driver}.${property}=${value}`)
  }

  /** The controller of a type and number. */
  controller<T extends Controller['type']>(type: T, index: number): Extract<Controller, { type: T }> | undefined {
    const found = this.domain.devices?.controllers.find((one) => one.type === type && (one.index ?? 0) === index)
    return found as Extract<Controller, { type: T }> | undefined
  }
}
