// SPDX-License-Identifier: LGPL-2.1-or-later
// Waiting for a migration, to a file or to another host: nobody polls, each event of the guest has everybody look again.
import { ErrorNumber, type VirtError } from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import { Reason, State } from '../domain/states.js'
import { operationFailed, qemuError } from '../errors.js'
import type { Run } from '../process/run.js'
import type { JobData } from './data.js'
import { type MigrationReport, migrationReport } from './figures.js'
import { readMirrors } from './mirrors.js'
import { type Awaited, type Failure, statusAfter, verdict } from './status.js'

/** How a migration is waited for. */
export interface WaitOptions extends Awaited {
  /** Whether the host that this one has to hear of is gone. Whoever learns of it pokes the guest's jobs. */
  readonly peerLost?: () => boolean
  /** What has gone wrong with a disk that is copied beside it. */
  readonly mirrorFailure?: () => VirtError | undefined
  /** What the caller has to see beyond QEMU's word: it throws when the waiting is in vain. */
  readonly also?: () => void
}

/** The name that libvirt's errors have for a job. */
const jobTexts: Readonly<Record<number, string>> = {
  2: 'domain save',
  // parity: a guest that goes on from an image counts as starting.
  3: 'start',
  4: 'migration in',
  5: 'migration out',
  8: 'domain core dump',
}

/** Whether the guest is still in the run that somebody works on. @throws VirtError when it is not, with `text` */
export function requireRun(domain: QemuDomain, run: Run, text = 'domain is no longer running'): void {
  if (domain.run !== run || run.monitor.end !== undefined || run.ending !== undefined) throw operationFailed(text)
}

/** Asks QEMU how far it is, and takes over the figures. The status stays what events have told. */
export async function readFigures(run: Run, data: JobData): Promise<MigrationReport> {
  const report = migrationReport(await run.monitor.command('query-migrate'))
  data.figures = { ...data.figures, ...report.figures }
  await readMirrors(run, data)
  return report
}

/**
 * Waits until a migration has come to what is awaited.
 * @throws VirtError why it is in vain; whether QEMU has to be told to stop, `mustCancel` knows from the status
 */
export async function waitForMigration(
  domain: QemuDomain,
  run: Run,
  data: JobData,
  options: WaitOptions = {},
): Promise<void> {
  const outcome = await domain.jobs.until(() => {
    requireRun(domain, run, 'domain is not running')
    options.also?.()
    return verdict(
      {
        status: data.status,
        broken: options.mirrorFailure?.() === undefined ? undefined : 'mirror',
        ioError: domain.state === State.paused && domain.reason === Reason.paused.ioerror,
        peerLost: options.peerLost?.() ?? false,
      },
      options,
    )
  })
  if (outcome !== 'done') throw await failureOf(run, data, outcome, options)
}

/** The error for a failure; for one of QEMU's own its words. */
async function failureOf(run: Run, data: JobData, failure: Failure, options: WaitOptions): Promise<Error> {
  const job = `job '${jobTexts[data.operation] ?? 'undefined'}'`
  switch (failure) {
    case 'not active':
      return operationFailed(`${job} is not active`)
    case 'failed': {
      const words = await run.monitor.command('query-migrate').then(
        (reply) => migrationReport(reply).error,
        () => undefined,
      )
      return operationFailed(words === undefined ? `${job} unexpectedly failed` : `${job} failed: ${words}`)
    }
    case 'canceled':
      return qemuError(ErrorNumber.OPERATION_ABORTED, `${job} canceled by client`)
    case 'postcopy failed':
      return operationFailed(`${job} failed in post-copy phase`)
    case 'mirror':
      return options.mirrorFailure?.() ?? operationFailed('migration of a disk failed')
    case 'io error':
      return operationFailed(`${job} failed due to I/O error`)
    case 'peer lost':
      return operationFailed('Lost connection to destination host')
  }
}

/** Takes QEMU's word for how far it is. */
export function takeWord(data: JobData, word: string): void {
  data.status = statusAfter(data.status, word)
}

/**
 * Ends QEMU's work on a migration that is in vain, and waits until it has. Never when the guest may run on the other host.
 * @param deadline milliseconds to wait; as long as QEMU takes when absent
 */
export async function cancelMigration(domain: QemuDomain, run: Run, data: JobData, deadline?: number): Promise<void> {
  const over = (): boolean =>
    data.status === 'hypervisor-completed' ||
    data.status === 'failed' ||
    data.status === 'canceled' ||
    data.status === 'none'
  if (over()) return
  await run.monitor.command('migrate_cancel')
  await domain.jobs.until(
    () => {
      requireRun(domain, run)
      return over()
    },
    deadline === undefined ? {} : { deadline },
  )
}
