// SPDX-License-Identifier: LGPL-2.1-or-later
// The objects of a connection: names as properties, everything that may take time as methods (most are generated).
import {
  DomainCheckpointMethods,
  DomainMethods,
  DomainSnapshotMethods,
  flagBits,
  InterfaceMethods,
  NetworkMethods,
  NetworkPortMethods,
  NodeDeviceMethods,
  NWFilterBindingMethods,
  NWFilterMethods,
  SecretMethods,
  StoragePoolMethods,
  StorageVolumeMethods,
} from './api.gen.js'
import { documentObject } from './documents.js'
import {
  DomainBlockedReason,
  DomainCrashedReason,
  DomainMemoryStatTags,
  DomainPausedReason,
  DomainPMSuspendedReason,
  DomainRunningReason,
  DomainShutdownReason,
  DomainShutoffReason,
  DomainState,
  SecretUsageType,
} from './enums.gen.js'
import { isUnsupported } from './errors.js'
import * as gate from './gate.gen.js'
import type { Typed } from './handle.js'
import { type DomainMigration, type MigrateOptions, migrate } from './migration.js'
import {
  type CallOptions,
  type EnumText,
  enumText,
  type FlagOptions,
  flagsOf,
  type Int64Input,
  type PlainParams,
} from './plain.js'
import { slots } from './spi.gen.js'
import type { ByteStream } from './spi.js'
import type { VirtStream } from './stream.js'

const reasons: readonly object[] = [
  {},
  DomainRunningReason,
  DomainBlockedReason,
  DomainPausedReason,
  DomainShutdownReason,
  DomainShutoffReason,
  DomainCrashedReason,
  DomainPMSuspendedReason,
]

/** State of a domain and the reason for it. */
export interface DomainStatus {
  state: EnumText<typeof DomainState>
  /** String of the reason enum that goes with the state (`virDomainRunningReason`, …). */
  reason: string
}

/**
 * A virtual machine or container.
 * @since 0.1.0, `virDomain`
 */
export class Domain extends DomainMethods {
  /** `virDomainGetName` */
  get name(): string {
    return this.ref.name
  }

  /** `virDomainGetUUIDString` */
  get uuid(): string {
    return this.ref.uuid
  }

  /** Id of the running domain when this handle was made; undefined when it was inactive. `virDomainGetID` */
  get id(): number | undefined {
    return this.ref.id < 0 ? undefined : this.ref.id
  }

  /** State and reason. `virDomainGetState` */
  async state(options: CallOptions = {}): Promise<DomainStatus> {
    const { state, reason } = await this.stateRaw(options)
    return { state: enumText(DomainState, state), reason: enumText(reasons[state] ?? {}, reason) }
  }

  /** Memory figures by name, KiB unless the name says otherwise. `virDomainMemoryStats` */
  async memoryStats(options: CallOptions = {}): Promise<Record<string, bigint>> {
    const stats = await this.memoryStatsRaw(options)
    return Object.fromEntries(
      stats.map((s) => [
        enumText(DomainMemoryStatTags, s.tag).replace(/-(.)/g, (_, c: string) => c.toUpperCase()),
        s.val,
      ]),
    )
  }

  /**
   * I/O counters of a disk; `path` is its target or source. Drivers that only know the older call tell what that one does.
   * `virDomainBlockStatsFlags`, `virDomainBlockStats`
   */
  override async blockStats(path: string, options: CallOptions & { flags?: number } = {}): Promise<PlainParams> {
    try {
      return await super.blockStats(path, options)
    } catch (error) {
      if (!isUnsupported(error)) throw error
      const older = await this.invoke(slots.domainBlockStats, options, (s, c) =>
        gate.domainBlockStats(s, c, this.ref, path),
      ).catch((second: unknown) => {
        throw isUnsupported(second) ? error : second
      })
      const { rdReq, rdBytes, wrReq, wrBytes, errs } = older
      const told = { rdOperations: rdReq, rdBytes, wrOperations: wrReq, wrBytes, errs }
      // The older call says -1 of what it does not know.
      return Object.fromEntries(
        Object.entries(told)
          .filter(([, value]) => BigInt(value) >= 0n)
          .map(([k, v]) => [k, BigInt(v)]),
      )
    }
  }

  /** The guest's clock. `virDomainGetTime` */
  async time(options: CallOptions = {}): Promise<Date> {
    const { seconds, nseconds } = await this.timeRaw(options)
    return new Date(Number(seconds) * 1000 + Math.floor(nseconds / 1e6))
  }

  /** A picture of a screen, and its MIME type. `virDomainScreenshot` */
  async screenshot(screen = 0, options: CallOptions = {}): Promise<{ stream: VirtStream; mime: string | undefined }> {
    const answer = await this.invoke(slots.domainScreenshot, options, (s, c) =>
      gate.domainScreenshot(s, c, this.ref, screen, 0),
    )
    return { stream: this.connection.stream(answer.stream, 'read'), mime: answer.mime }
  }

  /** A serial console, both ways; the first when no device is named. `virDomainOpenConsole` */
  async openConsole(
    device?: string,
    options: CallOptions & FlagOptions<typeof flagBits.DomainConsoleFlags> = {},
  ): Promise<VirtStream> {
    return this.#open(
      await this.invoke(slots.domainOpenConsole, options, (s, c) =>
        gate.domainOpenConsole(s, c, this.ref, device, flagsOf(options, flagBits.DomainConsoleFlags)),
      ),
    )
  }

  /** A channel to the guest, both ways; the first when none is named. `virDomainOpenChannel` */
  async openChannel(
    name?: string,
    options: CallOptions & FlagOptions<typeof flagBits.DomainChannelFlags> = {},
  ): Promise<VirtStream> {
    return this.#open(
      await this.invoke(slots.domainOpenChannel, options, (s, c) =>
        gate.domainOpenChannel(s, c, this.ref, name, flagsOf(options, flagBits.DomainChannelFlags)),
      ),
    )
  }

  /** Moves the running domain to another host; the answer is awaited or aborted as a job. `virDomainMigrate3`, `virDomainMigrateToURI3` */
  migrate(destination: unknown, options: MigrateOptions = {}): DomainMigration {
    return migrate(this, destination, options)
  }

  #open(stream: ByteStream): VirtStream {
    return this.connection.stream(stream, 'duplex')
  }

  /** Its XML as a typed object, which needs `@virt/conf`. */
  document(options: Parameters<this['xmlDesc']>[0] = {}): Promise<Typed<'domain'>> {
    return documentObject('domain', this.xmlDesc(options))
  }
}

/** A saved state of a domain. `virDomainSnapshot` */
export class DomainSnapshot extends DomainSnapshotMethods {
  get name(): string {
    return this.ref.name
  }
  get domain(): Domain {
    return this.make('Domain', this.ref.dom)
  }

  /** Its XML as a typed object, which needs `@virt/conf`. */
  document(options: Parameters<this['xmlDesc']>[0] = {}): Promise<Typed<'domainsnapshot'>> {
    return documentObject('domainsnapshot', this.xmlDesc(options))
  }
}

/** A point in time from which changed blocks are known. `virDomainCheckpoint` */
export class DomainCheckpoint extends DomainCheckpointMethods {
  get name(): string {
    return this.ref.name
  }
  get domain(): Domain {
    return this.make('Domain', this.ref.dom)
  }

  /** Its XML as a typed object, which needs `@virt/conf`. */
  document(options: Parameters<this['xmlDesc']>[0] = {}): Promise<Typed<'domaincheckpoint'>> {
    return documentObject('domaincheckpoint', this.xmlDesc(options))
  }
}

/** A virtual network. `virNetwork` */
export class Network extends NetworkMethods {
  get name(): string {
    return this.ref.name
  }
  get uuid(): string {
    return this.ref.uuid
  }

  /** Its XML as a typed object, which needs `@virt/conf`. */
  document(options: Parameters<this['xmlDesc']>[0] = {}): Promise<Typed<'network'>> {
    return documentObject('network', this.xmlDesc(options))
  }
}

/** A port of a network. `virNetworkPort` */
export class NetworkPort extends NetworkPortMethods {
  get uuid(): string {
    return this.ref.uuid
  }
  get network(): Network {
    return this.make('Network', this.ref.net)
  }

  /** Its XML as a typed object, which needs `@virt/conf`. */
  document(options: Parameters<this['xmlDesc']>[0] = {}): Promise<Typed<'networkport'>> {
    return documentObject('networkport', this.xmlDesc(options))
  }
}

/** A pool of storage volumes. `virStoragePool` */
export class StoragePool extends StoragePoolMethods {
  get name(): string {
    return this.ref.name
  }
  get uuid(): string {
    return this.ref.uuid
  }

  /** Its XML as a typed object, which needs `@virt/conf`. */
  document(options: Parameters<this['xmlDesc']>[0] = {}): Promise<Typed<'pool'>> {
    return documentObject('pool', this.xmlDesc(options))
  }
}

/** A part of a transfer: bytes from `offset`, all of the rest when `length` is absent. */
export interface TransferOptions extends CallOptions {
  offset?: Int64Input
  length?: Int64Input
  /** Whether holes travel as holes. */
  sparse?: boolean
}

/** A storage volume. `virStorageVol` */
export class StorageVolume extends StorageVolumeMethods {
  get name(): string {
    return this.ref.name
  }
  get key(): string {
    return this.ref.key
  }
  get poolName(): string {
    return this.ref.pool
  }

  /** A writable whose bytes become the volume's. `virStorageVolUpload` */
  async upload(options: TransferOptions = {}): Promise<VirtStream> {
    const stream = await this.invoke(slots.storageVolUpload, options, (s, c) =>
      gate.storageVolUpload(
        s,
        c,
        this.ref,
        BigInt(options.offset ?? 0),
        BigInt(options.length ?? 0),
        options.sparse ? 1 : 0,
      ),
    )
    return this.connection.stream(stream, 'write')
  }

  /** A readable of the volume's bytes. `virStorageVolDownload` */
  async download(options: TransferOptions = {}): Promise<VirtStream> {
    const stream = await this.invoke(slots.storageVolDownload, options, (s, c) =>
      gate.storageVolDownload(
        s,
        c,
        this.ref,
        BigInt(options.offset ?? 0),
        BigInt(options.length ?? 0),
        options.sparse ? 1 : 0,
      ),
    )
    return this.connection.stream(stream, 'read')
  }

  /** Its XML as a typed object, which needs `@virt/conf`. */
  document(options: Parameters<this['xmlDesc']>[0] = {}): Promise<Typed<'volume'>> {
    return documentObject('volume', this.xmlDesc(options))
  }
}

/** A network interface of the host. `virInterface` */
export class Interface extends InterfaceMethods {
  get name(): string {
    return this.ref.name
  }
  get mac(): string {
    return this.ref.mac
  }

  /** Its XML as a typed object, which needs `@virt/conf`. */
  document(options: Parameters<this['xmlDesc']>[0] = {}): Promise<Typed<'interface'>> {
    return documentObject('interface', this.xmlDesc(options))
  }
}

/** A device of the host. `virNodeDevice` */
export class NodeDevice extends NodeDeviceMethods {
  get name(): string {
    return this.ref.name
  }

  /** Its XML as a typed object, which needs `@virt/conf`. */
  document(options: Parameters<this['xmlDesc']>[0] = {}): Promise<Typed<'nodedev'>> {
    return documentObject('nodedev', this.xmlDesc(options))
  }
}

/** A secret. `virSecret` */
export class Secret extends SecretMethods {
  get uuid(): string {
    return this.ref.uuid
  }
  get usageType(): EnumText<typeof SecretUsageType> {
    return enumText(SecretUsageType, this.ref.usageType)
  }
  get usageId(): string {
    return this.ref.usageID
  }

  /** Its XML as a typed object, which needs `@virt/conf`. */
  document(options: Parameters<this['xmlDesc']>[0] = {}): Promise<Typed<'secret'>> {
    return documentObject('secret', this.xmlDesc(options))
  }
}

/** A network filter. `virNWFilter` */
export class NWFilter extends NWFilterMethods {
  get name(): string {
    return this.ref.name
  }
  get uuid(): string {
    return this.ref.uuid
  }

  /** Its XML as a typed object, which needs `@virt/conf`. */
  document(options: Parameters<this['xmlDesc']>[0] = {}): Promise<Typed<'nwfilter'>> {
    return documentObject('nwfilter', this.xmlDesc(options))
  }
}

/** A filter's use on a port. `virNWFilterBinding` */
export class NWFilterBinding extends NWFilterBindingMethods {
  get portDev(): string {
    return this.ref.portdev
  }
  get filterName(): string {
    return this.ref.filtername
  }

  /** Its XML as a typed object, which needs `@virt/conf`. */
  document(options: Parameters<this['xmlDesc']>[0] = {}): Promise<Typed<'nwfilterbinding'>> {
    return documentObject('nwfilterbinding', this.xmlDesc(options))
  }
}
