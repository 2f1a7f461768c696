// SPDX-License-Identifier: LGPL-2.1-or-later
// The objects of a connection: names as properties, everything that may take time as methods (most are generated).
import {
  DomainCheckpointMethods,
  DomainMethods,
  DomainSnapshotMethods,
  type DomainsMethods,
  flagBits,
  InterfaceMethods,
  type InterfacesMethods,
  NetworkMethods,
  NetworkPortMethods,
  type NetworksMethods,
  NodeDeviceMethods,
  NWFilterBindingMethods,
  NWFilterMethods,
  type NWFiltersMethods,
  SecretMethods,
  type SecretsMethods,
  StoragePoolMethods,
  type StoragePoolsMethods,
  StorageVolumeMethods,
} from './api.gen.js'
import type { Connection } from './connection.js'
import { documentObject, editDefinition } from './documents.js'
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
import { isUnsupported, isVirtError } from './errors.js'
import * as gate from './gate.gen.js'
import type { DocumentChange, Typed } from './handle.js'
import { type DomainMigration, migrate } from './migration/job.js'
import type { MigrateOptions } from './migration/options.js'
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

/** What goes for every call. */
const call = ({ signal, timeout }: CallOptions): CallOptions => ({
  ...(signal === undefined ? {} : { signal }),
  ...(timeout === undefined ? {} : { timeout }),
})

/** The XML that an object will have next time; drivers without a difference may not know the flag. */
const definitionOf =
  (object: { xmlDesc(options: CallOptions & { inactive?: boolean }): Promise<string> }, options: CallOptions) =>
  async (): Promise<string> => {
    try {
      return await object.xmlDesc({ ...call(options), inactive: true })
    } catch (error) {
      if (!isVirtError(error) || error.code !== 'invalid-arg') throw error
      return await object.xmlDesc(call(options))
    }
  }

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

  /**
   * Moves the domain to another host. Given a connection, this process drives the migration and gets the domain over there; given a URI,
   * the domain's own host connects to it and drives the migration (`peer2peer`).
   * @throws VirtError by the job: `operation-denied`, `invalid-arg`, `argument-unsupported`, `no-support`, `operation-failed`, `operation-aborted` …
   * @since 0.1.0, `virDomainMigrate3`, `virDomainMigrateToURI3`
   */
  migrate(destination: Connection, options?: MigrateOptions): DomainMigration
  migrate(destination: string, options?: MigrateOptions): DomainMigration<undefined>
  migrate(destination: Connection | string, options: MigrateOptions = {}): DomainMigration<Domain | undefined> {
    return migrate(this, destination, options)
  }

  #open(stream: ByteStream): VirtStream {
    return this.connection.stream(stream, 'duplex')
  }

  /** Its XML as a typed object, which needs `@virt/conf`. */
  document(options: Parameters<this['xmlDesc']>[0] = {}): Promise<Typed<'domain'>> {
    return documentObject('domain', this.xmlDesc(options))
  }

  /**
   * Changes its definition as a typed object, which needs `@virt/conf`; what its XML says besides stays.
   * @throws VirtError `operation-failed` when somebody else has changed it meanwhile
   * @since 0.1.0, `virDomainDefineXMLFlags`
   */
  edit(change: DocumentChange<'domain'>, options: Parameters<DomainsMethods['define']>[1] = {}): Promise<void> {
    return editDefinition(
      'domain',
      change,
      () => this.xmlDesc({ ...call(options), secure: true, inactive: true }),
      async (xml) => this.connection.domains.define(xml, options),
    )
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

  /**
   * Changes its definition as a typed object, which needs `@virt/conf`; what its XML says besides stays.
   * @throws VirtError `operation-failed` when somebody else has changed it meanwhile
   * @since 0.1.0, `virDomainSnapshotCreateXML`
   */
  edit(change: DocumentChange<'domainsnapshot'>, options: CallOptions & { validate?: boolean } = {}): Promise<void> {
    return editDefinition(
      'domainsnapshot',
      change,
      () => this.xmlDesc({ ...call(options), secure: true }),
      async (xml) =>
        this.domain.createSnapshot(xml, { ...options, redefine: true, current: await this.isCurrent(call(options)) }),
    )
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

  /**
   * Changes its definition as a typed object, which needs `@virt/conf`; what its XML says besides stays.
   * @throws VirtError `operation-failed` when somebody else has changed it meanwhile
   * @since 0.1.0, `virDomainCheckpointCreateXML`
   */
  edit(change: DocumentChange<'domaincheckpoint'>, options: CallOptions = {}): Promise<void> {
    return editDefinition(
      'domaincheckpoint',
      change,
      () => this.xmlDesc({ ...call(options), secure: true }),
      async (xml) => this.domain.createCheckpoint(xml, { ...options, redefine: true }),
    )
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

  /**
   * Changes its definition as a typed object, which needs `@virt/conf`; what its XML says besides stays.
   * @throws VirtError `operation-failed` when somebody else has changed it meanwhile
   * @since 0.1.0, `virNetworkDefineXMLFlags`
   */
  edit(change: DocumentChange<'network'>, options: Parameters<NetworksMethods['define']>[1] = {}): Promise<void> {
    return editDefinition('network', change, definitionOf(this, options), async (xml) =>
      this.connection.networks.define(xml, options),
    )
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

  /**
   * Changes its definition as a typed object, which needs `@virt/conf`; what its XML says besides stays.
   * @throws VirtError `operation-failed` when somebody else has changed it meanwhile
   * @since 0.1.0, `virStoragePoolDefineXML`
   */
  edit(change: DocumentChange<'pool'>, options: Parameters<StoragePoolsMethods['define']>[1] = {}): Promise<void> {
    return editDefinition('pool', change, definitionOf(this, options), async (xml) =>
      this.connection.pools.define(xml, options),
    )
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

  /**
   * Changes its definition as a typed object, which needs `@virt/conf`; what its XML says besides stays.
   * @throws VirtError `operation-failed` when somebody else has changed it meanwhile
   * @since 0.1.0, `virInterfaceDefineXML`
   */
  edit(change: DocumentChange<'interface'>, options: Parameters<InterfacesMethods['define']>[1] = {}): Promise<void> {
    return editDefinition('interface', change, definitionOf(this, options), async (xml) =>
      this.connection.interfaces.define(xml, options),
    )
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

  /**
   * Changes its definition as a typed object, which needs `@virt/conf`; what its XML says besides stays.
   * @throws VirtError `operation-failed` when somebody else has changed it meanwhile
   * @since 0.1.0, `virNodeDeviceUpdate`
   */
  edit(change: DocumentChange<'nodedev'>, options: Parameters<NodeDeviceMethods['update']>[1] = {}): Promise<void> {
    return editDefinition('nodedev', change, definitionOf(this, options), async (xml) => this.update(xml, options))
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

  /**
   * Changes its definition as a typed object, which needs `@virt/conf`; what its XML says besides stays.
   * @throws VirtError `operation-failed` when somebody else has changed it meanwhile
   * @since 0.1.0, `virSecretDefineXML`
   */
  edit(change: DocumentChange<'secret'>, options: Parameters<SecretsMethods['define']>[1] = {}): Promise<void> {
    return editDefinition(
      'secret',
      change,
      () => this.xmlDesc(call(options)),
      async (xml) => this.connection.secrets.define(xml, options),
    )
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

  /**
   * Changes its definition as a typed object, which needs `@virt/conf`; what its XML says besides stays.
   * @throws VirtError `operation-failed` when somebody else has changed it meanwhile
   * @since 0.1.0, `virNWFilterDefineXMLFlags`
   */
  edit(change: DocumentChange<'nwfilter'>, options: Parameters<NWFiltersMethods['define']>[1] = {}): Promise<void> {
    return editDefinition(
      'nwfilter',
      change,
      () => this.xmlDesc(call(options)),
      async (xml) => this.connection.nwfilters.define(xml, options),
    )
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
