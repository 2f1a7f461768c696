// SPDX-License-Identifier: LGPL-2.1-or-later
// A connection: what it opens, what it knows, what it tells.
import { parseTree, type XmlTree } from '@virt/conf'
import {
  type ConnectOptions as ApiOptions,
  type CloseReason,
  connect,
  ErrorDomain,
  type Connection as Native,
  VirtError,
} from '@virt/core'
import { Collection } from './collection.js'
import { type ConfigInput, xmlOf } from './config.js'
import { Domain } from './domain.js'
import { follow } from './follow.js'
import { type CallOptions, callOf } from './native.js'
import { Network } from './network.js'
import { GObject, type PropertyInfo, type SignalInfo } from './object.js'
import { Interface, NetworkFilter, NodeDevice, Secret } from './resources.js'
import { StoragePool } from './storage.js'
import { Stream } from './stream.js'

/** The host. Memory in KiB. */
export interface NodeInfo {
  readonly model: string
  readonly memory: bigint
  readonly cpus: number
  readonly mhz: number
  readonly nodes: number
  readonly sockets: number
  readonly cores: number
  readonly threads: number
}

type Came<T> = readonly [item: T]
/** Signals of a connection. */
export type ConnectionSignals = {
  'connection-opened': readonly []
  'connection-closed': readonly [reason: CloseReason]
  'domain-added': Came<Domain>
  'domain-removed': Came<Domain>
  'network-added': Came<Network>
  'network-removed': Came<Network>
  'storage-pool-added': Came<StoragePool>
  'storage-pool-removed': Came<StoragePool>
  'node-device-added': Came<NodeDevice>
  'node-device-removed': Came<NodeDevice>
  'secret-added': Came<Secret>
  'secret-removed': Came<Secret>
  'interface-added': Came<Interface>
  'interface-removed': Came<Interface>
}

const first: SignalInfo = { run: 'first' }

/**
 * A connection to a hypervisor, with objects that live as long as it.
 * @since 0.1.0, `GVirConnection`
 */
export class Connection extends GObject<ConnectionSignals> implements AsyncDisposable {
  static override readonly signals: Readonly<Record<string, SignalInfo>> = {
    'connection-opened': first,
    'connection-closed': first,
    'domain-added': first,
    'domain-removed': first,
    'network-added': first,
    'network-removed': first,
    'storage-pool-added': first,
    'storage-pool-removed': first,
    'node-device-added': first,
    'node-device-removed': first,
    'secret-added': first,
    'secret-removed': first,
    'interface-added': first,
    'interface-removed': first,
  }
  static override readonly properties: Readonly<Record<string, PropertyInfo>> = {
    uri: { type: 'string' },
    isOpen: { type: 'boolean' },
  }
  readonly uri: string
  /** Collections that keep themselves current once they were fetched. */
  readonly live: {
    readonly domains: Collection<Domain>
    readonly networks: Collection<Network>
    readonly storagePools: Collection<StoragePool>
    readonly interfaces: Collection<Interface>
    readonly nodeDevices: Collection<NodeDevice>
    readonly secrets: Collection<Secret>
    readonly networkFilters: Collection<NetworkFilter>
  } = {
    domains: new Collection(() => this.fetchDomains()),
    networks: new Collection(() => this.fetchNetworks()),
    storagePools: new Collection(() => this.fetchStoragePools()),
    interfaces: new Collection(() => this.fetchInterfaces()),
    nodeDevices: new Collection(() => this.fetchNodeDevices()),
    secrets: new Collection(() => this.fetchSecrets()),
    networkFilters: new Collection(() => this.fetchNetworkFilters()),
  }
  readonly #options: ApiOptions
  #native: Native | undefined
  #opening: Promise<void> | undefined

  /** @param options as `connect()` of `@virt/core` takes them: drivers, auth … */
  constructor(uri = '', options: ApiOptions = {}) {
    super()
    this.uri = uri
    this.#options = options
    for (const [name, collection] of [
      ['domain', this.live.domains],
      ['network', this.live.networks],
      ['storage-pool', this.live.storagePools],
      ['node-device', this.live.nodeDevices],
      ['secret', this.live.secrets],
      ['interface', this.live.interfaces],
    ] as const) {
      const items = collection as Collection<unknown>
      items.connect('added', (_self, item) => this.emit(`${name}-added` as 'domain-added', [item as Domain]))
      items.connect('removed', (_self, item) => this.emit(`${name}-removed` as 'domain-removed', [item as Domain]))
    }
  }

  /** The connection of `@virt/core` behind this one. @throws VirtError `connection-closed` when it is not open */
  get native(): Native {
    if (this.#native === undefined) throw new VirtError(`${this.uri} is not open`, { code: 'connection-closed' })
    return this.#native
  }

  get isOpen(): boolean {
    return this.#native?.isAlive === true
  }
  get isReadOnly(): boolean {
    return this.native.readOnly
  }

  /** Opens it. `gvir_connection_open` */
  open(options: CallOptions = {}): Promise<void> {
    return this.#start(options, false)
  }

  /** Opens it without the right to change anything. `gvir_connection_open_read_only` */
  openReadOnly(options: CallOptions = {}): Promise<void> {
    return this.#start(options, true)
  }

  #start(options: CallOptions, readOnly: boolean): Promise<void> {
    if (this.isOpen) return Promise.reject(new VirtError(`${this.uri} is open`, { code: 'operation-invalid' }))
    this.#opening ??= this.#open(options, readOnly).finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #open(options: CallOptions, readOnly: boolean): Promise<void> {
    const native = await connect(this.uri, { ...this.#options, ...options, readOnly })
    this.#native = native
    native.on('close', (reason) => {
      if (this.#native !== native) return
      this.#native = undefined
      this.notify('isOpen')
      this.emit('connection-closed', [reason])
    })
    await follow(native, this)
    // Objects of an earlier connection stay the same: what has changed meanwhile is told as a difference.
    await this.#fetchAgain(options)
    this.notify('isOpen')
    this.emit('connection-opened', [])
  }

  /** Fetches again what was fetched before. */
  async #fetchAgain(options: CallOptions = {}): Promise<void> {
    const { live } = this
    const rows: [Collection<never>, () => Promise<void>][] = [
      [live.domains as never, () => this.fetchDomains(options)],
      [live.networks as never, () => this.fetchNetworks(options)],
      [live.storagePools as never, () => this.fetchStoragePools(options)],
      [live.interfaces as never, () => this.fetchInterfaces(options)],
      [live.nodeDevices as never, () => this.fetchNodeDevices(options)],
      [live.secrets as never, () => this.fetchSecrets(options)],
      [live.networkFilters as never, () => this.fetchNetworkFilters(options)],
    ]
    for (const [collection, fetch] of rows) if (collection.isFetched) await fetch()
  }

  /** For events: what happened while a connection was away is not known. */
  resync(): Promise<void> {
    return this.#fetchAgain()
  }

  /** Ends it; its objects stay as they were last. `gvir_connection_close` */
  async close(): Promise<void> {
    await this.#native?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
    this.dispose()
  }

  get domains(): Domain[] {
    return this.live.domains.toArray()
  }
  get networks(): Network[] {
    return this.live.networks.toArray()
  }
  get storagePools(): StoragePool[] {
    return this.live.storagePools.toArray()
  }
  get interfaces(): Interface[] {
    return this.live.interfaces.toArray()
  }
  get nodeDevices(): NodeDevice[] {
    return this.live.nodeDevices.toArray()
  }
  get secrets(): Secret[] {
    return this.live.secrets.toArray()
  }
  get networkFilters(): NetworkFilter[] {
    return this.live.networkFilters.toArray()
  }

  /** Takes all guests: one round trip of lists and one bulk call, side by side. `gvir_connection_fetch_domains` */
  async fetchDomains(options: CallOptions = {}): Promise<void> {
    const { native } = this
    const [all, persistent, autostart, states] = await Promise.all([
      native.domains.all(options),
      native.domains.all({ persistent: true, ...options }),
      native.domains.all({ autostart: true, ...options }),
      native.stats({ groups: ['state'], ...options }).catch(() => new Map<string, { state?: unknown }>()),
    ])
    const uuids = (list: readonly { uuid: string }[]): Set<string> => new Set(list.map(({ uuid }) => uuid))
    const [lasting, starting] = [uuids(persistent), uuids(autostart)]
    const factsOf = (uuid: string) => {
      const state = (states.get(uuid)?.state as { state?: number } | undefined)?.state
      return {
        persistent: lasting.has(uuid),
        autostart: starting.has(uuid),
        ...(state !== undefined && { state: Number(state) }),
      }
    }
    this.live.domains.take(
      all,
      ({ uuid }) => uuid,
      (handle) => {
        const domain = new Domain(handle)
        domain.refresh(handle, factsOf(handle.uuid))
        return domain
      },
      (domain, handle) => domain.refresh(handle, factsOf(handle.uuid)),
    )
  }

  /** `gvir_connection_fetch_networks` */
  async fetchNetworks(options: CallOptions = {}): Promise<void> {
    const { networks } = this.native
    const [all, active, persistent] = await Promise.all([
      networks.all(options),
      networks.all({ active: true, ...options }),
      networks.all({ persistent: true, ...options }),
    ])
    const [runs, lasts] = [active, persistent].map((list) => new Set(list.map(({ uuid }) => uuid)))
    const make = (handle: (typeof all)[number], network = new Network(handle)): Network => {
      network.refresh(handle, { active: runs?.has(handle.uuid) === true, persistent: lasts?.has(handle.uuid) === true })
      return network
    }
    this.live.networks.take(
      all,
      ({ uuid }) => uuid,
      (handle) => make(handle),
      (network, handle) => void make(handle, network),
    )
  }

  /** `gvir_connection_fetch_storage_pools` */
  async fetchStoragePools(options: CallOptions = {}): Promise<void> {
    const { pools } = this.native
    const [all, active, persistent] = await Promise.all([
      pools.all(options),
      pools.all({ active: true, ...options }),
      pools.all({ persistent: true, ...options }),
    ])
    const [runs, lasts] = [active, persistent].map((list) => new Set(list.map(({ uuid }) => uuid)))
    const make = (handle: (typeof all)[number], pool = new StoragePool(handle)): StoragePool => {
      pool.refreshed(handle, { active: runs?.has(handle.uuid) === true, persistent: lasts?.has(handle.uuid) === true })
      return pool
    }
    this.live.storagePools.take(
      all,
      ({ uuid }) => uuid,
      (handle) => make(handle),
      (pool, handle) => void make(handle, pool),
    )
    for (const pool of this.storagePools) if (pool.liveVolumes.isFetched) await pool.fetchVolumes(options)
  }

  /** `gvir_connection_fetch_interfaces` */
  async fetchInterfaces(options: CallOptions = {}): Promise<void> {
    const all = await this.native.interfaces.all(options)
    this.live.interfaces.take(
      all,
      ({ name }) => name,
      (handle) => new Interface(handle),
      (item, handle) => item.refresh(handle),
    )
  }

  async fetchNodeDevices(options: CallOptions = {}): Promise<void> {
    const all = await this.native.nodeDevices.all(options)
    this.live.nodeDevices.take(
      all,
      ({ name }) => name,
      (handle) => new NodeDevice(handle),
      (item, handle) => item.refresh(handle),
    )
  }

  async fetchSecrets(options: CallOptions = {}): Promise<void> {
    const all = await this.native.secrets.all(options)
    this.live.secrets.take(
      all,
      ({ uuid }) => uuid,
      (handle) => new Secret(handle),
      (item, handle) => item.refresh(handle),
    )
  }

  async fetchNetworkFilters(options: CallOptions = {}): Promise<void> {
    const all = await this.native.nwfilters.all(options)
    this.live.networkFilters.take(
      all,
      ({ uuid }) => uuid,
      (handle) => new NetworkFilter(handle),
      (item, handle) => item.refresh(handle),
    )
  }

  getDomain(uuid: string): Domain | undefined {
    return this.live.domains.get(uuid)
  }
  findDomainById(id: number): Domain | undefined {
    return this.live.domains.find((domain) => domain.id === id)
  }
  findDomainByName(name: string): Domain | undefined {
    return this.live.domains.find((domain) => domain.name === name)
  }
  getNetwork(uuid: string): Network | undefined {
    return this.live.networks.get(uuid)
  }
  findNetworkByName(name: string): Network | undefined {
    return this.live.networks.find((network) => network.name === name)
  }
  getStoragePool(uuid: string): StoragePool | undefined {
    return this.live.storagePools.get(uuid)
  }
  findStoragePoolByName(name: string): StoragePool | undefined {
    return this.live.storagePools.find((pool) => pool.name === name)
  }
  getInterface(name: string): Interface | undefined {
    return this.live.interfaces.get(name)
  }
  findInterfaceByMac(macaddr: string): Interface | undefined {
    return this.live.interfaces.find(({ mac }) => mac.toLowerCase() === macaddr.toLowerCase())
  }

  /** Defines a guest. `gvir_connection_create_domain` */
  async defineDomain(config: ConfigInput<'domain'>): Promise<Domain> {
    return this.#known(await this.native.domains.define(xmlOf(config)), true)
  }

  /** Starts a guest that is gone when it stops. `gvir_connection_start_domain` */
  async createDomain(config: ConfigInput<'domain'>, flags = 0): Promise<Domain> {
    return this.#known(await this.native.domains.create(xmlOf(config), callOf(flags)), false)
  }

  /** The object of a guest, which may have come by an event already. */
  #known(handle: Domain['native'], persistent: boolean): Domain {
    const known = this.live.domains.get(handle.uuid)
    if (known !== undefined) {
      known.refresh(handle)
      return known
    }
    const domain = new Domain(handle)
    domain.refresh(handle, { persistent })
    this.live.domains.add(handle.uuid, domain)
    return domain
  }

  /** Defines a pool. `gvir_connection_create_storage_pool` */
  async defineStoragePool(config: ConfigInput<'storagePool'>, flags = 0): Promise<StoragePool> {
    const handle = await this.native.pools.define(xmlOf(config), callOf(flags))
    const known = this.live.storagePools.get(handle.uuid)
    if (known !== undefined) return known
    const pool = new StoragePool(handle)
    pool.refreshed(handle, { active: false, persistent: true })
    this.live.storagePools.add(handle.uuid, pool)
    return pool
  }

  /** `gvir_connection_restore_domain_from_file` */
  async restoreDomainFromFile(
    filename: string,
    customConf?: ConfigInput<'domain'>,
    flags = 0,
    options: CallOptions = {},
  ): Promise<void> {
    await this.native.domains.restore(
      filename,
      customConf === undefined ? undefined : xmlOf(customConf),
      callOf(flags, options),
    )
  }

  /** A stream for a call that takes one. `gvir_connection_get_stream` */
  newStream(): Stream {
    return new Stream()
  }

  /** What the host can do, as a tree. `gvir_connection_get_capabilities` */
  async getCapabilities(options: CallOptions = {}): Promise<XmlTree> {
    return parseTree(await this.native.capabilities(options), ErrorDomain.CONF)
  }

  /** What guests of one kind may use, as a tree. `gvir_connection_get_domain_capabilities` */
  async getDomainCapabilities(
    emulatorbin?: string,
    arch?: string,
    machine?: string,
    virttype?: string,
    flags = 0,
    options: CallOptions = {},
  ): Promise<XmlTree> {
    const xml = await this.native.domainCapabilities(emulatorbin, arch, machine, virttype, callOf(flags, options))
    return parseTree(xml, ErrorDomain.CONF)
  }

  /** `gvir_connection_get_hypervisor_name` */
  async getHypervisorName(): Promise<string> {
    return await this.native.type()
  }
  /** major * 1,000,000 + minor * 1,000 + release. `gvir_connection_get_version` */
  async getVersion(): Promise<number> {
    return Number(await this.native.version())
  }
  /** `gvir_connection_get_node_info` */
  async getNodeInfo(): Promise<NodeInfo> {
    return await this.native.host.info()
  }
}
