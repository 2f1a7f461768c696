// SPDX-License-Identifier: LGPL-2.1-or-later
// @virt/native: what Node cannot ask of a Linux kernel.
export type { Attributes } from './attributes.js'
export { ByteStream } from './byte-stream.js'
export type { Capability } from './capabilities.js'
export { Descriptor, fdOf } from './descriptor.js'
export type { Kerberos, SecurityContext } from './kerberos.js'
export type { Limits, Resource, ResourceLimit } from './limits.js'
export type { Link, LinkAddress } from './link-messages.js'
export { type LinkChanges, type LinkRef, type LinkSpec, type Links, LinkTable, Tap, type TapOptions } from './links.js'
export { load, loadFailure } from './load.js'
export type { Lock, LockRange, Locks, LockWait } from './locks.js'
export type { ProcessMemory } from './memory.js'
export type { MountFlag, MountStep, Mounts } from './mounts.js'
export type { NamespaceKind, Namespaces, Where } from './namespaces.js'
export type { Native } from './native.js'
export { FdPassing } from './passing.js'
export type { PeerCredentials, Peers } from './peers.js'
export { Process, type ProcessEnd, type Processes } from './processes.js'
export type { CpuidAnswer, Processor, TimeCounter } from './processor.js'
export type { WaitOptions } from './ready.js'
export type { Replacement, Replacing } from './replacing.js'
export type { Rights } from './rights.js'
export type { Scheduling, SchedulingPolicy } from './scheduling.js'
export {
  type Message,
  type ReceiveOptions,
  type SendOptions,
  type SocketOptions,
  type Sockets,
  type SocketType,
  UnixSocket,
} from './sockets.js'
export type { SpawnOptions } from './spawn.js'
export { Terminal, type TerminalOptions, type Terminals } from './terminals.js'
export type { Group, User, Users } from './users.js'
