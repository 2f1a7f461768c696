// SPDX-License-Identifier: LGPL-2.1-or-later
// What happens to a guest, as a table: which states something can happen in, what comes of it, and who is told.
import { Event, Reason, State } from './states.js'

/** Something that happens to a guest that runs. */
export type Happening =
  | 'stopped by user'
  | 'stopped by itself'
  | 'stopped by ioerror'
  | 'stopped by watchdog'
  | 'continued'
  | 'continued by itself'
  | 'powered down'
  | 'powered down by host'
  | 'suspended to memory'
  | 'suspended to disk'
  | 'woken up'
  | 'panicked'
  | 'saving'
  | 'dumping'
  | 'migrating'

/** What comes of it. */
export interface Outcome {
  readonly state: State
  readonly reason: number
  /** Type and detail of the event; undefined: nobody is told. */
  readonly event?: readonly [type: number, detail: number]
}

interface Row {
  readonly from: readonly State[]
  readonly to: Outcome
}

const { running, paused, shutdown, crashed, pmsuspended } = State
const alive: readonly State[] = [running, paused, pmsuspended, crashed]

const stop = (reason: number, detail: number, from: readonly State[] = [running]): Row => ({
  from,
  to: { state: paused, reason, event: [Event.suspended.type, detail] },
})

const table: Readonly<Record<Happening, Row>> = {
  'stopped by user': stop(Reason.paused.user, Event.suspended.paused, [running, pmsuspended]),
  'stopped by itself': stop(Reason.paused.unknown, Event.suspended.paused),
  'stopped by ioerror': stop(Reason.paused.ioerror, Event.suspended.ioerror),
  'stopped by watchdog': stop(Reason.paused.watchdog, Event.suspended.watchdog),
  saving: stop(Reason.paused.saving, Event.suspended.paused),
  dumping: stop(Reason.paused.dumping, Event.suspended.paused),
  migrating: stop(Reason.paused.migrating, Event.suspended.migrated),
  continued: {
    from: [paused, pmsuspended, crashed],
    to: { state: running, reason: Reason.running.unpaused, event: [Event.resumed.type, Event.resumed.unpaused] },
  },
  'continued by itself': {
    from: [paused],
    to: { state: running, reason: Reason.running.unpaused, event: [Event.resumed.type, Event.resumed.unpaused] },
  },
  'powered down': {
    from: alive,
    to: { state: shutdown, reason: Reason.shutdown.unknown, event: [Event.shutdown.type, Event.shutdown.guest] },
  },
  'powered down by host': {
    from: alive,
    to: { state: shutdown, reason: Reason.shutdown.unknown, event: [Event.shutdown.type, Event.shutdown.host] },
  },
  'suspended to memory': {
    from: [running],
    to: { state: pmsuspended, reason: 0, event: [Event.pmsuspended.type, Event.pmsuspended.memory] },
  },
  'suspended to disk': {
    from: [running],
    to: { state: pmsuspended, reason: 0, event: [Event.pmsuspended.type, Event.pmsuspended.disk] },
  },
  'woken up': {
    from: [pmsuspended],
    to: { state: running, reason: Reason.running.wakeup, event: [Event.started.type, Event.started.wakeup] },
  },
  panicked: {
    from: [running],
    to: { state: crashed, reason: Reason.crashed.panicked, event: [Event.crashed.type, Event.crashed.panicked] },
  },
}

/** What comes of something in a state; undefined: nothing, it was so already or does not concern a guest in it. */
export function outcomeOf(state: number, happening: Happening): Outcome | undefined {
  const { from, to } = table[happening]
  return (from as readonly number[]).includes(state) ? to : undefined
}

/** All happenings, for tests. */
export const happenings: readonly Happening[] = Object.keys(table) as Happening[]
