// SPDX-License-Identifier: LGPL-2.1-or-later
// Devices of a guest: disks and interfaces, in the order of its document.
import type { Disk, Interface } from '@virt/conf'
import type { PlainParams } from '@virt/core'
import type { Domain } from './domain.js'
import { callOf } from './native.js'
import { GObject } from './object.js'

/** Counters of a disk. */
export interface DomainDiskStats {
  readonly rdReq: bigint
  readonly rdBytes: bigint
  readonly wrReq: bigint
  readonly wrBytes: bigint
  readonly errs: bigint
}
/** Counters of an interface. */
export interface DomainInterfaceStats {
  readonly rxBytes: bigint
  readonly rxPackets: bigint
  readonly rxErrs: bigint
  readonly rxDrop: bigint
  readonly txBytes: bigint
  readonly txPackets: bigint
  readonly txErrs: bigint
  readonly txDrop: bigint
}

type NoSignals = Record<string, never>

/** A device of a guest, as its document had it. `GVirDomainDevice` */
export abstract class DomainDevice<C = Disk | Interface> extends GObject<NoSignals> {
  readonly domain: Domain
  /** The device's part of the document. */
  readonly config: C

  constructor(domain: Domain, config: C) {
    super()
    this.domain = domain
    this.config = config
  }
}

/** A disk of a guest; it is addressed by its target. `GVirDomainDisk` */
export class DomainDisk extends DomainDevice<Disk> {
  /** `gvir_domain_disk_get_stats` */
  async getStats(): Promise<DomainDiskStats> {
    const stats: PlainParams = await this.domain.native.blockStats(this.#path)
    const figure = (name: string): bigint => BigInt((stats[name] as bigint | number | undefined) ?? 0)
    return {
      rdReq: figure('rdOperations'),
      rdBytes: figure('rdBytes'),
      wrReq: figure('wrOperations'),
      wrBytes: figure('wrBytes'),
      errs: figure('errs'),
    }
  }

  /** @param size KiB, or bytes with the flag 1. `gvir_domain_disk_resize` */
  async resize(size: bigint | number, flags = 0): Promise<void> {
    await this.domain.native.blockResize(this.#path, size, callOf(flags))
  }

  get #path(): string {
    return this.config.target?.dev ?? ''
  }
}

/** A network interface of a guest. `GVirDomainInterface` */
export class DomainInterface extends DomainDevice<Interface> {
  /** `gvir_domain_interface_get_stats` */
  async getStats(): Promise<DomainInterfaceStats> {
    const { target, mac } = this.config as Interface & { target?: { dev?: string } }
    return await this.domain.native.interfaceStats(target?.dev ?? mac?.address ?? '')
  }
}
