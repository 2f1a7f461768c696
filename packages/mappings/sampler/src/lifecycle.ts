// SPDX-License-Identifier: LGPL-2.1-or-later
// What a lifecycle event says of state and reason: so that nobody has to ask again after each.
import {
  DomainCrashedReason,
  type DomainLifecycle,
  DomainShutdownReason,
  DomainPausedReason as Paused,
  DomainRunningReason as Running,
  DomainShutoffReason as Shutoff,
  DomainState as State,
} from '@virt/core'

type Row = { state: number; reasons: Readonly<Record<string, number>> }
/** By event: the state it leads to, and the reason code for each of its details; 0 (unknown) for others. */
const table: Readonly<Record<string, Row>> = {
  started: {
    state: State.RUNNING,
    reasons: {
      booted: Running.BOOTED,
      migrated: Running.MIGRATED,
      restored: Running.RESTORED,
      'from-snapshot': Running.FROM_SNAPSHOT,
      wakeup: Running.WAKEUP,
    },
  },
  resumed: {
    state: State.RUNNING,
    reasons: {
      unpaused: Running.UNPAUSED,
      migrated: Running.MIGRATED,
      'from-snapshot': Running.FROM_SNAPSHOT,
      postcopy: Running.POSTCOPY,
      'postcopy-failed': Running.POSTCOPY_FAILED,
    },
  },
  suspended: {
    state: State.PAUSED,
    reasons: {
      paused: Paused.USER,
      migrated: Paused.MIGRATION,
      ioerror: Paused.IOERROR,
      watchdog: Paused.WATCHDOG,
      'from-snapshot': Paused.FROM_SNAPSHOT,
      'api-error': Paused.API_ERROR,
      postcopy: Paused.POSTCOPY,
      'postcopy-failed': Paused.POSTCOPY_FAILED,
    },
  },
  stopped: {
    state: State.SHUTOFF,
    reasons: {
      shutdown: Shutoff.SHUTDOWN,
      destroyed: Shutoff.DESTROYED,
      crashed: Shutoff.CRASHED,
      migrated: Shutoff.MIGRATED,
      saved: Shutoff.SAVED,
      failed: Shutoff.FAILED,
      'from-snapshot': Shutoff.FROM_SNAPSHOT,
    },
  },
  shutdown: {
    state: State.SHUTDOWN,
    reasons: { finished: DomainShutdownReason.USER, guest: DomainShutdownReason.USER, host: DomainShutdownReason.USER },
  },
  crashed: { state: State.CRASHED, reasons: { panicked: DomainCrashedReason.PANICKED } },
  pmsuspended: { state: State.PMSUSPENDED, reasons: {} },
}

/** State and reason after an event; undefined for events that change neither. */
export function stateAfter(event: DomainLifecycle): { state: number; reason: number } | undefined {
  const row = table[event.type]
  return row === undefined ? undefined : { state: row.state, reason: row.reasons[event.detail] ?? 0 }
}
