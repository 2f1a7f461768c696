// SPDX-License-Identifier: LGPL-2.1-or-later
// What the driver keeps of a guest's long job: how far it is, and what it will have come to.
import type { AsyncJob } from '@virt/stateful'
import type { QemuDomain } from '../domain/record.js'
import type { Figures } from './figures.js'
import type { DiskCopy } from './mirrors.js'
import type { JobStatus } from './status.js'

/** `virDomainJobOperation` */
export const JobOperation = {
  unknown: 0,
  start: 1,
  save: 2,
  restore: 3,
  migrationIn: 4,
  migrationOut: 5,
  snapshot: 6,
  snapshotRevert: 7,
  dump: 8,
  backup: 9,
  snapshotDelete: 10,
} as const

/** How what a job does is measured. */
export type Measure = 'migration' | 'file' | 'dump'

/** State and figures of one long job. */
export class JobData {
  readonly operation: number
  readonly measure: Measure
  /** Flags of the call that began it. */
  flags: number
  status: JobStatus = 'none'
  /** Post-copy has broken, and nobody has mended it. */
  interrupted = false
  /** Milliseconds since the epoch. */
  readonly started: number
  /** When the guest stood still; 0 while it has not. */
  stopped = 0
  /** When the last figures left for the other host. */
  sent = 0
  /** Milliseconds that the other host's clock is ahead; undefined while nothing is known of it. */
  delta: bigint | undefined
  /** Milliseconds it took, once it is over. */
  elapsed: bigint | undefined
  figures: Figures = {}
  /** Disks that are copied beside it, by the names of QEMU's jobs. */
  readonly copies: Map<string, DiskCopy> = new Map()
  /** Figures of disks that are copied beside it. */
  mirrors: { readonly total: bigint; readonly transferred: bigint } = { total: 0n, transferred: 0n }
  /** QEMU's own parameters from before: they are set back at its end. */
  parameters: ReadonlyMap<string, string> | undefined

  constructor(operation: number, options: { measure?: Measure; flags?: number; started: number }) {
    this.operation = operation
    this.measure = options.measure ?? 'migration'
    this.flags = options.flags ?? 0
    this.started = options.started
  }

  /** A copy that stays as it is now. */
  snapshot(): JobData {
    return Object.assign(Object.create(JobData.prototype) as JobData, this)
  }
}

/** What is kept of the guest's long job; undefined without one, and for those that nobody asks about. */
export function jobDataOf(domain: QemuDomain): JobData | undefined {
  const info = domain.jobs.async?.info
  return info instanceof JobData ? info : undefined
}

/** A long job with its data. */
export type DataJob<P extends string = string> = AsyncJob<P, JobData>
