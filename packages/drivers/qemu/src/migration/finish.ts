// SPDX-License-Identifier: LGPL-2.1-or-later
// Finish: the guest goes on here, or is given up.
import type { Domain, MigrationCookie } from '@virt/conf'
import { type Call, ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { ownerOf } from '@virt/stateful'
import { keepDefinition } from '../domain/definition.js'
import { type QemuDomain, refOf } from '../domain/record.js'
import { Event, Reason, State } from '../domain/states.js'
import { internalError, operationInvalid, qemuError } from '../errors.js'
import { migrationReport } from '../jobs/figures.js'
import type { JobStatus } from '../jobs/status.js'
import { requireRun, takeWord, waitForMigration } from '../jobs/wait.js'
import { agentAwaited } from '../process/agent-channel.js'
import type { Run } from '../process/run.js'
import { endings, endQuietly } from '../process/stop.js'
import type { QemuState } from '../state.js'
import type { Finished } from './answers.js'
import { applyReaction, failPostcopy } from './apply.js'
import { arrivalError } from './arrival-error.js'
import { readCookie, statisticsOf, writeCookie } from './cookie.js'
import { type MigrationData, type MigrationJob, migrationOf } from './data.js'
import { endServing, removeImages } from './disk-server.js'
import { endMigration } from './end.js'
import { has, Migrate } from './flags.js'
import { resetTuning } from './leaving.js'
import { watchDriver } from './loss.js'
import { isPostcopy } from './postcopy.js'
import { requireResumable } from './recovery.js'

/**
 * Finishes.
 * @param elsewhere whether the source has the guest until it hears of this
 * @throws VirtError why the guest does not run here; `migrate-finish-ok` when it was to be given up, and was
 */
export async function finish(
  state: QemuState,
  call: Call,
  name: string,
  cookieIn: Uint8Array,
  flags: number,
  cancelled: boolean,
  elsewhere = true,
): Promise<Finished> {
  const domain = state.domains.byName(name)
  if (domain === undefined || (!domain.active && migrationOf(domain) === undefined))
    throw arrivalError(state, name) ?? (cancelled ? finishOk() : noDomain(name))
  const resume = has(flags, Migrate.postcopyResume)
  if (resume) requireResumable(domain, 'destination', 'finish')
  const found = migrationOf(domain)
  if (found?.data.side !== 'destination')
    throw operationInvalid(`domain '${name}' is not processing incoming migration`)
  const { job, data } = found
  return await job.own(ownerOf(call), async () => {
    data.watch(undefined)
    domain.run?.tied?.[Symbol.dispose]()
    // Where it is cancelled the source does have the guest.
    job.enter(resume ? 'finish_resume' : elsewhere || cancelled ? 'finish3' : 'finish2')
    if (has(flags, Migrate.offline)) return await finishOffline(state, domain, data, cookieIn, cancelled)
    const finishing = new Finishing(state, domain, job, data, flags, elsewhere)
    try {
      return await finishing.run(cookieIn, cancelled)
    } catch (error) {
      if (await finishing.fail()) {
        job.release()
        watchDriver(state, domain, call.connection)
      }
      throw finishing.endedBy ?? error
    }
  })
}

function finishOk(): Error {
  return virtError(ErrorNumber.MIGRATE_FINISH_OK, ErrorDomain.QEMU)
}

function noDomain(name: string): Error {
  return virtError(ErrorNumber.NO_DOMAIN, ErrorDomain.QEMU, `no domain with matching name '${name}'`)
}

async function finishOffline(
  state: QemuState,
  domain: QemuDomain,
  data: MigrationData,
  cookieIn: Uint8Array,
  cancelled: boolean,
): Promise<Finished> {
  try {
    if (cancelled) throw finishOk()
    const cookie = await readCookie(state, cookieIn, { name: data.from, uuid: domain.uuid }, 'finish')
    await keep(state, domain, cookie?.domain)
    await state.configs.synced()
    return { dom: refOf(domain), cookieOut: new Uint8Array(0) }
  } finally {
    if (!domain.persistent && !domain.active) {
      state.domains.remove(domain)
      domain.dispose()
    }
    endMigration(state, domain)
  }
}

/** Keeps the definition that came along. @throws VirtError when it cannot be kept: the migration fails then */
async function keep(state: QemuState, domain: QemuDomain, sent: Domain | undefined): Promise<void> {
  // As any other definition: what it leaves out is filled in here.
  const document = await state.read(state.documents.configText({ ...(sent ?? domain.config), name: domain.name }))
  await keepDefinition(state, domain, document, () => domain.persistent)
}

/** One Finish of a guest with a process. */
class Finishing {
  /** Why QEMU ended, when it did. */
  endedBy: Error | undefined
  readonly #state: QemuState
  readonly #domain: QemuDomain
  readonly #job: MigrationJob
  readonly #data: MigrationData
  readonly #flags: number
  readonly #run: Run | undefined
  readonly #resume: boolean
  /** The guest may have run: it must not be ended any more. */
  #started = false
  /** It is nowhere else any more: it stays, at a stand, whatever comes. */
  #only = false
  readonly #elsewhere: boolean

  constructor(
    state: QemuState,
    domain: QemuDomain,
    job: MigrationJob,
    data: MigrationData,
    flags: number,
    elsewhere: boolean,
  ) {
    this.#elsewhere = elsewhere
    this.#state = state
    this.#domain = domain
    this.#job = job
    this.#data = data
    this.#flags = flags
    this.#run = domain.run
    this.#resume = has(flags, Migrate.postcopyResume)
    this.#started = isPostcopy(domain, data.interrupted)
  }

  async run(cookieIn: Uint8Array, cancelled: boolean): Promise<Finished> {
    const [state, domain, data, run] = [this.#state, this.#domain, this.#data, this.#run]
    if (run === undefined) throw internalError('domain is not running')
    if (cancelled) return await this.#cancelled(run)
    this.#only = !this.#elsewhere
    const cookie = await readCookie(state, cookieIn, { name: data.from, uuid: domain.uuid }, 'finish')
    const received = state.services.clock.now()
    await endServing({ run, data })
    await domain.status?.saved()
    if (!this.#resume && this.#elsewhere && has(this.#flags, Migrate.persistDest))
      await keep(state, domain, cookie?.domain)
    await this.#arrive(run)
    if (this.#only && has(this.#flags, Migrate.persistDest))
      // A guest without its definition is better than none.
      await keep(state, domain, undefined).catch((error: unknown) =>
        state.services.log.error(`${domain.name}: its definition is not kept: ${(error as Error).message}`),
      )
    const postcopy = this.#status === 'postcopy' || this.#resume
    if (!this.#resume) await this.#letGo(run, postcopy)
    if (!this.#resume) takeStatistics(state, data, cookie, received)
    if (postcopy) await waitForMigration(domain, run, data)
    const cookieOut = await writeCookie(state, domain.def, {
      from: data.from,
      statistics: cookie?.statistics === undefined ? undefined : statisticsOf(data),
    })
    await completeArrival(state, domain, has(this.#flags, Migrate.paused))
    // The source drops its own once it hears of this.
    if (has(this.#flags, Migrate.persistDest))
      await state.configs.synced().catch((error: unknown) => state.services.log.error((error as Error).message))
    return { dom: refOf(domain), cookieOut }
  }

  get #status(): JobStatus {
    return this.#data.status
  }

  /** The client gave up: QEMU's own reason is what it is told, if it has one. */
  async #cancelled(run: Run): Promise<never> {
    const report = await run.monitor.command('query-migrate').then(migrationReport, () => undefined)
    if (this.#started) throw finishOk()
    if (report?.word === 'failed' && report.error !== undefined)
      this.endedBy = qemuError(ErrorNumber.OPERATION_FAILED, `job 'migration in' failed: ${report.error}`)
    throw this.endedBy ?? finishOk()
  }

  /** Waits until the guest can go on. */
  async #arrive(run: Run): Promise<void> {
    const [domain, data] = [this.#domain, this.#data]
    if (this.#resume && data.status !== 'postcopy' && data.status !== 'postcopy-recover') {
      // What is stored may be from before: events come on another way than this call. The answer comes after all of them.
      const report = migrationReport(await run.monitor.command('query-migrate'))
      takeWord(data, report.word)
    }
    if (this.#resume) {
      await waitForMigration(domain, run, data, { postcopy: true })
      return
    }
    await waitForMigration(domain, run, data, { postcopy: has(this.#flags, Migrate.postcopy) })
  }

  /** Lets the guest go on, unless it is to wait. */
  async #letGo(run: Run, postcopy: boolean): Promise<void> {
    const [state, domain, data] = [this.#state, this.#domain, this.#data]
    requireRun(domain, run)
    data.made = []
    if (!has(this.#flags, Migrate.paused)) {
      if (postcopy) this.#started = true
      run.expected = 'resume'
      try {
        await run.monitor.command('cont')
      } finally {
        run.expected = undefined
      }
      const { running } = Reason
      applyReaction(state, domain, {
        state: State.running,
        reason: postcopy ? running['post-copy'] : running.migrated,
        tell: [Event.resumed.type, postcopy ? Event.resumed.postCopy : Event.resumed.migrated],
      })
    }
    data.resumed = state.services.clock.now()
    agentAwaited(state, domain)
  }

  /** What comes of a failure. @returns whether the job goes on */
  async fail(): Promise<boolean> {
    const [state, domain, run] = [this.#state, this.#domain, this.#run]
    if (run === undefined || domain.run !== run || run.monitor.end !== undefined) {
      // What it said last is read when it has ended.
      await run?.gone
      this.endedBy = arrivalError(state, domain.name) ?? this.endedBy
      return false
    }
    if (this.#started) {
      failPostcopy(state, domain)
      return true
    }
    if (this.#only) {
      await endServing({ run, data: this.#data }).catch(() => {})
      await resetTuning(run, this.#data).catch(() => {})
      endMigration(state, domain)
      return false
    }
    this.#job.changed()
    await endQuietly(state, run, endings.failed).catch((error: unknown) =>
      state.services.log.error(`${domain.name}: ${(error as Error).message}`),
    )
    await removeImages(this.#data.made)
    endMigration(state, domain)
    return false
  }
}

/** Figures from the source, with what only is known here. @param received when they came, by this host's clock */
function takeStatistics(
  state: QemuState,
  data: MigrationData,
  cookie: MigrationCookie | undefined,
  received: number,
): void {
  const told = cookie?.statistics
  if (told === undefined) return
  const { started, stopped, sent, delta: _delta, time_elapsed: _elapsed, time_remaining: _left, ...figures } = told
  data.figures = figures
  if (sent !== undefined) data.delta = BigInt(received) - sent
  data.elapsed = started === undefined ? undefined : BigInt(state.services.clock.now()) - started
  data.sourceStarted = Number(started ?? 0n)
  data.sent = Number(sent ?? 0n)
  if (stopped !== undefined && stopped > 0n) {
    data.stopped = Number(stopped)
    data.figures = { ...figures, downtime: BigInt(Math.max(0, data.resumed - data.stopped)) }
  }
}

/** All of the guest is here. */
export async function completeArrival(state: QemuState, domain: QemuDomain, paused: boolean): Promise<void> {
  const found = migrationOf(domain)
  const { run } = domain
  if (found === undefined || run === undefined) return
  const { data } = found
  const between = isPostcopy(domain, data.interrupted)
  if (between && domain.state === State.running)
    applyReaction(state, domain, {
      reason: Reason.running.migrated,
      interrupted: false,
      tell: [Event.resumed.type, Event.resumed.migrated],
    })
  data.interrupted = false
  if (paused && domain.state === State.paused)
    applyReaction(state, domain, { reason: Reason.paused.user, tell: [Event.suspended.type, Event.suspended.paused] })
  if (data.elapsed !== undefined) {
    data.status = 'completed'
    // What came along is of when the guest went on: most of its memory followed later.
    domain.completed = between ? undefined : data.snapshot()
  }
  await endServing({ run, data })
  await resetTuning(run, data)
  endMigration(state, domain)
  await domain.status?.saved()
}

/** Ends a migration that nobody is there to end, on the destination. */
export async function completeArrivalAlone(state: QemuState, domain: QemuDomain): Promise<void> {
  const found = migrationOf(domain)
  if (found === undefined || found.job.owner !== undefined) return
  await found.job.own('unattended', () => completeArrival(state, domain, false))
}
