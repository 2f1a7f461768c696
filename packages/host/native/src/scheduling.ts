// SPDX-License-Identifier: LGPL-2.1-or-later
// Where and how threads run.
import type { Binding } from './binding.js'
import { checkInteger } from './errors.js'

const policies = { other: 0, fifo: 1, rr: 2, batch: 3, idle: 5 } as const

/** A way to be scheduled: sched(7). */
export type SchedulingPolicy = keyof typeof policies

/** Processors and scheduling of threads. */
export interface Scheduling {
  /** Processors that a thread may run on. @param thread its number; 0 is our own @throws ESRCH @since 0.1.0 */
  affinity(thread: number): number[]
  /** Binds a thread to processors. @throws ESRCH, EPERM, EINVAL where it may use none of them @since 0.1.0 */
  setAffinity(thread: number, cpus: readonly number[]): void
  /**
   * Sets how a thread is scheduled.
   *
   * @param priority 1 to 99 with `fifo` and `rr`, else 0
   * @throws ESRCH, EPERM, EINVAL
   * @since 0.1.0
   */
  setPolicy(thread: number, policy: SchedulingPolicy, priority?: number): void
}

const mostCpu = 8191

/** Scheduling by sched_setaffinity and sched_setscheduler. */
export function schedulingOf(binding: Binding): Scheduling {
  return {
    affinity: (thread) => binding.getAffinity(checked(thread)),
    setAffinity(thread, cpus) {
      for (const cpu of cpus) checkInteger('cpu', cpu, 0, mostCpu)
      binding.setAffinity(checked(thread), cpus)
    },
    setPolicy(thread, policy, priority = 0) {
      if (policies[policy] === undefined) throw new TypeError(`no policy is called '${policy}'`)
      checkInteger('priority', priority, 0, 99)
      binding.setScheduler(checked(thread), policies[policy], priority)
    },
  }
}

function checked(thread: number): number {
  checkInteger('thread', thread, 0, 0x7fffffff)
  return thread
}
