// SPDX-License-Identifier: LGPL-2.1-or-later
// What a migration may take, also while it goes on.
import { ErrorNumber, type Int64, type Resolvers, type SlotMethods, type SlotTable } from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import { operationInvalid, qemuError } from '../errors.js'
import { migrationOf } from '../migration/data.js'
import { has, Migrate } from '../migration/flags.js'
import { asObject, bigintOf } from '../monitor/json-access.js'
import type { Run } from '../process/run.js'
import { runOf } from './impact.js'

const speedOfPostcopy = 1
/** Most MiB a second that a number of bytes can say. */
const fastest = (1n << 63n) / (1n << 20n) - 1n
/** The same of post-copy, which is nowhere added to anything. */
const fastestPostcopy = (1n << 64n) / (1n << 20n) - 1n

export const migrationTuningSupport: SlotTable = {
  domainMigrateSetMaxDowntime: { flags: 0, fn: 'qemuDomainMigrateSetMaxDowntime' },
  domainMigrateGetMaxDowntime: { flags: 0, fn: 'qemuDomainMigrateGetMaxDowntime' },
  domainMigrateSetMaxSpeed: { flags: speedOfPostcopy, fn: 'qemuDomainMigrateSetMaxSpeed' },
  domainMigrateGetMaxSpeed: { flags: speedOfPostcopy, fn: 'qemuDomainMigrateGetMaxSpeed' },
  domainMigrateSetCompressionCache: { flags: 0, fn: 'qemuDomainMigrateSetCompressionCache' },
  domainMigrateGetCompressionCache: { flags: 0, fn: 'qemuDomainMigrateGetCompressionCache' },
  domainMigrateStartPostCopy: { flags: 0, fn: 'qemuDomainMigrateStartPostCopy' },
}

async function parameter(run: Run, name: string): Promise<bigint> {
  const reply = asObject(await run.monitor.command('query-migrate-parameters')) ?? {}
  const value = bigintOf(reply, name)
  if (value === undefined)
    throw qemuError(ErrorNumber.OPERATION_UNSUPPORTED, `QEMU does not know the migration parameter '${name}'`)
  return value
}

async function setParameter(run: Run, name: string, value: bigint): Promise<void> {
  await run.monitor.command('migrate-set-parameters', { [name]: value })
}

export function migrationTuningSlots(): SlotMethods & Resolvers {
  return {
    domainMigrateSetMaxDowntime: (call, domain: QemuDomain, downtime) =>
      domain.jobs.run(call, 'migrationOp', async (job) => {
        const run = runOf(domain)
        await job.wait(setParameter(run, 'downtime-limit', downtime))
      }),
    domainMigrateGetMaxDowntime: (call, domain: QemuDomain): Promise<Int64> =>
      domain.jobs.run(call, 'query', (job) => job.wait(parameter(runOf(domain), 'downtime-limit'))),

    async domainMigrateSetMaxSpeed(call, domain: QemuDomain, bandwidth, flags) {
      const postcopy = (flags & speedOfPostcopy) !== 0
      const limit = postcopy ? fastestPostcopy : fastest
      if (bandwidth > limit) throw qemuError(ErrorNumber.OVERFLOW, `bandwidth must be less than ${limit + 1n}`)
      if (!domain.active && !postcopy) {
        domain.migrationSpeed = bandwidth
        return
      }
      await domain.jobs.run(call, 'migrationOp', async (job) => {
        const run = runOf(domain)
        await job.wait(setParameter(run, postcopy ? 'max-postcopy-bandwidth' : 'max-bandwidth', bandwidth << 20n))
        if (!postcopy) domain.migrationSpeed = bandwidth
      })
    },
    async domainMigrateGetMaxSpeed(call, domain: QemuDomain, flags): Promise<Int64> {
      if ((flags & speedOfPostcopy) === 0) return domain.migrationSpeed
      const bytes = await domain.jobs.run(call, 'query', (job) =>
        job.wait(parameter(runOf(domain), 'max-postcopy-bandwidth')),
      )
      return (bytes + (1n << 20n) - 1n) >> 20n
    },

    domainMigrateSetCompressionCache: (call, domain: QemuDomain, size) =>
      domain.jobs.run(call, 'migrationOp', (job) => job.wait(setParameter(runOf(domain), 'xbzrle-cache-size', size))),
    domainMigrateGetCompressionCache: (call, domain: QemuDomain): Promise<Int64> =>
      domain.jobs.run(call, 'migrationOp', (job) => job.wait(parameter(runOf(domain), 'xbzrle-cache-size'))),

    domainMigrateStartPostCopy: (call, domain: QemuDomain) =>
      domain.jobs.run(call, 'migrationOp', async (job) => {
        const run = runOf(domain)
        const data = migrationOf(domain)?.data
        if (data?.side !== 'source')
          throw operationInvalid('post-copy can only be started while outgoing migration is in progress')
        if (!has(data.flags, Migrate.postcopy))
          throw operationInvalid(
            'switching to post-copy requires migration to be started with VIR_MIGRATE_POSTCOPY flag',
          )
        await job.wait(run.monitor.command('migrate-start-postcopy'))
      }),
  }
}
