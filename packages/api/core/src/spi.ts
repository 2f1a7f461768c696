// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver SPI: what a driver is made of and what crosses the border. Slots themselves are generated (spi.gen.ts).
import type { AclObject } from './acl.gen.js'
import type { Connection } from './connection.js'
import type {
  DomainCheckpointRef,
  DomainRef,
  DomainSnapshotRef,
  EventFamily,
  InterfaceRef,
  NetworkPortRef,
  NetworkRef,
  NodeDeviceRef,
  NWFilterBindingRef,
  NWFilterRef,
  SecretRef,
  SlotMethods,
  SlotName,
  StoragePoolRef,
  StorageVolRef,
} from './spi.gen.js'
import type { Uri } from './uri.js'

/** What a slot answers: at once when it needs no I/O, else a promise. */
export type Answer<T> = T | Promise<T>

/** A 64-bit count as it leaves a driver: a bigint, or a number that is exact. */
export type Int64 = bigint | number

/** `virTypedParameterType`: 1 int, 2 uint, 3 llong, 4 ullong, 5 double, 6 boolean, 7 string. */
export type ParamType = 1 | 2 | 3 | 4 | 5 | 6 | 7
export type ParamValue = number | bigint | boolean | string
/** Names and types of typed parameters; shared by all lists of one form. */
export interface ParamShape {
  readonly names: readonly string[]
  readonly types: readonly ParamType[]
}
/** Typed parameters at the SPI: a shape and one value per name. Names may repeat (string lists). */
export interface TypedParams {
  readonly shape: ParamShape
  readonly values: readonly ParamValue[]
}

/** A bidirectional or one-way stream of bytes with holes. All methods may be called in any order; after `finish` or `abort` they reject. */
export interface ByteStream {
  /** Up to `max` bytes; an empty array is the end of data; a hole is `{ hole: length }`. */
  read(max: number): Answer<Uint8Array | { hole: bigint }>
  /** Takes all of `chunk`; resolves when more may be written. */
  write(chunk: Uint8Array): Answer<void>
  /** Writes a hole of `length` bytes. Absent: the other side writes zeros. */
  hole?(length: bigint): Answer<void>
  /** Completes the transfer; rejects with what went wrong with it. */
  finish(): Answer<void>
  /** Gives up; never rejects. */
  abort(reason?: unknown): void
  /** The file behind a download, for a path without copies. */
  file?: { fd: number; offset: bigint; length: bigint }
}

/** Who is at the other end: facts established by transport and authentication, never what the client claims. */
export interface Identity {
  readonly userName?: string
  readonly unixUserId?: number
  readonly groupName?: string
  readonly unixGroupId?: number
  readonly processId?: number
  readonly processTime?: bigint
  readonly saslUserName?: string
  readonly x509DistinguishedName?: string
  readonly selinuxContext?: string
}

/**
 * What an access check is about: the driver's own record, or what is about to be made. Rules see its fields:
 * `name`, `uuid`, `mac` of an interface, `usageType` and `usageID` of a secret, `pool`, `poolUuid` and `key` of a volume,
 * `net` of a network port, `portdev`, `linkdev` and `filtername` of a filter binding.
 */
export type AclSubject = object | undefined

/**
 * Asks whether the caller may do something; throws or rejects when not.
 * @param filter a refusal only hides the subject from a list or holds back an event
 */
export type AccessCheck = (object: AclObject, subject: AclSubject, perm: string, filter?: boolean) => Answer<void>

/** The connection a call came in on. */
export interface CallConnection {
  readonly identity: Identity
  readonly readOnly: boolean
  /** The place itself asks, for one of its drivers (`Services.peer`): no client, so that nothing is kept from it. */
  readonly system?: boolean
  /** Runs `fn` once when the connection ends; dispose the answer to forget it. */
  onClose(fn: () => void): Disposable
}

/** Who asks; first argument of every slot. */
export interface Call {
  readonly connection: CallConnection
  /** Absent while a connection is being opened. */
  readonly slot: SlotInfo | undefined
  /** Fires when nobody awaits the answer any more. Made on first use. */
  readonly signal: AbortSignal
  /** Absent when nothing is checked; the gate and drivers then skip the check. Throws or rejects on refusal. */
  readonly check?: AccessCheck | undefined
  /** The caller asks how many typed parameters there are, not for their values; see `SlotSupport.count`. */
  countOnly?: boolean
  /** How many typed parameters the caller has room for; absent: any number. */
  room?: number
}

/** One access rule of a slot. */
export interface AclRule {
  readonly object: AclObject
  readonly perm: string
  /** Only when all these flag bits are set. */
  readonly set?: number
  /** Only when none of these flag bits is set. */
  readonly clear?: number
  /** Only when the named argument has this value. */
  readonly when?: readonly [string, number]
}

/** What the spec says of a slot. */
export interface SlotInfo {
  readonly name: SlotName
  /** C name of the function it serves, as error texts print it. */
  readonly publicName: string
  readonly family: Family
  readonly program: 'remote' | 'qemu' | 'lxc'
  readonly procedure: string
  readonly number: number
  readonly since: string
  readonly args: readonly string[]
  /** Class of the object in the first argument. */
  readonly subject?: string
  readonly acl: readonly AclRule[]
  readonly aclFilter?: readonly AclRule[]
  readonly stream?: 'client-to-server' | 'server-to-client'
}

/** Families of slots; a connection holds one session for each. */
export type Family = 'hypervisor' | 'network' | 'storage' | 'nodeDevice' | 'nwfilter' | 'secret' | 'interface'

/** What a driver says of one slot it fills. */
export interface SlotSupport {
  /** Version of libvirt whose driver of this name has it, for the support matrix. */
  since?: string
  /** Accepted flag bits; others are refused before the slot is called. Absent: the slot checks by itself. */
  flags?: number
  /** Name of the driver's function in "unsupported flags" errors. */
  fn?: string
  /** Domain of those errors, where it is not the driver's. */
  errorDomain?: number
  /**
   * How many typed parameters it answers, where that is the same for all objects: a daemon whose client asks for the
   * number alone gets it without the slot being called.
   */
  count?: number
}
/** The slots a driver fills. */
export type SlotTable = { readonly [K in SlotName]?: SlotSupport }

/**
 * Turns what a client sent into the driver's own record; throws "not found". Absent: the reference itself is used.
 * What it is for stands in `call.slot`.
 */
export interface Resolvers {
  resolveDomain?(ref: DomainRef, call: Call): DomainRef
  resolveNetwork?(ref: NetworkRef, call: Call): NetworkRef
  resolveNetworkPort?(ref: NetworkPortRef, call: Call): NetworkPortRef
  resolveNWFilter?(ref: NWFilterRef, call: Call): NWFilterRef
  resolveNWFilterBinding?(ref: NWFilterBindingRef, call: Call): NWFilterBindingRef
  resolveInterface?(ref: InterfaceRef, call: Call): InterfaceRef
  resolveStoragePool?(ref: StoragePoolRef, call: Call): StoragePoolRef
  resolveStorageVol?(ref: StorageVolRef, call: Call): StorageVolRef
  resolveNodeDevice?(ref: NodeDeviceRef, call: Call): NodeDeviceRef
  resolveSecret?(ref: SecretRef, call: Call): SecretRef
  resolveDomainCheckpoint?(ref: DomainCheckpointRef, call: Call): DomainCheckpointRef
  resolveDomainSnapshot?(ref: DomainSnapshotRef, call: Call): DomainSnapshotRef
}

/** One connection to a driver: the slots it fills, flat, under libvirt's driver names. */
export interface Session extends SlotMethods, Resolvers {
  /** Absent (remote): flag bits are not checked here but by the peer. */
  readonly supports?: SlotTable
  /** Error domain of the driver's own errors (`virErrorDomain`). */
  readonly errorDomain?: number
  /** Where this session's events come from; absent: it has none. */
  readonly events?: EventSource
  /** Families this session serves; absent: those of its driver. */
  readonly families?: readonly Family[]
  /** The URI as the connection answers it; absent: the one it was opened with. */
  readonly uri?: string
  /** Tells once when the way to the other end is gone (remote sessions). */
  onLost?(fn: (reason: 'error' | 'eof' | 'keepalive' | 'client', error?: Error) => void): void
  /** Tells each time when a session that reconnects is back: what happened meanwhile is not known. */
  onResync?(fn: () => void): void
  /**
   * Access is checked at the other end, which was told for whom it is asked (`connectSetIdentity`): the gate does not ask.
   * Without it a session that cannot resolve a reference to a record of its own is refused wherever access is checked.
   */
  readonly delegatesAccess?: boolean
  /** Whether nobody on the way can listen; absent: local. */
  isSecure?(): Answer<boolean>
  /** Whether the way to the hypervisor is encrypted; absent: it is not. */
  isEncrypted?(): Answer<boolean>
  /** Calls a procedure of the protocol by name (sessions behind a daemon). */
  rawCall?(program: string, name: string, args: unknown, signal?: AbortSignal): Promise<unknown>
  /** Ends the session; called once. */
  close(): Answer<void>
  /** Ends the session at once, without a word to the other end; `close` is called after it all the same. */
  destroy?(reason: Error): void
}

/** A subscription as a session takes it. `object` limits it to one object. */
export interface EventSource {
  /**
   * Starts delivering events of one id; the answer ends it. `callbackId` is unique in the driver.
   * @param options.overrun called once, in place of any further event, when more wait for a verdict than may
   * @throws VirtError `no-support` for an unknown family or id
   */
  subscribe<F extends EventFamily>(
    call: Call | undefined,
    family: F,
    id: number,
    object: { name?: string; uuid?: string } | undefined,
    deliver: (event: DriverEvent<F>) => void,
    options?: { event?: string | undefined; flags?: number; overrun?: (() => void) | undefined },
  ): Answer<EventSubscription>
}
export interface EventSubscription {
  readonly callbackId: number
  end(): Answer<void>
}
/** One event, frozen after the change it tells of. */
export interface DriverEvent<F extends EventFamily = EventFamily> {
  readonly family: F
  readonly id: number
  /** What `EventPayloads[family][key of id]` says. */
  readonly payload: object
}

/** What an opened driver is to its connections. */
export interface Driver {
  readonly name: string
  /** What access rules call it (`connect_driver`): the name of libvirt's driver, "QEMU", "Test"; absent: `name`. */
  readonly accessName?: string
  /** Version of this SPI. */
  readonly spi: 1
  /** URI schemes it may answer. */
  readonly schemes: readonly string[]
  /** Decides instead of `schemes` whether it is asked at all. */
  accepts?(uri: Uri): boolean
  readonly supports: SlotTable
  /** Families its sessions serve; hypervisor drivers list `hypervisor`. */
  readonly families: readonly Family[]
  /** Whether the host's resource drivers serve the families it lacks (local stateful hypervisors). */
  readonly sharesHost?: boolean
  /** The URI it would take when a client names none (`connectURIProbe`). */
  probe?(call: Call): Answer<string | undefined>
  /** Load, re-attach, autostart; called by the daemon only, once, before the first session. */
  start?(): Promise<void>
  /** Reads its settings and definitions again; what is wrong with them is logged, and the old ones stay. */
  reload?(): Promise<void>
  stop?(): Promise<void>
  /** Whether something goes on that needs the daemon, although no client is there: one that was started on demand stays. */
  busy?(): boolean
  /** A session, or `'declined'` when the URI is not for this driver; an error when it is and cannot be opened. */
  open(call: Call, uri: Uri, flags: number): Answer<Session | 'declined'>
}

/** Makes a driver: options first, then the services of the place it runs in. */
export type DriverFactory = (services: Services) => Driver

/** All that a driver may touch of its surroundings; tests replace it. */
export interface Services {
  readonly log: Logger
  readonly clock: Clock
  readonly dirs: Dirs
  /** Whether this is a daemon (state on disk, autostart) or a plain process. */
  readonly daemon: boolean
  /** What the daemon's settings say of the host; absent: nothing. */
  readonly host?: HostSettings
  /** Another family's session of the same place, with the system's identity. */
  peer(family: Family): Promise<Session>
  /**
   * A connection to another daemon, with this one's own identity; whoever asked for it closes it.
   * @throws VirtError as `connect`
   */
  connect(uri: string, options: ElsewhereOptions): Promise<Connection>
}
/** How a driver's connection to another daemon behaves. */
export interface ElsewhereOptions {
  /** Seconds between keepalive pings, and how many may stay unanswered; `false` turns them off. */
  readonly keepAlive: { readonly interval: number; readonly count: number } | false
  /** Ends the attempt. */
  readonly signal?: AbortSignal
}
/** Settings of a daemon that concern its host, not one driver. */
export interface HostSettings {
  /** Takes the place of the host's own UUID (`host_uuid`). */
  readonly uuid?: string
  /** Where the host's UUID comes from (`host_uuid_source`). */
  readonly uuidSource: 'smbios' | 'machine-id'
  /** Seconds that a call of Open vSwitch's tools may take (`ovs_timeout`). */
  readonly ovsTimeout: number
}
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs `fn` after `ms`; dispose to cancel. Never keeps the process alive. */
  after(ms: number, fn: () => void): Disposable
}
/** Where a driver's files lie, absolute paths, in libvirt's layout. */
export interface Dirs {
  readonly config: string
  readonly state: string
  readonly cache: string
  readonly log: string
  readonly run: string
}
export interface Logger {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}
