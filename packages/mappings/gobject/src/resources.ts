// SPDX-License-Identifier: LGPL-2.1-or-later
// Interfaces and devices of the host, secrets, network filters.
import type * as api from '@virt/core'
import { Config } from './config.js'
import { callOf, NativeObject } from './native.js'
import { type ResourceSignals, resourceSignals } from './network.js'
import type { PropertyInfo, SignalInfo } from './object.js'

const named: Readonly<Record<string, PropertyInfo>> = { name: { type: 'string' } }

/** What all of them are: things with a name that come and go. */
abstract class Resource<H> extends NativeObject<ResourceSignals, H> {
  static override readonly signals: Readonly<Record<string, SignalInfo>> = resourceSignals
  static override readonly properties: Readonly<Record<string, PropertyInfo>> = named

  /** For the connection. */
  tell(name: keyof ResourceSignals): void {
    this.emit(name, [])
  }
  /** For the connection: another handle of the same thing. */
  refresh(native: H): void {
    this.rebind(native)
  }
}

/** A network interface of the host; one object for each name. `GVirInterface` */
export class Interface extends Resource<api.Interface> {
  get name(): string {
    return this.native.name
  }
  get mac(): string {
    return this.native.mac
  }
  /** `gvir_interface_get_config` */
  async getConfig(flags = 0): Promise<Config<'hostInterface'>> {
    return Config.fromXml('hostInterface', await this.native.xmlDesc(callOf(flags)))
  }
  async start(flags = 0): Promise<void> {
    await this.native.create(callOf(flags))
  }
  async stop(flags = 0): Promise<void> {
    await this.native.destroy(callOf(flags))
  }
  async undefine(): Promise<void> {
    await this.native.undefine()
  }
}

/** A device of the host. `GVirNodeDevice` */
export class NodeDevice extends Resource<api.NodeDevice> {
  get name(): string {
    return this.native.name
  }
  /** `gvir_node_device_get_config` */
  async getConfig(flags = 0): Promise<Config<'nodeDevice'>> {
    return Config.fromXml('nodeDevice', await this.native.xmlDesc(callOf(flags)))
  }
}

/** A secret. `GVirSecret` */
export class Secret extends Resource<api.Secret> {
  /** What it is for: secrets have no other name. `gvir_secret_get_name` */
  get name(): string {
    return this.native.usageId
  }
  get uuid(): string {
    return this.native.uuid
  }
  /** `gvir_secret_get_config` */
  async getConfig(flags = 0): Promise<Config<'secret'>> {
    return Config.fromXml('secret', await this.native.xmlDesc(callOf(flags)))
  }
  async undefine(): Promise<void> {
    await this.native.undefine()
  }
}

/** A network filter. `GVirNetworkFilter` */
export class NetworkFilter extends Resource<api.NWFilter> {
  get name(): string {
    return this.native.name
  }
  get uuid(): string {
    return this.native.uuid
  }
  /** `gvir_network_filter_get_config` */
  async getConfig(flags = 0): Promise<Config<'nwfilter'>> {
    return Config.fromXml('nwfilter', await this.native.xmlDesc(callOf(flags)))
  }
  async undefine(): Promise<void> {
    await this.native.undefine()
  }
}
