// SPDX-License-Identifier: LGPL-2.1-or-later
// Storage pools and volumes.
import {
  enumValue,
  type StoragePool as Native,
  StoragePoolState as States,
  type StorageVolume,
  StorageVolType as Types,
} from '@virt/core'
import { Collection } from './collection.js'
import { Config, type ConfigInput, xmlOf } from './config.js'
import type { StoragePoolState } from './flags.js'
import { type CallOptions, callOf, NativeObject } from './native.js'
import { type ResourceSignals, resourceSignals } from './network.js'
import type { PropertyInfo, SignalInfo } from './object.js'
import type { Stream } from './stream.js'

/** Sizes of a pool in bytes. */
export interface StoragePoolInfo {
  readonly state: StoragePoolState
  readonly capacity: bigint
  readonly allocation: bigint
  readonly available: bigint
}
/** Sizes of a volume in bytes. */
export interface StorageVolInfo {
  readonly type: number
  readonly capacity: bigint
  readonly allocation: bigint
}

/** A volume; one object for each name of a pool. `GVirStorageVol` */
export class StorageVol extends NativeObject<Record<string, never>, StorageVolume> {
  static override readonly properties: Readonly<Record<string, PropertyInfo>> = { name: { type: 'string' } }
  readonly pool: StoragePool

  constructor(pool: StoragePool, native: StorageVolume) {
    super(native)
    this.pool = pool
  }

  get name(): string {
    return this.native.name
  }
  /** `gvir_storage_vol_get_path` */
  async getPath(): Promise<string> {
    return await this.native.path()
  }
  /** `gvir_storage_vol_get_config` */
  async getConfig(flags = 0): Promise<Config<'storageVolume'>> {
    return Config.fromXml('storageVolume', await this.native.xmlDesc(callOf(flags)))
  }
  /** `gvir_storage_vol_get_info` */
  async getInfo(): Promise<StorageVolInfo> {
    const { type, capacity, allocation } = await this.native.info()
    return { type: enumValue(Types, type), capacity, allocation }
  }
  /** `gvir_storage_vol_delete` */
  async delete(flags = 0): Promise<void> {
    await this.native.delete(callOf(flags))
    this.pool.liveVolumes.delete(this.name)
  }
  /** `gvir_storage_vol_resize` */
  async resize(capacity: bigint | number, flags = 0): Promise<void> {
    await this.native.resize(capacity, callOf(flags))
  }
  /** Connects a stream to its content, to read. @param length bytes; 0: all. `gvir_storage_vol_download` */
  async download(stream: Stream, offset: bigint | number = 0, length: bigint | number = 0, flags = 0): Promise<void> {
    stream.attach(await this.native.download({ offset, length, sparse: (flags & 1) !== 0 }))
  }
  /** Connects a stream to its content, to write. @param length bytes; 0: as many as come. `gvir_storage_vol_upload` */
  async upload(stream: Stream, offset: bigint | number = 0, length: bigint | number = 0, flags = 0): Promise<void> {
    stream.attach(await this.native.upload({ offset, length, sparse: (flags & 1) !== 0 }))
  }
}

/** A storage pool; one object for each UUID. `GVirStoragePool` */
export class StoragePool extends NativeObject<ResourceSignals, Native> {
  static override readonly signals: Readonly<Record<string, SignalInfo>> = resourceSignals
  static override readonly properties: Readonly<Record<string, PropertyInfo>> = {
    name: { type: 'string' },
    uuid: { type: 'string' },
    active: { type: 'boolean' },
    persistent: { type: 'boolean' },
  }
  readonly uuid: string
  /** Volumes that were fetched, observable. */
  readonly liveVolumes: Collection<StorageVol>

  constructor(native: Native) {
    super(native)
    this.uuid = native.uuid
    this.liveVolumes = new Collection(() => this.fetchVolumes())
    this.set('name', native.name)
  }

  get name(): string {
    return this.value('name', '')
  }
  get active(): boolean {
    return this.value('active', false)
  }
  get persistent(): boolean {
    return this.value('persistent', false)
  }
  /** Volumes as they were when the pool was refreshed, or they were fetched. */
  get volumes(): StorageVol[] {
    return this.liveVolumes.toArray()
  }

  /** For the connection: facts that have come by another way. */
  refreshed(native: Native, facts: { active?: boolean; persistent?: boolean } = {}): void {
    this.rebind(native)
    this.freezeNotify()
    this.set('name', native.name)
    for (const [name, value] of Object.entries(facts)) if (value !== undefined) this.set(name, value)
    this.thawNotify()
  }

  /** For the connection. */
  tell(name: keyof ResourceSignals): void {
    this.emit(name, [])
  }

  /** `gvir_storage_pool_get_volume` */
  getVolume(name: string): StorageVol | undefined {
    return this.liveVolumes.get(name)
  }

  async fetchVolumes(options: CallOptions = {}): Promise<void> {
    const handles = this.active ? await this.native.volumes(callOf(0, options)) : []
    this.liveVolumes.take(
      handles,
      ({ name }) => name,
      (native) => new StorageVol(this, native),
      () => {},
    )
  }

  /** Has the pool look at what is there, then takes its volumes. `gvir_storage_pool_refresh` */
  async refresh(options: CallOptions = {}): Promise<void> {
    await this.native.refresh(callOf(0, options))
    await this.fetchVolumes(options)
  }
  /** `gvir_storage_pool_get_config` */
  async getConfig(flags = 0, options: CallOptions = {}): Promise<Config<'storagePool'>> {
    return Config.fromXml('storagePool', await this.native.xmlDesc(callOf(flags, options)))
  }
  /** `gvir_storage_pool_get_info` */
  async getInfo(): Promise<StoragePoolInfo> {
    const { state, ...sizes } = await this.native.info()
    return { ...sizes, state: enumValue(States, state) as StoragePoolState }
  }
  /** `gvir_storage_pool_create_volume` */
  async createVolume(config: ConfigInput<'storageVolume'>): Promise<StorageVol> {
    const native = await this.native.createVolume(xmlOf(config))
    const volume = new StorageVol(this, native)
    this.liveVolumes.add(native.name, volume)
    return volume
  }
  /** `gvir_storage_pool_get_autostart` */
  async getAutostart(): Promise<boolean> {
    return await this.native.autostart()
  }
  /** `gvir_storage_pool_set_autostart` */
  async setAutostart(autostart: boolean): Promise<void> {
    await this.native.setAutostart(autostart)
  }
  /** `gvir_storage_pool_build` */
  async build(flags = 0, options: CallOptions = {}): Promise<void> {
    await this.native.build(callOf(flags, options))
  }
  /** `gvir_storage_pool_start` */
  async start(flags = 0, options: CallOptions = {}): Promise<void> {
    await this.native.create(callOf(flags, options))
  }
  /** `gvir_storage_pool_stop` */
  async stop(options: CallOptions = {}): Promise<void> {
    await this.native.destroy(options)
  }
  /** Deletes what it holds. `gvir_storage_pool_delete` */
  async delete(flags = 0, options: CallOptions = {}): Promise<void> {
    await this.native.delete(callOf(flags, options))
  }
  /** `gvir_storage_pool_undefine` */
  async undefine(options: CallOptions = {}): Promise<void> {
    await this.native.undefine(options)
  }
}
