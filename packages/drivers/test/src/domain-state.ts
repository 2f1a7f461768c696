// SPDX-License-Identifier: LGPL-2.1-or-later
// Numbers of states, reasons and events that this driver uses.

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

/** `virDomain*Reason`, by state. */
export const Reason = {
  running: { unknown: 0, booted: 1, restored: 3, fromSnapshot: 4, unpaused: 5 },
  paused: { unknown: 0, user: 1, fromSnapshot: 7 },
  shutoff: { unknown: 0, shutdown: 1, destroyed: 2, crashed: 3, saved: 5, fromSnapshot: 7 },
} as const

/** `virDomainEventType` with its details. */
export const Event = {
  defined: { type: 0, added: 0, updated: 1, renamed: 2, fromSnapshot: 3 },
  undefined: { type: 1, removed: 0, renamed: 1 },
  started: { type: 2, booted: 0, restored: 2, fromSnapshot: 3 },
  suspended: { type: 3, paused: 0, fromSnapshot: 5 },
  resumed: { type: 4, unpaused: 0 },
  stopped: { type: 5, shutdown: 0, destroyed: 1, crashed: 2, saved: 4, fromSnapshot: 6 },
} as const
