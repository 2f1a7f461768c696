// SPDX-License-Identifier: LGPL-2.1-or-later
import { asyncKind } from '@virt/stateful'
import { describe, expect, it } from 'vitest'
import { State } from '../../src/domain/states.js'
import { type DataJob, JobData, JobOperation } from '../../src/jobs/data.js'
import { type Awaited, type JobStatus, mustCancel, statusAfter, verdict } from '../../src/jobs/status.js'
import { cancelMigration, type WaitOptions, waitForMigration } from '../../src/jobs/wait.js'
import { type RunningGuest, runningGuest } from '../guest.js'

const quiet = { ioError: false, peerLost: false }

describe('what QEMU says of a migration', () => {
  it.each<[word: string, before: JobStatus, after: JobStatus]>([
    ['none', 'migrating', 'none'],
    ['setup', 'migrating', 'migrating'],
    ['setup', 'postcopy-paused', 'postcopy-paused'],
    ['active', 'migrating', 'migrating'],
    ['wait-unplug', 'migrating', 'migrating'],
    ['pre-switchover', 'migrating', 'paused'],
    ['device', 'paused', 'migrating'],
    ['postcopy-active', 'migrating', 'postcopy'],
    ['postcopy-paused', 'postcopy', 'postcopy-paused'],
    ['postcopy-recover-setup', 'migrating', 'postcopy-recover'],
    ['postcopy-recover', 'postcopy-paused', 'postcopy-recover'],
    ['completed', 'postcopy', 'hypervisor-completed'],
    ['failed', 'migrating', 'failed'],
    ['cancelling', 'migrating', 'migrating'],
    ['cancelled', 'migrating', 'canceled'],
    ['toString', 'migrating', 'migrating'],
  ])('%s while %s is %s', (word, before, after) => {
    expect(statusAfter(before, word)).toBe(after)
  })

  it.each<[status: JobStatus, awaited: Awaited, outcome: string | undefined]>([
    ['migrating', { preSwitchover: true, postcopy: true }, undefined],
    ['paused', {}, undefined],
    ['paused', { preSwitchover: true }, 'done'],
    ['postcopy', {}, undefined],
    ['postcopy', { postcopy: true }, 'done'],
    // The other end may not have heard of the recovery yet.
    ['postcopy-recover', { preSwitchover: true, postcopy: true }, undefined],
    ['postcopy-paused', { postcopy: true }, 'postcopy failed'],
    ['hypervisor-completed', {}, 'done'],
    ['failed', { postcopy: true }, 'failed'],
    ['canceled', {}, 'canceled'],
    ['none', {}, 'not active'],
  ])('%s ends a wait for %o with %s', (status, awaited, outcome) => {
    expect(verdict({ status, ...quiet }, awaited)).toBe(outcome)
  })

  it('counts less than what has gone wrong elsewhere, unless QEMU has given up itself', () => {
    expect(verdict({ status: 'migrating', ...quiet, broken: 'mirror' }, {})).toBe('mirror')
    expect(verdict({ status: 'hypervisor-completed', ...quiet, peerLost: true }, {})).toBe('peer lost')
    expect(verdict({ status: 'migrating', ioError: true, peerLost: false }, {})).toBeUndefined()
    expect(verdict({ status: 'migrating', ioError: true, peerLost: true }, { abortOnIoError: true })).toBe('io error')
    expect(verdict({ status: 'failed', ioError: true, peerLost: true, broken: 'mirror' }, {})).toBe('failed')
  })

  it('tells whether it has to be told to stop', () => {
    const all: JobStatus[] = ['migrating', 'paused', 'postcopy', 'postcopy-recover']
    for (const status of all) expect(mustCancel(status)).toBe(true)
    for (const status of ['failed', 'canceled', 'postcopy-paused', 'hypervisor-completed', 'none'] as const)
      expect(mustCancel(status)).toBe(false)
  })
})

const saving = asyncKind('save', ['query', 'abort'])

/** A guest that is saved, and the waiting for it. */
async function waiting(
  options: WaitOptions = {},
): Promise<{ guest: RunningGuest; data: JobData; over: Promise<unknown> }> {
  const guest = await runningGuest()
  const data = new JobData(JobOperation.save, { measure: 'file', started: 0 })
  data.status = 'migrating'
  guest.far.onLine = (line) => {
    const { id, execute } = JSON.parse(line) as { id: string; execute: string }
    const reply = execute === 'query-migrate' ? { status: 'failed', 'error-desc': 'No space left' } : {}
    guest.far.write(`${JSON.stringify({ return: reply, id })}\r\n`)
  }
  const over = guest.domain.jobs.runAsync(undefined, saving, async (job: DataJob) => {
    job.info = data
    await waitForMigration(guest.domain, guest.run, data, options)
    return 'done'
  })
  over.catch(() => {})
  await Promise.resolve()
  return { guest, data, over }
}

describe('waiting for a migration', () => {
  it('goes on until QEMU has completed it', async () => {
    const { guest, over } = await waiting()
    guest.tell('MIGRATION', { status: 'active' })
    guest.tell('MIGRATION', { status: 'device' })
    expect(guest.domain.jobs.async?.kind.name).toBe('save')
    guest.tell('MIGRATION', { status: 'completed' })
    await expect(over).resolves.toBe('done')
  })

  it('ends with the words of QEMU when it fails', async () => {
    const { guest, over } = await waiting()
    guest.tell('MIGRATION', { status: 'failed' })
    await expect(over).rejects.toThrow("job 'domain save' failed: No space left")
  })

  it('ends when it is cancelled', async () => {
    const { guest, over } = await waiting()
    guest.tell('MIGRATION', { status: 'cancelled' })
    await expect(over).rejects.toMatchObject({ code: 'operation-aborted' })
  })

  it('ends when the other host is lost, and when a disk fails', async () => {
    let lost = false
    const { guest, over } = await waiting({ peerLost: () => lost })
    lost = true
    guest.domain.jobs.poke()
    await expect(over).rejects.toThrow('Lost connection to destination host')
  })

  it('ends with an I/O error of the guest where that was asked for', async () => {
    const { guest, over } = await waiting({ abortOnIoError: true })
    guest.state.domains.change(guest.domain, () => {
      guest.domain.state = State.paused
      guest.domain.reason = 5
    })
    guest.domain.jobs.poke()
    await expect(over).rejects.toThrow("job 'domain save' failed due to I/O error")
  })

  it('ends with the monitor', async () => {
    const { guest, over } = await waiting()
    guest.run.monitor.close()
    guest.domain.jobs.poke()
    await expect(over).rejects.toThrow('domain is not running')
  })

  it('goes on after a cancel until QEMU has let go', async () => {
    const { guest, data } = await waiting()
    const cancelled = cancelMigration(guest.domain, guest.run, data)
    guest.tell('MIGRATION', { status: 'cancelling' })
    expect(data.status).toBe('migrating')
    guest.tell('MIGRATION', { status: 'cancelled' })
    await cancelled
    expect(data.status).toBe('canceled')
  })
})
