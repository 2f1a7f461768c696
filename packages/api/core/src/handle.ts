// SPDX-License-Identifier: LGPL-2.1-or-later
// What the public classes stand on: every call goes through `invoke` of the connection.
import type { Connection } from './connection.js'
import type { Domain } from './domain.js'
import { isVirtError } from './errors.js'
import type {
  DomainCheckpoint,
  DomainSnapshot,
  Interface,
  Network,
  NetworkPort,
  NodeDevice,
  NWFilter,
  NWFilterBinding,
  Secret,
  StoragePool,
  StorageVolume,
} from './objects.js'
import type { CallOptions } from './plain.js'
import type {
  DomainCheckpointRef,
  DomainRef,
  DomainSnapshotRef,
  InterfaceRef,
  NetworkPortRef,
  NetworkRef,
  NodeDeviceRef,
  NWFilterBindingRef,
  NWFilterRef,
  SecretRef,
  StoragePoolRef,
  StorageVolRef,
} from './spi.gen.js'
import type { Answer, Call, Session, SlotInfo } from './spi.js'

/** Typed documents by kind; `@virt/conf` fills it in by augmentation. */
// biome-ignore lint/suspicious/noEmptyInterface: open for augmentation
export interface Documents {}
/** Documents by kind as people write them: units, and what has a default left out. `@virt/conf` fills it in. */
// biome-ignore lint/suspicious/noEmptyInterface: open for augmentation
export interface DocumentInputs {}
/** A document: its XML, or an object where `@virt/conf` is installed. */
export type Xml<K extends string> = string | (K extends keyof DocumentInputs ? DocumentInputs[K] : never)
/**
 * Changes a typed document: the one given, or another that is returned.
 */
export type DocumentChange<K extends string> = (
  document: Typed<K>,
) => Exclude<Xml<K>, string> | undefined | Promise<Exclude<Xml<K>, string> | undefined>

/** The typed form of a document, where `@virt/conf` is installed. */
export type Typed<K extends string> = K extends keyof Documents ? Documents[K] : never

/** Classes of objects by name. */
export interface HandleTypes {
  Domain: Domain
  DomainSnapshot: DomainSnapshot
  DomainCheckpoint: DomainCheckpoint
  Network: Network
  NetworkPort: NetworkPort
  StoragePool: StoragePool
  StorageVolume: StorageVolume
  Interface: Interface
  NodeDevice: NodeDevice
  Secret: Secret
  NWFilter: NWFilter
  NWFilterBinding: NWFilterBinding
}
/** What each class is made from. */
export interface RefTypes {
  Domain: DomainRef
  DomainSnapshot: DomainSnapshotRef
  DomainCheckpoint: DomainCheckpointRef
  Network: NetworkRef
  NetworkPort: NetworkPortRef
  StoragePool: StoragePoolRef
  StorageVolume: StorageVolRef
  Interface: InterfaceRef
  NodeDevice: NodeDeviceRef
  Secret: SecretRef
  NWFilter: NWFilterRef
  NWFilterBinding: NWFilterBindingRef
}

/** Something that makes calls. */
export abstract class Invoker {
  /** Runs one slot through the gate. */
  abstract invoke<T>(slot: SlotInfo, options: CallOptions, run: (session: Session, call: Call) => Answer<T>): Promise<T>
  /** Runs a call; where the other end lacks it and no flags were asked for, its older form. */
  async invokeOr<T, U>(flags: number, call: () => Promise<T>, older: () => Promise<U>): Promise<T | U> {
    try {
      return await call()
    } catch (error) {
      if (flags !== 0 || !isVirtError(error) || error.code !== 'no-support') throw error
      return await older()
    }
  }
  /** The object for a reference. */
  abstract make<K extends keyof HandleTypes>(kind: K, ref: RefTypes[K]): HandleTypes[K]
  /** The text of a document; typed objects need `@virt/conf`. */
  abstract xmlText(kind: string, xml: unknown): Promise<string>
}

/** Calls of one kind of object, below a connection. */
export abstract class Manager extends Invoker {
  readonly connection: Connection

  constructor(connection: Connection) {
    super()
    this.connection = connection
  }

  invoke<T>(slot: SlotInfo, options: CallOptions, run: (session: Session, call: Call) => Answer<T>): Promise<T> {
    return this.connection.invoke(slot, options, run)
  }

  make<K extends keyof HandleTypes>(kind: K, ref: RefTypes[K]): HandleTypes[K] {
    return this.connection.make(kind, ref)
  }

  xmlText(kind: string, xml: unknown): Promise<string> {
    return this.connection.xmlText(kind, xml)
  }
}

/** One object of a connection. It owns nothing: it names the object, and forgetting it frees nothing. */
export abstract class Handle<R extends object> extends Manager {
  /** How the object is named at the SPI. */
  readonly ref: R

  constructor(connection: Connection, ref: R) {
    super(connection)
    this.ref = ref
  }
}
