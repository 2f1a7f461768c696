// SPDX-License-Identifier: LGPL-2.1-or-later
// One run of a guest: its process, and the ways to it.
import type { Cpu } from '@virt/conf'
import type { Cgroup } from '@virt/linux'
import type { Process } from '@virt/native'
import type { LogKeeper, ObjectLog } from '@virt/stateful'
import type { Agent } from '../agent/agent.js'
import type { QemuCaps } from '../capabilities/caps.js'
import type { JsonObject, Monitor } from '../monitor/monitor.js'
import type { Taint } from './taints.js'

/** How a run ends, once somebody has decided on it. */
export interface Ending {
  readonly reason: number
  readonly detail: number
  /** parity: the event of an end that nobody asked for has the number that the guest had. */
  readonly unasked?: boolean
  /** Nobody is told: it never had begun. */
  readonly silent?: boolean
  /** Its files belong to the guest on another host by now: their labels stay. */
  readonly keepsFiles?: boolean
}

/** A thread of the process that is a virtual processor, or serves devices. */
export interface VcpuThread {
  readonly id: number
  readonly thread: number
}

/** What is kept of a run across daemons. */
export interface RunFacts {
  pid: number
  readonly monitorPath: string
  /** `domain-ID-NAME` below the driver's own. */
  readonly libFolder: string
  readonly channelFolder: string
  vcpus: readonly VcpuThread[]
  iothreads: readonly VcpuThread[]
  /** Its control group; undefined where groups are not to be had. */
  readonly group: Cgroup | undefined
  /** Whether its devices are its own, and the host's left alone. */
  readonly namespaced: boolean
  /** Names of devices that its QEMU was not started with: they are there by themselves. */
  implicit: ReadonlySet<string>
  /** The processor that was asked for, where the document has what came of it. */
  askedCpu: Cpu | undefined
  /** The last number of a node of the block layer. */
  nodes: number
  readonly caps: QemuCaps
}

/** A guest's process and what talks to it. */
export interface Run {
  readonly facts: RunFacts
  readonly process: Process
  readonly monitor: Monitor
  readonly log: ObjectLog
  /** The guest's agent, while somebody at the other end of its channel is there. */
  agent: Agent | undefined
  /** It is to start again when it has powered down. */
  rebooting: boolean
  /** It has powered down, or was told to. */
  shutdownSeen: boolean
  /** It stops and goes on by our command now: what QEMU tells of it is no news. */
  expected: 'stop' | 'resume' | undefined
  /** What QEMU has told of the end of its last dump of memory. */
  dumped: JsonObject | undefined
  /** Where its own words begin in the log. */
  logged: number
  /** Ends it with the connection that it was started for. */
  tied: Disposable | undefined
  /** Its start is not over: an end is its failure. */
  unborn: boolean
  /** How it will have ended, when somebody ends it. */
  ending: Ending | undefined
  /** What was done to it that nobody supports. */
  readonly taints: Set<Taint>
  /** The last failure of each image, as people are told of it. */
  readonly ioErrors: Map<string, string>
  /** Numbers of images whose threshold was set by name and number: they are told of in the same way. */
  readonly namedImages: Set<number>
  /** Addresses that the guest has given its interfaces, by their aliases. */
  readonly addresses: Map<string, string>
  /** Milliseconds since the epoch. */
  readonly started: number
  /** Keeps what it says to its size. */
  readonly logs: LogKeeper
  /** Settles when everything of the run is gone. */
  gone: Promise<void>
}
