// SPDX-License-Identifier: LGPL-2.1-or-later
// Long jobs as clients see them: how far they are, what they came to, and giving them up.
import type { Call, DomainJobInfo, Resolvers, SlotMethods, SlotTable, TypedParams } from '@virt/core'
import { requireActive } from '@virt/stateful'
import type { QemuDomain } from '../domain/record.js'
import { operationInvalid } from '../errors.js'
import { type JobData, JobOperation, jobDataOf } from '../jobs/data.js'
import { jobInfo, jobParams } from '../jobs/report.js'
import { JobType, jobTypeOf } from '../jobs/status.js'
import { readFigures } from '../jobs/wait.js'
import { isPostcopy } from '../migration/postcopy.js'
import type { QemuState } from '../state.js'
import { runOf } from './impact.js'

/** `virDomainGetJobStatsFlags` */
const Stats = { completed: 1, keepCompleted: 2 } as const
/** `virDomainAbortJobFlagsValues` */
const abortPostcopy = 1

export const jobSupport: SlotTable = {
  domainGetJobInfo: {},
  domainGetJobStats: { flags: Stats.completed | Stats.keepCompleted, fn: 'qemuDomainGetJobStats' },
  domainAbortJob: {},
  domainAbortJobFlags: { flags: abortPostcopy, fn: 'qemuDomainAbortJobFlags' },
}

/** The job that runs, with fresh figures where there are any. */
async function current(call: Call, domain: QemuDomain): Promise<JobData | undefined> {
  return await domain.jobs.run(call, 'query', async (job) => {
    const run = runOf(domain)
    const data = jobDataOf(domain)
    if (data === undefined) return undefined
    if (data.operation === JobOperation.migrationIn)
      throw operationInvalid('migration statistics are available only on the source host')
    if (data.measure !== 'dump' && jobTypeOf(data.status) === JobType.unbounded) await job.wait(readFigures(run, data))
    return data
  })
}

/** The job that is over; forgotten once read. */
function completed(domain: QemuDomain, keep: boolean): JobData | undefined {
  const data = domain.completed
  if (!keep) domain.completed = undefined
  return data
}

async function abort(domain: QemuDomain, call: Call, flags: number): Promise<void> {
  await domain.jobs.run(call, 'abort', async (job) => {
    requireActive(domain)
    const run = runOf(domain)
    const long = domain.jobs.async
    const data = jobDataOf(domain)
    const operation = data?.operation
    if (flags & abortPostcopy && (operation !== JobOperation.migrationOut || !isPostcopy(domain, data?.interrupted)))
      throw operationInvalid('current job is not outgoing migration in post-copy mode')
    if (long === undefined) throw operationInvalid('no job is active on the domain')
    if (data === undefined) throw operationInvalid('cannot abort VM start; use virDomainDestroy instead')
    if (operation === JobOperation.migrationIn)
      throw operationInvalid('cannot abort incoming migration; use virDomainDestroy instead')
    if (data.measure === 'dump') throw operationInvalid('cannot abort memory-only dump')
    if (operation === JobOperation.migrationOut && isPostcopy(domain, data.interrupted)) {
      if (!(flags & abortPostcopy)) throw operationInvalid('cannot abort migration in post-copy mode')
      await job.wait(run.monitor.command('migrate-pause'))
      return
    }
    long.abort()
    await job.wait(run.monitor.command('migrate_cancel'))
  })
}

export function jobSlots(state: QemuState): SlotMethods & Resolvers {
  const { clock } = state.services
  return {
    async domainGetJobInfo(call, domain: QemuDomain): Promise<DomainJobInfo> {
      requireActive(domain)
      return jobInfo(await current(call, domain), clock.now())
    },
    async domainGetJobStats(call, domain: QemuDomain, flags): Promise<{ type: number; params: TypedParams }> {
      const done = (flags & Stats.completed) !== 0
      if (!done) requireActive(domain)
      const data = done ? completed(domain, (flags & Stats.keepCompleted) !== 0) : await current(call, domain)
      if (data === undefined) return { type: JobType.none, params: { shape: { names: [], types: [] }, values: [] } }
      return { type: jobTypeOf(data.status), params: jobParams(data, clock.now()) }
    },
    domainAbortJob: (call, domain: QemuDomain) => abort(domain, call, 0),
    domainAbortJobFlags: (call, domain: QemuDomain, flags) => abort(domain, call, flags),
  }
}
