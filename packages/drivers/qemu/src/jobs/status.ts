// SPDX-License-Identifier: LGPL-2.1-or-later
// How far a migration is, to a file or to another host: what QEMU says, and what we make of it.

/** `virDomainJobStatus` */
export type JobStatus =
  | 'none'
  | 'migrating'
  | 'paused'
  | 'postcopy'
  | 'postcopy-recover'
  | 'postcopy-paused'
  | 'hypervisor-completed'
  | 'completed'
  | 'failed'
  | 'canceled'

/** What comes of QEMU's word; those that are not here change nothing. */
const byWord: Readonly<Record<string, JobStatus>> = {
  none: 'none',
  'pre-switchover': 'paused',
  device: 'migrating',
  'postcopy-active': 'postcopy',
  'postcopy-recover-setup': 'postcopy-recover',
  'postcopy-recover': 'postcopy-recover',
  'postcopy-paused': 'postcopy-paused',
  completed: 'hypervisor-completed',
  failed: 'failed',
  cancelled: 'canceled',
}

/** The status after QEMU's word for it. */
export function statusAfter(before: JobStatus, word: string): JobStatus {
  return Object.hasOwn(byWord, word) ? (byWord[word] as JobStatus) : before
}

/** `virDomainJobType` */
export const JobType = { none: 0, bounded: 1, unbounded: 2, completed: 3, failed: 4, cancelled: 5 } as const

const ends: Partial<Record<JobStatus, number>> = {
  none: JobType.none,
  completed: JobType.completed,
  failed: JobType.failed,
  canceled: JobType.cancelled,
}

/** What a client sees of a status. */
export function jobTypeOf(status: JobStatus): number {
  return ends[status] ?? JobType.unbounded
}

/** Whether QEMU still works on a migration that has gone wrong for another reason: it has to be told to stop. */
export function mustCancel(status: JobStatus): boolean {
  return status === 'migrating' || status === 'postcopy' || status === 'paused' || status === 'postcopy-recover'
}

/** What somebody waits for. */
export interface Awaited {
  /** All but the rest is sent, and QEMU waits for its word to go on. */
  readonly preSwitchover?: boolean
  /** The guest may run on the other host; pages follow. */
  readonly postcopy?: boolean
  /** ABORT_ON_ERROR */
  readonly abortOnIoError?: boolean
}

/** What a waiter looks at. */
export interface Seen {
  readonly status: JobStatus
  /** A disk whose copy has failed, or whatever else ends the waiting. */
  readonly broken?: 'mirror' | undefined
  readonly ioError: boolean
  readonly peerLost: boolean
}

/** Why a migration is not to be waited for any longer. */
export type Failure = 'not active' | 'failed' | 'canceled' | 'postcopy failed' | 'mirror' | 'io error' | 'peer lost'

const failures: Partial<Record<JobStatus, Failure>> = {
  none: 'not active',
  failed: 'failed',
  canceled: 'canceled',
  'postcopy-paused': 'postcopy failed',
}

/**
 * Whether the waiting is over.
 * @returns `done`, why it is in vain, or undefined when it goes on
 */
export function verdict(seen: Seen, awaited: Awaited): 'done' | Failure | undefined {
  const { status } = seen
  const failure = failures[status]
  if (failure !== undefined) return failure
  if (seen.broken !== undefined) return seen.broken
  if (awaited.abortOnIoError === true && seen.ioError) return 'io error'
  if (seen.peerLost) return 'peer lost'
  if (status === 'hypervisor-completed' || status === 'completed') return 'done'
  if (status === 'paused' && awaited.preSwitchover === true) return 'done'
  if (status === 'postcopy' && awaited.postcopy === true) return 'done'
  return undefined
}
