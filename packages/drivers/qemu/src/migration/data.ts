// SPDX-License-Identifier: LGPL-2.1-or-later
// What the driver keeps of a migration between the calls that it is made of.
import type { AsyncJob } from '@virt/stateful'
import type { QemuDomain } from '../domain/record.js'
import { JobData, JobOperation, jobDataOf } from '../jobs/data.js'
import type { TemporaryBitmap } from './bitmaps.js'
import type { Phase, Side } from './phases.js'
import type { Migrating } from './reactions.js'

/** A migration of one guest, on one of its sides. */
export class MigrationData extends JobData {
  readonly side: Side
  /** It ran before it was to leave: it runs again when it stays. */
  wasRunning = false
  /** Its QEMU tells of a recovery before anybody is connected. */
  announcesRecovery = false
  /** What this QEMU can do; undefined until it was asked. */
  capabilities: ReadonlySet<string> | undefined
  /** Capabilities or parameters were changed: they are set back at the end. */
  tuned = false
  /** QEMU was told to send, and has begun to. */
  sending = false
  /** Object of QEMU with certificates for it. */
  tls: string | undefined
  /** The name that the other end's certificate has to have. */
  tlsName: string | undefined
  /** Bytes that QEMU could lock before it; undefined when that was not changed. */
  memoryLock: bigint | undefined
  /** QEMU takes disks for it. */
  servesDisks = false
  /** Port that disks arrive at, of those that are ours to give. */
  disksPort: number | undefined
  /** Images that were made for it. */
  made: readonly string[] = []
  /** The guest's name at the source. */
  from = ''
  /** When the guest went on here; 0 while it has not. */
  resumed = 0
  /** When the source began, by its clock. */
  sourceStarted = 0
  /** Bitmaps that were made for it. */
  temporaryBitmaps: readonly TemporaryBitmap[] = []
  /** What viewers of its screen do, where they were told to follow it. */
  viewers: 'sent' | 'gone' | undefined
  /** Port that it arrives at, of those that are ours to give. */
  port: number | undefined
  /** Waits for the client that drives it to be lost. */
  #hook: Disposable | undefined

  constructor(side: Side, options: { flags: number; started: number }) {
    super(side === 'source' ? JobOperation.migrationOut : JobOperation.migrationIn, options)
    this.side = side
  }

  /** Does something when the client that drives it is lost; instead of what was to be done before. */
  watch(hook: Disposable | undefined): void {
    this.#hook?.[Symbol.dispose]()
    this.#hook = hook
  }
}

export type MigrationJob = AsyncJob<Phase, MigrationData>

/** The migration that a guest is in. */
export function migrationOf(domain: QemuDomain): { job: MigrationJob; data: MigrationData } | undefined {
  const data = jobDataOf(domain)
  if (!(data instanceof MigrationData)) return undefined
  return { job: domain.jobs.async as unknown as MigrationJob, data }
}

/** The guest as tables of a migration see it. */
export function migratingOf(domain: QemuDomain): Migrating | undefined {
  const found = migrationOf(domain)
  if (found === undefined) return undefined
  const { job, data } = found
  const { state, reason } = domain
  const { side, status, interrupted } = data
  return { state, reason, side, status, interrupted, phase: job.phase ?? 'none', owned: job.owner !== undefined }
}
