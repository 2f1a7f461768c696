// SPDX-License-Identifier: LGPL-2.1-or-later
// Snapshots of a guest.
import type { DomainSnapshot as Native } from '@virt/core'
import { Config, type ConfigInput, xmlOf } from './config.js'
import type { Domain } from './domain.js'
import { type CallOptions, callOf, NativeObject } from './native.js'
import type { PropertyInfo } from './object.js'

/** A snapshot; one object for each name of a guest. `GVirDomainSnapshot` */
export class DomainSnapshot extends NativeObject<Record<string, never>, Native> {
  static override readonly properties: Readonly<Record<string, PropertyInfo>> = { name: { type: 'string' } }
  readonly domain: Domain

  constructor(domain: Domain, native: Native) {
    super(native)
    this.domain = domain
  }

  get name(): string {
    return this.native.name
  }

  /** `gvir_domain_snapshot_get_config` */
  async getConfig(flags = 0, options: CallOptions = {}): Promise<Config<'domainSnapshot'>> {
    return Config.fromXml('domainSnapshot', await this.native.xmlDesc(callOf(flags, options)))
  }

  /** Redefines it: the name stays. `gvir_domain_snapshot_set_config` */
  async setConfig(config: ConfigInput<'domainSnapshot'>): Promise<void> {
    const given = typeof config === 'string' ? Config.fromXml('domainSnapshot', config) : config
    if (given.doc.name !== this.name) throw new TypeError(`snapshot '${this.name}' cannot be given another name`)
    // REDEFINE
    await this.domain.native.createSnapshot(xmlOf(given), { flags: 1 })
  }

  /** `gvir_domain_snapshot_get_is_current` */
  async getIsCurrent(flags = 0): Promise<boolean> {
    return await this.native.isCurrent(callOf(flags))
  }

  /** `gvir_domain_snapshot_delete` */
  async delete(flags = 0, options: CallOptions = {}): Promise<void> {
    await this.native.delete(callOf(flags, options))
    await this.domain.fetchSnapshots(0, options)
  }

  /** `gvir_domain_snapshot_revert_to` */
  async revertTo(flags = 0, options: CallOptions = {}): Promise<void> {
    await this.native.revert(callOf(flags, options))
  }
}
