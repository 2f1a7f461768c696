// SPDX-License-Identifier: LGPL-2.1-or-later
// Virtual networks and the leases that they have given out.
import type { Network as Native } from '@virt/core'
import { Config, type ConfigInput, xmlOf } from './config.js'
import { IPAddrType } from './flags.js'
import { type CallOptions, callOf, NativeObject } from './native.js'
import type { PropertyInfo, SignalInfo } from './object.js'

/** Signals of things that come, go and change. */
export type ResourceSignals = {
  started: readonly []
  stopped: readonly []
  updated: readonly []
  removed: readonly []
}
/** Their table. */
export const resourceSignals: Readonly<Record<string, SignalInfo>> = {
  started: { run: 'last' },
  stopped: { run: 'last' },
  updated: { run: 'last' },
  removed: { run: 'last' },
}

/** A lease as `@virt/core` tells of it. */
type NativeLease = Awaited<ReturnType<Native['dhcpLeases']>>[number]

/** A lease of a network's DHCP server. `GVirNetworkDHCPLease` */
export class NetworkDHCPLease {
  readonly native: NativeLease
  constructor(native: NativeLease) {
    this.native = native
  }
  get iface(): string {
    return this.native.iface
  }
  /** Seconds since the epoch. */
  get expiryTime(): bigint {
    return this.native.expirytime
  }
  get ipType(): IPAddrType {
    return IPAddrType[this.native.type === 'ipv6' ? 'ipv6' : 'ipv4']
  }
  get mac(): string | undefined {
    return this.native.mac
  }
  get iaid(): string | undefined {
    return this.native.iaid
  }
  get ip(): string {
    return this.native.ipaddr
  }
  get prefix(): number {
    return this.native.prefix
  }
  get hostname(): string | undefined {
    return this.native.hostname
  }
  get clientId(): string | undefined {
    return this.native.clientid
  }
}

/** A virtual network; one object for each UUID. `GVirNetwork` */
export class Network extends NativeObject<ResourceSignals, Native> {
  static override readonly signals: Readonly<Record<string, SignalInfo>> = resourceSignals
  static override readonly properties: Readonly<Record<string, PropertyInfo>> = {
    name: { type: 'string' },
    uuid: { type: 'string' },
    active: { type: 'boolean' },
    persistent: { type: 'boolean' },
  }
  readonly uuid: string

  constructor(native: Native) {
    super(native)
    this.uuid = native.uuid
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

  /** For the connection: facts that have come by another way. */
  refresh(native: Native, facts: { active?: boolean; persistent?: boolean } = {}): void {
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

  /** `gvir_network_get_config` */
  async getConfig(flags = 0, options: CallOptions = {}): Promise<Config<'network'>> {
    return Config.fromXml('network', await this.native.xmlDesc(callOf(flags, options)))
  }

  /** Changes the definition. */
  async setConfig(config: ConfigInput<'network'>): Promise<void> {
    await this.native.connection.networks.define(xmlOf(config))
  }

  /** `gvir_network_get_dhcp_leases` */
  async getDhcpLeases(mac?: string, flags = 0): Promise<NetworkDHCPLease[]> {
    return (await this.native.dhcpLeases(mac, callOf(flags))).map((lease) => new NetworkDHCPLease(lease))
  }

  async start(options: CallOptions = {}): Promise<void> {
    await this.native.create(options)
  }
  async stop(options: CallOptions = {}): Promise<void> {
    await this.native.destroy(options)
  }
  async undefine(options: CallOptions = {}): Promise<void> {
    await this.native.undefine(options)
  }
  async setAutostart(autostart: boolean, options: CallOptions = {}): Promise<void> {
    await this.native.setAutostart(autostart, options)
  }
}
