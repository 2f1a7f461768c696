// SPDX-License-Identifier: LGPL-2.1-or-later
// One manager per kind of object: `conn.domains`, `conn.networks`, …; lookups and definitions are generated.
import {
  DomainsMethods,
  HostMethods,
  InterfacesMethods,
  NetworksMethods,
  NodeDevicesMethods,
  NWFilterBindingsMethods,
  NWFiltersMethods,
  SecretsMethods,
  StoragePoolsMethods,
  VolumesMethods,
} from './api.gen.js'
import type { Domain } from './domain.js'
import { isNotFound } from './errors.js'
import type { Interface, Network, NodeDevice, NWFilter, NWFilterBinding, Secret, StoragePool } from './objects.js'

/** A list that is fetched when it is iterated or awaited as an array. */
export class ObjectList<T> implements AsyncIterable<T> {
  readonly #fetch: () => Promise<T[]>

  constructor(fetch: () => Promise<T[]>) {
    this.#fetch = fetch
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    yield* await this.#fetch()
  }

  /** All of it. */
  toArray(): Promise<T[]> {
    return this.#fetch()
  }
}

async function orUndefined<T>(lookup: Promise<T>): Promise<T | undefined> {
  try {
    return await lookup
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

type First<F> = F extends (options?: infer O) => unknown ? O : never

/** Domains of a connection. */
export class Domains extends DomainsMethods {
  /** Domains that the filters let through; all without any. `virConnectListAllDomains` */
  list(filters: First<DomainsMethods['all']> = {}): ObjectList<Domain> {
    return new ObjectList(() => this.all(filters))
  }
  /** The domain, or undefined. */
  find(by: { name: string } | { uuid: string } | { id: number }): Promise<Domain | undefined> {
    return orUndefined('name' in by ? this.byName(by.name) : 'uuid' in by ? this.byUuid(by.uuid) : this.byId(by.id))
  }
}

/** Virtual networks of a connection. */
export class Networks extends NetworksMethods {
  /** Networks that the filters let through. `virConnectListAllNetworks` */
  list(filters: First<NetworksMethods['all']> = {}): ObjectList<Network> {
    return new ObjectList(() => this.all(filters))
  }
  /** The network, or undefined. */
  find(by: { name: string } | { uuid: string }): Promise<Network | undefined> {
    return orUndefined('name' in by ? this.byName(by.name) : this.byUuid(by.uuid))
  }
}

/** Storage pools of a connection. */
export class StoragePools extends StoragePoolsMethods {
  /** Pools that the filters let through. `virConnectListAllStoragePools` */
  list(filters: First<StoragePoolsMethods['all']> = {}): ObjectList<StoragePool> {
    return new ObjectList(() => this.all(filters))
  }
  /** The pool, or undefined. */
  find(by: { name: string } | { uuid: string }): Promise<StoragePool | undefined> {
    return orUndefined('name' in by ? this.byName(by.name) : this.byUuid(by.uuid))
  }
}

/** Storage volumes by what is unique on the host; those of a pool are at the pool. */
export class Volumes extends VolumesMethods {}

/** Network interfaces of the host. */
export class Interfaces extends InterfacesMethods {
  /** Interfaces that the filters let through. `virConnectListAllInterfaces` */
  list(filters: First<InterfacesMethods['all']> = {}): ObjectList<Interface> {
    return new ObjectList(() => this.all(filters))
  }
  /** The interface, or undefined. */
  find(by: { name: string } | { mac: string }): Promise<Interface | undefined> {
    return orUndefined('name' in by ? this.byName(by.name) : this.byMac(by.mac))
  }
}

/** Devices of the host. */
export class NodeDevices extends NodeDevicesMethods {
  /** Devices that the filters let through. `virConnectListAllNodeDevices` */
  list(filters: First<NodeDevicesMethods['all']> = {}): ObjectList<NodeDevice> {
    return new ObjectList(() => this.all(filters))
  }
  /** The device, or undefined. */
  find(by: { name: string }): Promise<NodeDevice | undefined> {
    return orUndefined(this.byName(by.name))
  }
}

/** Secrets of a connection. */
export class Secrets extends SecretsMethods {
  /** Secrets that the filters let through. `virConnectListAllSecrets` */
  list(filters: First<SecretsMethods['all']> = {}): ObjectList<Secret> {
    return new ObjectList(() => this.all(filters))
  }
  /** The secret, or undefined. */
  find(by: { uuid: string }): Promise<Secret | undefined> {
    return orUndefined(this.byUuid(by.uuid))
  }
}

/** Network filters of a connection. */
export class NWFilters extends NWFiltersMethods {
  /** All filters. `virConnectListAllNWFilters` */
  list(filters: First<NWFiltersMethods['all']> = {}): ObjectList<NWFilter> {
    return new ObjectList(() => this.all(filters))
  }
  /** The filter, or undefined. */
  find(by: { name: string } | { uuid: string }): Promise<NWFilter | undefined> {
    return orUndefined('name' in by ? this.byName(by.name) : this.byUuid(by.uuid))
  }
}

/** Bindings of network filters to ports. */
export class NWFilterBindings extends NWFilterBindingsMethods {
  /** All bindings. `virConnectListAllNWFilterBindings` */
  list(filters: First<NWFilterBindingsMethods['all']> = {}): ObjectList<NWFilterBinding> {
    return new ObjectList(() => this.all(filters))
  }
  /** The binding, or undefined. */
  find(by: { portDev: string }): Promise<NWFilterBinding | undefined> {
    return orUndefined(this.byPortDev(by.portDev))
  }
}

/** The host that a connection leads to. */
export class Host extends HostMethods {
  /** Which CPUs exist and which are online. `virNodeGetCPUMap` */
  async cpuMap(options: First<HostMethods['info']> = {}): Promise<{ online: boolean[]; onlineCount: number }> {
    const { cpumap, online, ret } = await this.cpuMapRaw(1, 1, options)
    return {
      online: Array.from({ length: ret }, (_, i) => (((cpumap[i >> 3] ?? 0) >> (i & 7)) & 1) === 1),
      onlineCount: online,
    }
  }
}
