// SPDX-License-Identifier: LGPL-2.1-or-later
// How much of a resource processes may use: setrlimit(2).
import type { Binding } from './binding.js'
import { checkInteger } from './errors.js'

// In the order of their numbers.
const resources = [
  'cpu',
  'fsize',
  'data',
  'stack',
  'core',
  'rss',
  'nproc',
  'nofile',
  'memlock',
  'as',
  'locks',
  'sigpending',
  'msgqueue',
  'nice',
  'rtprio',
  'rttime',
] as const

/** A resource that processes have limits of. */
export type Resource = (typeof resources)[number]

type Limit = number | bigint | 'unlimited'

/** A limit in the resource's units (bytes, seconds, pieces): both limits, or soft and hard. */
export type ResourceLimit = Limit | { readonly soft: Limit; readonly hard: Limit }

/** Limits of processes that run. */
export interface Limits {
  /** What a process may use. @param pid its number; 0 is our own @throws ESRCH, EPERM @since 0.1.0 */
  of(pid: number, resource: Resource): { readonly soft: bigint | 'unlimited'; readonly hard: bigint | 'unlimited' }
  /** Sets it. @throws ESRCH, EPERM, EINVAL for a soft limit above the hard one @since 0.1.0 */
  set(pid: number, resource: Resource, limit: ResourceLimit): void
}

/** Limits by prlimit. */
export function limitsOf(binding: Binding): Limits {
  return {
    of(pid, resource) {
      const [soft = 'unlimited', hard = 'unlimited'] = binding.getLimit(checked(pid), numberOf(resource))
      return { soft, hard }
    },
    set: (pid, resource, limit) => binding.setLimit(checked(pid), ...limitRow(resource, limit)),
  }
}

/** A limit as the addon is told: the resource's number, soft and hard; undefined is none. @throws TypeError, RangeError */
export function limitRow(resource: string, limit: ResourceLimit): [number, bigint | undefined, bigint | undefined] {
  const { soft, hard } = typeof limit === 'object' ? limit : { soft: limit, hard: limit }
  return [numberOf(resource), limitValue(resource, soft), limitValue(resource, hard)]
}

function numberOf(resource: string): number {
  const number = (resources as readonly string[]).indexOf(resource)
  if (number < 0) throw new TypeError(`no resource is called '${resource}'`)
  return number
}

function limitValue(resource: string, limit: Limit): bigint | undefined {
  if (limit === 'unlimited') return undefined
  const value = BigInt(limit)
  if (value < 0n || value >= 1n << 64n) throw new RangeError(`the limit of ${resource} is ${limit}`)
  return value
}

function checked(pid: number): number {
  checkInteger('pid', pid, 0, 0x7fffffff)
  return pid
}
