// SPDX-License-Identifier: LGPL-2.1-or-later
// Taking a broken post-copy up again: the same five calls. The source is not done when it is connected, but when it is answered.
import { type Call, ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { ownerOf } from '@virt/stateful'
import { movable } from '../domain/movable.js'
import type { QemuDomain } from '../domain/record.js'
import { operationFailed, operationInvalid } from '../errors.js'
import { migrationReport } from '../jobs/figures.js'
import { requireRun, takeWord, waitForMigration } from '../jobs/wait.js'
import { asAsked, liveCpuOf } from '../process/live-cpu.js'
import type { Run } from '../process/run.js'
import type { QemuState } from '../state.js'
import type { Begun, Prepared } from './answers.js'
import { failPostcopy } from './apply.js'
import { arrivalError } from './arrival-error.js'
import { readCookie, statisticsOf, writeCookie } from './cookie.js'
import { type MigrationData, type MigrationJob, migratingOf, migrationOf } from './data.js'
import { ownCapabilities } from './leaving.js'
import { listenerFor } from './listener.js'
import { watchDriver } from './loss.js'
import type { Side } from './phases.js'
import type { MigrationRequest } from './request.js'
import { checkResumeFlags, type ResumeStep, resumeRefusal } from './resume-check.js'
import { parseTarget, qemuAddress } from './target.js'

/** Milliseconds that a QEMU gets to connect that tells nothing of it before. */
const connectPatience = 30_000
/** Milliseconds that a QEMU gets to learn that its connection is gone. */
const pausePatience = 2000

/** @throws VirtError why a step of a recovery may not be taken now */
export function requireResumable(domain: QemuDomain, side: Side, step: ResumeStep): void {
  const refusal = resumeRefusal(domain.name, side, migratingOf(domain), step)
  if (refusal !== undefined) throw refusal
}

/** Does one step; what fails in it leaves a broken post-copy, which the next recovery takes up. */
export async function recoveryStep<T>(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  fn: (run: Run, data: MigrationData, job: MigrationJob) => Promise<T>,
): Promise<T> {
  const found = migrationOf(domain)
  const { run } = domain
  if (found === undefined || run === undefined) throw operationInvalid('domain is not running')
  const { job, data } = found
  return await job.own(ownerOf(call), async () => {
    data.watch(undefined)
    try {
      return await fn(run, data, job)
    } catch (error) {
      if (domain.run === run) failPostcopy(state, domain)
      throw error
    } finally {
      if (domain.run === run && !job.over) {
        watchDriver(state, domain, call.connection)
        job.release()
      }
      await domain.status?.saved().catch(() => {})
    }
  })
}

/**
 * QEMU may learn later than we that its connection is gone: it is given a moment for that.
 * differs: libvirt refuses at once, and whoever tries again at once is refused now and then.
 * @throws VirtError `operation-invalid` while QEMU still is at it
 */
async function requirePaused(state: QemuState, domain: QemuDomain, run: Run, data: MigrationData): Promise<void> {
  const ask = async (): Promise<string> => migrationReport(await run.monitor.command('query-migrate')).word
  if ((await ask()) === 'postcopy-paused') return
  let late = false
  using _timer = state.services.clock.after(pausePatience, () => {
    late = true
    domain.jobs.poke()
  })
  await domain.jobs.until(() => {
    requireRun(domain, run)
    return late || data.status === 'postcopy-paused'
  })
  if ((await ask()) !== 'postcopy-paused') throw operationInvalid('QEMU reports migration is still running')
}

export async function beginRecovery(state: QemuState, call: Call, domain: QemuDomain, flags: number): Promise<Begun> {
  checkResumeFlags(flags, 'begin')
  requireResumable(domain, 'source', 'begin')
  return await recoveryStep(state, call, domain, async (run, data, job) => {
    job.enter('begin_resume')
    return await beginRecoveryOwned(state, domain, run, data)
  })
}

/** Begins, for whoever works on the job. */
export async function beginRecoveryOwned(
  state: QemuState,
  domain: QemuDomain,
  run: Run,
  data: MigrationData,
): Promise<Begun> {
  await requirePaused(state, domain, run, data)
  return {
    xml: state.documents.print(movable(asAsked(domain), state.paths.channels), -1, {
      secure: true,
      migratable: true,
      inactive: true,
    }),
    cookieOut: await writeCookie(state, domain.def, {
      cpu: liveCpuOf(domain),
      capabilities: { own: await ownCapabilities(run, data), side: 'source' },
    }),
  }
}

export async function prepareRecovery(
  state: QemuState,
  call: Call,
  name: string | undefined,
  request: MigrationRequest,
  cookieIn: Uint8Array,
  flags: number,
  from: string,
): Promise<Prepared> {
  checkResumeFlags(flags, 'prepare')
  const domain = state.domains.byName(name ?? '')
  if (domain === undefined || !domain.active)
    throw (
      arrivalError(state, name ?? '') ??
      virtError(ErrorNumber.NO_DOMAIN, ErrorDomain.QEMU, `no domain with matching name '${name}'`)
    )
  requireResumable(domain, 'destination', 'prepare')
  return await recoveryStep(state, call, domain, async (run, data, job) => {
    job.enter('prepare_resume')
    await readCookie(state, cookieIn, { name: from, uuid: domain.uuid }, 'prepare')
    await requirePaused(state, domain, run, data)
    if (data.port !== undefined) state.migrationPorts.give(data.port)
    data.port = undefined
    const listener = await listenerFor(state, request, data)
    await run.monitor.command('migrate-recover', { uri: listener.address })
    const cookieOut = await writeCookie(state, domain.def, {
      capabilities: { own: await ownCapabilities(run, data), side: 'destination' },
    })
    return { uriOut: listener.uriOut, cookieOut }
  })
}

/** What a recovery of the source goes by. */
export interface RecoveryWay {
  readonly uri: string
  readonly cookieIn: Uint8Array
  readonly request: MigrationRequest
  readonly peerLost?: () => boolean
}

export async function performRecovery(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  flags: number,
  way: RecoveryWay,
): Promise<Uint8Array> {
  checkResumeFlags(flags, 'perform')
  requireResumable(domain, 'source', 'perform')
  return await recoveryStep(state, call, domain, async (run, data, job) => {
    job.enter('perform_resume')
    return await sendRecovery(state, domain, run, data, way)
  })
}

/** Connects again, and waits until the destination has answered. */
export async function sendRecovery(
  state: QemuState,
  domain: QemuDomain,
  run: Run,
  data: MigrationData,
  { uri, cookieIn, request, peerLost }: RecoveryWay,
): Promise<Uint8Array> {
  await readCookie(state, cookieIn, domain, 'perform')
  await domain.status?.saved()
  const bandwidth = request.size('bandwidth.postcopy')
  if (bandwidth !== undefined)
    await run.monitor.command('migrate-set-parameters', { 'max-postcopy-bandwidth': bandwidth << 20n })
  const target = parseTarget(uri)
  requireRun(domain, run)
  // What was stored is of the attempt before; the next word of QEMU is of this one.
  data.status = 'migrating'
  data.announcesRecovery = false
  try {
    await run.monitor.command('migrate', {
      detach: true,
      resume: true,
      uri: qemuAddress(target, target.scheme === 'unix' ? 0 : (target.port ?? 0)),
    })
    await waitForAnswer(state, domain, run, data, peerLost)
  } catch (error) {
    if (data.status === 'migrating') data.status = 'postcopy-paused'
    throw error
  }
  data.sent = state.services.clock.now()
  return await writeCookie(state, domain.def, { statistics: statisticsOf(data) })
}

/**
 * Waits until post-copy is active again: QEMU says so only when the destination has answered, which then has left the state that
 * it was broken in. One that announces what it does, or has told that it is connected, is waited for as long as it takes; another
 * one tells nothing of a connection that fails.
 */
async function waitForAnswer(
  state: QemuState,
  domain: QemuDomain,
  run: Run,
  data: MigrationData,
  peerLost: (() => boolean) | undefined,
): Promise<void> {
  let late = false
  using _timer = state.services.clock.after(connectPatience, () => {
    late = data.status === 'migrating' && !data.announcesRecovery
    domain.jobs.poke()
  })
  await waitForMigration(domain, run, data, {
    postcopy: true,
    ...(peerLost === undefined ? {} : { peerLost }),
    also: () => {
      if (late && data.status === 'migrating') throw operationFailed("job 'migration out' failed in post-copy phase")
    },
  })
}

/** Takes QEMU's word anew, when nobody listened to its events. */
export async function askWord(run: Run, data: MigrationData): Promise<string> {
  const { word } = migrationReport(await run.monitor.command('query-migrate'))
  takeWord(data, word)
  return word
}
