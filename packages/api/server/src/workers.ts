// SPDX-License-Identifier: LGPL-2.1-or-later
// The figures of a pool of threads. There are no threads: calls run as they come, and the limits are kept for those who look.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'

/** Limits as `min_workers`, `max_workers` and `prio_workers` have them. */
export interface WorkerLimits {
  readonly min: number
  readonly max: number
  readonly priority: number
}

/** A pool: its limits, and how many there would be. */
export interface Workers extends WorkerLimits {
  readonly count: number
}

const invalid = (detail: string): Error => virtError(ErrorNumber.INVALID_ARG, ErrorDomain.NONE, detail)

/** A new pool. */
export const workersOf = (limits: WorkerLimits): Workers => ({ ...limits, count: limits.min })

/** What changes; the rest stays. @throws VirtError `invalid-arg` for limits that no pool can have */
export function changedWorkers(now: Workers, change: Partial<WorkerLimits>): Workers {
  const next = { ...now, ...change }
  if (next.min > next.max) throw invalid('minWorkers cannot be larger than maxWorkers')
  if ((next.max === 0) !== (now.max === 0))
    throw invalid('maxWorkers must not be switched from zero to non-zero and vice versa')
  // Whoever is there stays as long as there may be so many.
  return { ...next, count: Math.min(next.max, Math.max(next.min, now.count)) }
}
