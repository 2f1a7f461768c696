// SPDX-License-Identifier: LGPL-2.1-or-later
// Guests.
import {
  type DomainLifecycle,
  enumValue,
  isNotFound,
  type Domain as Native,
  type PlainParams,
  DomainState as States,
  VirtError,
} from '@virt/core'
import { Collection } from './collection.js'
import { Config, type ConfigInput, xmlOf } from './config.js'
import { type DomainDevice, DomainDisk, DomainInterface } from './device.js'
import type { DomainState } from './flags.js'
import { type CallOptions, callOf, NativeObject } from './native.js'
import type { PropertyInfo, SignalInfo } from './object.js'
import { DomainSnapshot } from './snapshot.js'
import type { Stream } from './stream.js'

/** What `getInfo()` tells. Memory in KiB, time in nanoseconds. */
export interface DomainInfo {
  readonly state: DomainState
  readonly maxMem: bigint
  readonly memory: bigint
  readonly nrVirtCpu: number
  readonly cpuTime: bigint
}

/** Signals of a guest. */
export type DomainSignals = {
  started: readonly []
  stopped: readonly []
  suspended: readonly []
  resumed: readonly []
  pmsuspended: readonly []
  /** Not in C, where it is a warning. */
  crashed: readonly []
  updated: readonly []
  'io-error': readonly [
    event: { readonly source: string; readonly device: string; readonly action: string; readonly reason: string },
  ]
  'block-job': readonly [event: { readonly disk: string; readonly type: string; readonly status: string }]
  'device-added': readonly [alias: string]
  'device-removed': readonly [alias: string]
  'agent-changed': readonly [connected: boolean]
  'metadata-changed': readonly [type: string, uri: string | undefined]
  'migration-progress': readonly [iteration: number]
}

const detailed: SignalInfo = { run: 'last', detailed: true, noRecurse: true }
const plain: SignalInfo = { run: 'last', noRecurse: true }

/** State that an event leads to. */
const stateAfter: Readonly<Record<string, number>> = {
  started: States.RUNNING,
  resumed: States.RUNNING,
  suspended: States.PAUSED,
  stopped: States.SHUTOFF,
  shutdown: States.SHUTDOWN,
  crashed: States.CRASHED,
  pmsuspended: States.PMSUSPENDED,
}
/** Events that are signals of the same name, with the event's detail. */
const signalled = ['started', 'stopped', 'suspended', 'resumed', 'pmsuspended', 'crashed'] as const

/**
 * A guest: one object for each UUID, for as long as its connection knows it.
 * @since 0.1.0, `GVirDomain`
 */
export class Domain extends NativeObject<DomainSignals, Native> {
  static override readonly signals: Readonly<Record<string, SignalInfo>> = {
    started: detailed,
    stopped: detailed,
    suspended: detailed,
    resumed: detailed,
    pmsuspended: detailed,
    crashed: detailed,
    updated: plain,
    'io-error': plain,
    'block-job': plain,
    'device-added': plain,
    'device-removed': plain,
    'agent-changed': plain,
    'metadata-changed': plain,
    'migration-progress': plain,
  }
  static override readonly properties: Readonly<Record<string, PropertyInfo>> = {
    name: { type: 'string' },
    uuid: { type: 'string' },
    id: { type: 'number' },
    state: { type: 'number' },
    persistent: { type: 'boolean' },
    autostart: { type: 'boolean' },
    info: { type: 'object' },
  }
  readonly uuid: string
  /** Snapshots that were fetched, observable. */
  readonly liveSnapshots: Collection<DomainSnapshot>

  constructor(native: Native) {
    super(native)
    this.uuid = native.uuid
    this.liveSnapshots = new Collection(() => this.fetchSnapshots())
    this.set('name', native.name)
    this.set('id', native.id ?? -1)
    this.set('state', native.id === undefined ? States.SHUTOFF : States.RUNNING)
  }

  get name(): string {
    return this.value('name', '')
  }

  /** -1 while it does not run. */
  get id(): number {
    return this.value('id', -1)
  }

  get state(): DomainState {
    return this.value<DomainState>('state', States.NOSTATE)
  }

  get persistent(): boolean {
    return this.value('persistent', false)
  }

  /** As it was when the guests were fetched, or set from here: there is no event for it. */
  get autostart(): boolean {
    return this.value('autostart', false)
  }

  /** What `getInfo()` told last. */
  get info(): DomainInfo | undefined {
    return this.value<DomainInfo | undefined>('info', undefined)
  }

  get snapshots(): DomainSnapshot[] {
    return this.liveSnapshots.toArray()
  }

  /** For the connection: facts that have come by another way. */
  refresh(native: Native, facts: { state?: number; persistent?: boolean; autostart?: boolean } = {}): void {
    this.rebind(native)
    this.freezeNotify()
    this.set('name', native.name)
    this.set('id', native.id ?? -1)
    for (const [name, value] of Object.entries(facts)) if (value !== undefined) this.set(name, value)
    this.thawNotify()
  }

  /** For the connection: lays an event into the properties, then tells of it. */
  happened(native: Native, event: DomainLifecycle): void {
    this.rebind(native)
    this.freezeNotify()
    this.set('name', native.name)
    const state = stateAfter[event.type]
    if (state !== undefined) this.set('state', state)
    if (state === States.SHUTOFF || state === States.CRASHED) this.set('id', -1)
    else if (native.id !== undefined) this.set('id', native.id)
    if (event.type === 'defined') this.set('persistent', true)
    if (event.type === 'undefined') this.set('persistent', false)
    this.thawNotify()
    const name = signalled.find((one) => one === event.type)
    if (name !== undefined) this.emit(name, [], event.detail)
    else if (event.type === 'defined' && event.detail !== 'added') this.emit('updated', [])
  }

  /** For the connection: passes on an event that changes no property. */
  tell<K extends keyof DomainSignals & string>(name: K, args: DomainSignals[K]): void {
    this.emit(name, args)
  }

  /** @param flags `DomainStartFlags`. `gvir_domain_start` */
  async start(flags = 0, options: CallOptions = {}): Promise<void> {
    await this.native.create(callOf(flags, options))
  }

  /** Ends it at once. `gvir_domain_stop` */
  async stop(flags = 0): Promise<void> {
    await this.native.destroy(callOf(flags))
  }

  /** Asks it to shut down. `gvir_domain_shutdown` */
  async shutdown(flags = 0): Promise<void> {
    await this.native.shutdown(callOf(flags))
  }

  /** `gvir_domain_reboot` */
  async reboot(flags = 0): Promise<void> {
    await this.native.reboot(callOf(flags))
  }

  /** `gvir_domain_suspend` */
  async suspend(): Promise<void> {
    await this.native.suspend()
  }

  /** `gvir_domain_resume` */
  async resume(options: CallOptions = {}): Promise<void> {
    await this.native.resume(options)
  }

  /** `gvir_domain_wakeup` */
  async wakeup(flags = 0, options: CallOptions = {}): Promise<void> {
    await this.native.pmWakeup(callOf(flags, options))
  }

  /** Keeps its state on disk, to go on from. `gvir_domain_save` */
  async save(flags = 0, options: CallOptions = {}): Promise<void> {
    await this.native.managedSave(callOf(flags, options))
  }

  /** Whether its state was kept. `gvir_domain_get_saved` */
  async getSaved(): Promise<boolean> {
    return await this.native.hasManagedSaveImage()
  }

  /** `gvir_domain_save_to_file` */
  async saveToFile(
    filename: string,
    customConf?: ConfigInput<'domain'>,
    flags = 0,
    options: CallOptions = {},
  ): Promise<void> {
    await this.native.save(filename, customConf === undefined ? undefined : xmlOf(customConf), callOf(flags, options))
  }

  /** Forgets the definition. `gvir_domain_delete` */
  async undefine(flags = 0): Promise<void> {
    await this.native.undefine(callOf(flags))
  }

  /** Whether it starts with the host. */
  async setAutostart(autostart: boolean, options: CallOptions = {}): Promise<void> {
    await this.native.setAutostart(autostart, options)
    this.set('autostart', autostart)
  }

  /** `gvir_domain_get_info` */
  async getInfo(options: CallOptions = {}): Promise<DomainInfo> {
    const { state, ...rest } = await this.native.info(options)
    const info: DomainInfo = { ...rest, state: enumValue(States, state) as DomainState }
    this.freezeNotify()
    this.set('info', info)
    this.set('state', info.state)
    this.thawNotify()
    return info
  }

  /** Figures in nested groups, as `conn.stats()` of `@virt/core` has them. */
  async getStats(options: CallOptions = {}): Promise<PlainParams> {
    const all = await this.native.connection.stats({ domains: [this.native], ...options })
    return all.get(this.uuid) ?? {}
  }

  /** @param flags `DomainXMLFlags`. `gvir_domain_get_config` */
  async getConfig(flags = 0, options: CallOptions = {}): Promise<Config<'domain'>> {
    return Config.fromXml('domain', await this.native.xmlDesc(callOf(flags, options)))
  }

  /**
   * Changes the definition. `gvir_domain_set_config`
   * @throws VirtError `invalid-arg` when the document is of another guest: nothing is changed then
   */
  async setConfig(config: ConfigInput<'domain'>): Promise<void> {
    const given = typeof config === 'string' ? Config.fromXml('domain', config) : config
    const { uuid } = given.doc
    if (uuid !== undefined && uuid.toLowerCase() !== this.uuid)
      throw new VirtError(`the document is of the guest ${uuid}, not of ${this.uuid}`, { code: 'invalid-arg' })
    const xml = uuid === undefined ? Config.of('domain', { ...given.doc, uuid: this.uuid }) : given
    await this.native.connection.domains.define(xmlOf(xml))
  }

  /** Its disks and interfaces, in the order of its document. `gvir_domain_get_devices` */
  async getDevices(options: CallOptions = {}): Promise<DomainDevice[]> {
    const { doc } = await this.getConfig(0, options)
    return [
      ...(doc.devices?.disks ?? []).map((disk) => new DomainDisk(this, disk)),
      ...(doc.devices?.interfaces ?? []).map((port) => new DomainInterface(this, port)),
    ]
  }

  /** `gvir_domain_update_device` @param device an element of the document, as XML */
  async updateDevice(device: string, flags = 0): Promise<void> {
    await this.native.updateDevice(device, callOf(flags))
  }

  /** @param dateTime the guest's new time; undefined: that of the host. `gvir_domain_set_time` */
  async setTime(dateTime: Date | undefined, flags = 0, options: CallOptions = {}): Promise<void> {
    const ms = dateTime?.getTime() ?? 0
    // SYNC: from the guest's own clock hardware.
    const bits = dateTime === undefined ? flags | 1 : flags
    await this.native.setTime(BigInt(Math.floor(ms / 1000)), (ms % 1000) * 1_000_000, callOf(bits, options))
  }

  /** Connects a stream to a console, the first without `devname`. @param flags 1: whoever has it is thrown out. `gvir_domain_open_console` */
  async openConsole(stream: Stream, devname?: string, flags = 0): Promise<void> {
    stream.attach(await this.native.openConsole(devname, { force: (flags & 1) !== 0, safe: (flags & 2) !== 0 }))
  }

  /** Connects a stream to a picture of a screen. @returns its MIME type. `gvir_domain_screenshot` */
  async screenshot(stream: Stream, monitorId = 0): Promise<string> {
    const picture = await this.native.screenshot(monitorId)
    stream.attach(picture.stream)
    return picture.mime ?? 'application/octet-stream'
  }

  /** Gives an open socket to a display: one of this host only. `gvir_domain_open_graphics` */
  async openGraphics(idx: number, fd: number, flags = 0): Promise<void> {
    await this.native.openGraphics(idx, [fd], callOf(flags))
  }

  /** An open socket of a display: one of this host only. @returns its descriptor, which is the caller's. `gvir_domain_open_graphics_fd` */
  async openGraphicsFd(idx: number, flags = 0): Promise<number> {
    const { fds } = await this.native.openGraphicsFd(idx, callOf(flags))
    const [fd] = fds
    if (fd === undefined) throw new VirtError('the daemon has sent no descriptor', { code: 'internal-error' })
    return fd
  }

  /** `gvir_domain_create_snapshot` */
  async createSnapshot(
    customConf?: ConfigInput<'domainSnapshot'>,
    flags = 0,
    options: CallOptions = {},
  ): Promise<DomainSnapshot> {
    const xml = customConf === undefined ? '<domainsnapshot/>' : xmlOf(customConf)
    const native = await this.native.createSnapshot(xml, callOf(flags, options))
    const known = this.liveSnapshots.get(native.name)
    if (known !== undefined) return known
    const snapshot = new DomainSnapshot(this, native)
    this.liveSnapshots.add(native.name, snapshot)
    return snapshot
  }

  /** @param listFlags `DomainSnapshotListFlags`. `gvir_domain_fetch_snapshots` */
  async fetchSnapshots(listFlags = 0, options: CallOptions = {}): Promise<void> {
    const handles = await this.native.snapshots(callOf(listFlags, options))
    this.liveSnapshots.take(
      handles,
      ({ name }) => name,
      (native) => new DomainSnapshot(this, native),
      () => {},
    )
  }

  /** `gvir_domain_get_has_current_snapshot` */
  async getHasCurrentSnapshot(flags = 0): Promise<boolean> {
    try {
      return await this.native.hasCurrentSnapshot(callOf(flags))
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }
}
