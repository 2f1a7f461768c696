// SPDX-License-Identifier: LGPL-2.1-or-later
// Numbers of states, reasons and events, under names.

/** `virDomainState` */
export const State = {
  none: 0,
  running: 1,
  blocked: 2,
  paused: 3,
  shutdown: 4,
  shutoff: 5,
  crashed: 6,
  pmsuspended: 7,
} as const
export type State = (typeof State)[keyof typeof State]

/** `virDomain*Reason`, by state. */
export const Reason = {
  none: { unknown: 0 },
  running: {
    unknown: 0,
    booted: 1,
    migrated: 2,
    restored: 3,
    'from snapshot': 4,
    unpaused: 5,
    'migration canceled': 6,
    'save canceled': 7,
    wakeup: 8,
    crashed: 9,
    'post-copy': 10,
    'post-copy failed': 11,
  },
  blocked: { unknown: 0 },
  paused: {
    unknown: 0,
    user: 1,
    migrating: 2,
    saving: 3,
    dumping: 4,
    ioerror: 5,
    watchdog: 6,
    'from snapshot': 7,
    shutdown: 8,
    'creating snapshot': 9,
    crashed: 10,
    'starting up': 11,
    'post-copy': 12,
    'post-copy failed': 13,
    'api error': 14,
  },
  shutdown: { unknown: 0, user: 1 },
  shutoff: {
    unknown: 0,
    shutdown: 1,
    destroyed: 2,
    crashed: 3,
    migrated: 4,
    saved: 5,
    failed: 6,
    'from snapshot': 7,
    daemon: 8,
  },
  crashed: { unknown: 0, panicked: 1 },
  pmsuspended: { unknown: 0 },
} as const

/** `virDomainEventType` with its details. */
export const Event = {
  defined: { type: 0, added: 0, updated: 1, renamed: 2, fromSnapshot: 3 },
  undefined: { type: 1, removed: 0, renamed: 1 },
  started: { type: 2, booted: 0, migrated: 1, restored: 2, fromSnapshot: 3, wakeup: 4, recovered: 5 },
  suspended: {
    type: 3,
    paused: 0,
    migrated: 1,
    ioerror: 2,
    watchdog: 3,
    restored: 4,
    fromSnapshot: 5,
    apiError: 6,
    postCopy: 7,
    postCopyFailed: 8,
  },
  resumed: { type: 4, unpaused: 0, migrated: 1, fromSnapshot: 2, postCopy: 3, postCopyFailed: 4 },
  stopped: { type: 5, shutdown: 0, destroyed: 1, crashed: 2, migrated: 3, saved: 4, failed: 5, fromSnapshot: 6 },
  shutdown: { type: 6, finished: 0, guest: 1, host: 2 },
  pmsuspended: { type: 7, memory: 0, disk: 1 },
  crashed: { type: 8, panicked: 0, crashloaded: 1 },
} as const

const stateNames = [
  'no state',
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmsuspended',
] as const
const reasonRows = [
  Reason.none,
  Reason.running,
  Reason.blocked,
  Reason.paused,
  Reason.shutdown,
  Reason.shutoff,
  Reason.crashed,
  Reason.pmsuspended,
] as const

/** libvirt's names of a state and its reason, as status files have them. */
export function stateTexts(state: number, reason: number): { state: string; reason: string } {
  const rows: Readonly<Record<string, number>> = reasonRows[state] ?? Reason.none
  return {
    state: stateNames[state] ?? 'no state',
    reason: Object.keys(rows).find((name) => rows[name] === reason) ?? 'unknown',
  }
}

/** A state and its reason by libvirt's names; undefined for names that nobody knows. */
export function stateOfTexts(state: string, reason: string): { state: State; reason: number } | undefined {
  const number = (stateNames as readonly string[]).indexOf(state)
  const rows: Readonly<Record<string, number>> | undefined = reasonRows[number]
  const found = rows?.[reason]
  return found === undefined ? undefined : { state: number as State, reason: found }
}
