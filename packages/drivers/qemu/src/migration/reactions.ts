// SPDX-License-Identifier: LGPL-2.1-or-later
// What comes of what happens during a migration, as tables: no I/O, nobody is told from here.
import { Event, Reason, State } from '../domain/states.js'
import type { JobStatus } from '../jobs/status.js'
import type { Phase, Side } from './phases.js'
import { type GuestState, isFailedPostcopy, isPostcopy } from './postcopy.js'

/** A guest in a migration, as far as these tables go by it. */
export interface Migrating extends GuestState {
  readonly side: Side
  readonly phase: Phase
  readonly status: JobStatus
  /** Post-copy has broken, and nobody has mended it. */
  readonly interrupted: boolean
  /** Somebody works on the job. */
  readonly owned: boolean
}

/** What comes of it. What is absent stays as it is. */
export interface Reaction {
  readonly state?: number
  readonly reason?: number
  readonly interrupted?: boolean
  readonly phase?: Phase
  /** Type and detail of the event that tells of it. */
  readonly tell?: readonly [type: number, detail: number]
  /** The migration is over, and nobody is there to end it. */
  readonly finish?: true
}

const { paused, running } = Reason
const pausedAs = (reason: number, detail: number): Reaction => ({
  state: State.paused,
  reason,
  tell: [Event.suspended.type, detail],
})
const runningAs = (reason: number, detail: number): Reaction => ({
  state: State.running,
  reason,
  tell: [Event.resumed.type, detail],
})

/** Post-copy has broken. A second time nothing comes of it. */
export function postcopyFailed(guest: Migrating): Reaction {
  if (isFailedPostcopy(guest, guest.interrupted)) return {}
  if (guest.side === 'source')
    return { ...pausedAs(paused['post-copy failed'], Event.suspended.postCopyFailed), interrupted: true }
  if (guest.state === State.running)
    return { ...runningAs(running['post-copy failed'], Event.resumed.postCopyFailed), interrupted: true }
  // It stands still for another reason, which is still the one.
  return { interrupted: true, tell: [Event.suspended.type, Event.suspended.postCopyFailed] }
}

/** Post-copy goes on after it had broken. */
function postcopyMended(guest: Migrating): Reaction {
  if (!isFailedPostcopy(guest, guest.interrupted)) return {}
  if (guest.state === State.running)
    return { ...runningAs(running['post-copy'], Event.resumed.postCopy), interrupted: false }
  return { ...pausedAs(paused['post-copy'], Event.suspended.postCopy), interrupted: false }
}

const isAt = (guest: GuestState, state: number, reason: number): boolean =>
  guest.state === state && guest.reason === reason

const byWord: Readonly<Record<string, (guest: Migrating) => Reaction>> = {
  // Of the stop before it somebody was told as of an ordinary switchover.
  'postcopy-active': (guest) =>
    guest.side === 'source' && isAt(guest, State.paused, paused.migrating)
      ? pausedAs(paused['post-copy'], Event.suspended.postCopy)
      : {},
  // Nobody watches then: the source waits for the destination to finish.
  'postcopy-paused': (guest) =>
    guest.side === 'source' && guest.state === State.paused
      ? { ...postcopyFailed(guest), ...(guest.owned ? {} : { phase: 'postcopy_failed' as const }) }
      : {},
  'postcopy-recover': postcopyMended,
  completed: (guest) => (guest.phase === 'postcopy_failed' && !guest.owned ? { finish: true } : {}),
}

/** What comes of QEMU's word for how far it is; the status has taken it already. */
export function afterWord(guest: Migrating, word: string): Reaction {
  return Object.hasOwn(byWord, word) ? (byWord[word]?.(guest) ?? {}) : {}
}

/** What comes of QEMU's guest standing still. */
export function afterStop(guest: Migrating): Reaction | undefined {
  if (guest.state !== State.running || guest.side !== 'source') return undefined
  return guest.status === 'postcopy'
    ? pausedAs(paused['post-copy'], Event.suspended.postCopy)
    : pausedAs(paused.migrating, Event.suspended.migrated)
}

/** What comes of a guest going on that nobody here let go on. */
export function afterResume(guest: Migrating): Reaction | undefined {
  if (guest.state === State.running || !isPostcopy(guest, guest.interrupted)) return undefined
  return guest.interrupted
    ? runningAs(running['post-copy failed'], Event.resumed.postCopyFailed)
    : runningAs(running['post-copy'], Event.resumed.postCopy)
}

/** What is done when whoever drives a migration is gone. */
export type AfterLoss = 'nothing' | 'drop the job' | 'leave paused' | 'postcopy failed' | 'destroy'

/** What is done on a side when its client is gone, between two of its calls. */
export function afterLoss(guest: Migrating): AfterLoss {
  switch (guest.phase) {
    case 'begin3':
      return 'drop the job'
    case 'perform3_done':
      return isPostcopy(guest, guest.interrupted) ? 'postcopy failed' : 'leave paused'
    case 'prepare':
      return 'destroy'
    case 'postcopy_failed':
    case 'begin_resume':
    case 'perform_resume':
    case 'prepare_resume':
      return 'postcopy failed'
    default:
      return 'nothing'
  }
}

/** What a new daemon does with a migration that the one before has left. */
export type AfterRestart =
  /** The job goes on as a broken post-copy; what QEMU says decides on the rest. */
  | 'keep'
  /** It runs on the other host, or never ran here. */
  | 'destroy'
  | 'drop the job'
  | 'cancel and run again'
  | 'run again'
  | 'leave paused'

/** What is done on a side after a restart. @param word QEMU's for how far the migration is */
export function afterRestart(guest: Migrating, word: string): AfterRestart {
  const between = isPostcopy(guest, guest.interrupted)
  switch (guest.phase) {
    case 'prepare':
      return 'destroy'
    case 'finish2':
      // The source has ended its guest before anybody asks for this.
      if (between) return 'keep'
      return guest.state === State.running ? 'drop the job' : 'run again'
    case 'finish3':
      if (between) return 'keep'
      return guest.state === State.running ? 'drop the job' : 'destroy'
    case 'begin3':
      return 'drop the job'
    case 'perform2':
    case 'perform3':
      return 'cancel and run again'
    case 'perform3_done':
      return between ? 'keep' : 'leave paused'
    case 'confirm3_cancelled':
      return between ? 'keep' : 'run again'
    case 'confirm3':
      return 'destroy'
    case 'confirm_resume':
      return word === 'completed' ? 'destroy' : 'keep'
    case 'none':
      return guest.side === 'source' ? 'drop the job' : 'destroy'
    default:
      return 'keep'
  }
}
