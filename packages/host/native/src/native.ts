// SPDX-License-Identifier: LGPL-2.1-or-later
// Everything the addon can do, as one object: what callers take as an argument, so that tests can give them a fake.
import { type Attributes, attributesOf } from './attributes.js'
import type { Binding } from './binding.js'
import { type Kerberos, kerberosOf } from './kerberos.js'
import { type Limits, limitsOf } from './limits.js'
import { type Links, linksOf } from './links.js'
import { type Locks, locksOf } from './locks.js'
import { memoryOf, type ProcessMemory } from './memory.js'
import { type Mounts, mountsOf } from './mounts.js'
import { type Namespaces, namespacesOf } from './namespaces.js'
import { type Peers, peersOf } from './peers.js'
import { type Processes, processesOf } from './processes.js'
import { type Processor, processorOf } from './processor.js'
import { type Replacing, replacingOf } from './replacing.js'
import { type Rights, rightsOf } from './rights.js'
import { type Scheduling, schedulingOf } from './scheduling.js'
import { type Sockets, socketsOf } from './sockets.js'
import { type Terminals, terminalsOf } from './terminals.js'
import { type Users, usersOf } from './users.js'

/** What Node cannot ask of a Linux kernel. */
export interface Native {
  readonly peers: Peers
  readonly sockets: Sockets
  readonly locks: Locks
  readonly processes: Processes
  readonly terminals: Terminals
  readonly namespaces: Namespaces
  readonly mounts: Mounts
  readonly links: Links
  readonly memory: ProcessMemory
  readonly attributes: Attributes
  readonly replacing: Replacing
  readonly users: Users
  readonly scheduling: Scheduling
  readonly limits: Limits
  readonly kerberos: Kerberos
  readonly rights: Rights
  readonly processor: Processor
}

/** The facilities over an addon that was loaded. */
export function nativeOf(binding: Binding): Native {
  return {
    peers: peersOf(binding),
    sockets: socketsOf(binding),
    locks: locksOf(binding),
    processes: processesOf(binding),
    terminals: terminalsOf(binding),
    namespaces: namespacesOf(binding),
    mounts: mountsOf(binding),
    links: linksOf(binding),
    memory: memoryOf(binding),
    attributes: attributesOf(binding),
    replacing: replacingOf(binding),
    users: usersOf(binding),
    scheduling: schedulingOf(binding),
    limits: limitsOf(binding),
    kerberos: kerberosOf(binding),
    rights: rightsOf(binding),
    processor: processorOf(binding),
  }
}
