// SPDX-License-Identifier: LGPL-2.1-or-later
// The objects of a connection but domains: names as properties, everything that may take time as methods (most are generated).
import {
  DomainCheckpointMethods,
  DomainSnapshotMethods,
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
import { callOnly, definitionOf, documentObject, editDefinition } from './documents.js'
import type { Domain } from './domain.js'
import { SecretUsageType } from './enums.gen.js'
import * as gate from './gate.gen.js'
import type { DocumentChange, Typed } from './handle.js'
import { type CallOptions, type EnumText, enumText, type Int64Input } from './plain.js'
import { slots } from './spi.gen.js'
import type { VirtStream } from './stream.js'

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
      () => this.xmlDesc({ ...callOnly(options), secure: true }),
      async (xml) =>
        this.domain.createSnapshot(xml, {
          ...options,
          redefine: true,
          current: await this.isCurrent(callOnly(options)),
        }),
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
      () => this.xmlDesc({ ...callOnly(options), secure: true }),
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
      () => this.xmlDesc(callOnly(options)),
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
      () => this.xmlDesc(callOnly(options)),
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
