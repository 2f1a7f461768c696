// SPDX-License-Identifier: LGPL-2.1-or-later
// A migration that the daemon before has left: QEMU told its events to nobody, so it is asked how far it is.
import type { QemuDomain } from '../domain/record.js'
import { Reason, State } from '../domain/states.js'
import type { StatusJob } from '../domain/status.js'
import { newCopy } from '../jobs/mirrors.js'
import { mustCancel } from '../jobs/status.js'
import { cancelMigration } from '../jobs/wait.js'
import { jobsOf } from '../monitor/block-jobs.js'
import { asObject, booleanOf } from '../monitor/json-access.js'
import { turnFoundLinks } from '../process/link-turns.js'
import type { Run } from '../process/run.js'
import { endings, endQuietly } from '../process/stop.js'
import type { QemuState } from '../state.js'
import { applyReaction, failPostcopy } from './apply.js'
import { dropBitmaps } from './bitmaps.js'
import { MigrationData, type MigrationJob, migratingOf } from './data.js'
import { endCopies } from './disk-copy.js'
import { driveOf, targetOf } from './disks.js'
import { endMigration } from './end.js'
import { copiesDisks, has, Migrate } from './flags.js'
import { ownCapabilities, resetTuning } from './leaving.js'
import { migrationIn, migrationOut, type Phase, phases } from './phases.js'
import { forbidPinning } from './pinned-memory.js'
import { type AfterRestart, afterRestart, afterStop } from './reactions.js'
import { askWord } from './recovery.js'
import { runAgain } from './undo.js'

/** Milliseconds that QEMU gets to let go of a migration. */
const cancelPatience = 10_000

interface Left {
  readonly state: QemuState
  readonly domain: QemuDomain
  readonly run: Run
  readonly data: MigrationData
  readonly job: MigrationJob
  readonly word: string
}

/** Whether what was written down is of a migration. */
export function isMigration(job: StatusJob | undefined): job is StatusJob {
  return job?.async === 'migration out' || job?.async === 'migration in'
}

/** Takes up a migration, and does what its phase asks for. @param memoryLock bytes that QEMU could lock before it */
export async function takeUpMigration(
  state: QemuState,
  domain: QemuDomain,
  run: Run,
  kept: StatusJob,
  memoryLock: bigint | undefined,
): Promise<void> {
  const side = kept.async === 'migration out' ? 'source' : 'destination'
  const data = new MigrationData(side, { flags: kept.flags ?? 0, started: kept.started ?? 0 })
  data.status = 'migrating'
  data.interrupted = kept.interrupted ?? false
  data.parameters = kept.parameters
  data.memoryLock = memoryLock
  data.temporaryBitmaps = kept.temporaryBitmaps ?? []
  data.tuned = true
  data.from = domain.name
  data.servesDisks = side === 'destination' && copiesDisks(data.flags)
  for (const disk of domain.def.devices?.disks ?? []) {
    const copied = kept.disks?.some(({ dev, migrating }) => migrating && dev === targetOf(disk)) === true
    if (copied) data.copies.set(driveOf(disk), newCopy(targetOf(disk), driveOf(disk)))
  }
  const phase = phases.find((one) => one === kept.phase) ?? 'none'
  const job = domain.jobs.restore<Phase, MigrationData>(side === 'source' ? migrationOut : migrationIn, {
    phase,
    started: data.started,
    info: data,
  })
  await ownCapabilities(run, data)
  const word = await askWord(run, data)
  await noticeMoves(state, domain, run)
  const guest = migratingOf(domain)
  if (guest === undefined) return
  const action = afterRestart(guest, word)
  state.services.log.info(`${domain.name}: its migration was left in phase '${phase}', QEMU is at '${word}': ${action}`)
  await actions[action]({ state, domain, run, data, job, word })
  await domain.status?.saved()
}

/** What QEMU did without anybody listening: it stood still for the other host, or went on for this one. */
async function noticeMoves(state: QemuState, domain: QemuDomain, run: Run): Promise<void> {
  const running = booleanOf(asObject(await run.monitor.command('query-status')) ?? {}, 'running') ?? false
  await turnFoundLinks(state, domain, run, running)
  const guest = migratingOf(domain)
  if (guest === undefined) return
  if (!running && domain.state === State.running) applyReaction(state, domain, afterStop(guest) ?? {})
  const waits = domain.state === State.paused && domain.reason === Reason.paused.migrating
  if (running && waits && guest.side === 'destination')
    applyReaction(state, domain, {
      state: State.running,
      reason: guest.status === 'postcopy' ? Reason.running['post-copy'] : Reason.running.migrated,
    })
}

async function drop({ state, domain, run, data }: Left): Promise<void> {
  await dropBitmaps({ run, data })
  await resetTuning(run, data)
  forbidPinning({ state, domain, run, data })
  endMigration(state, domain)
}

/** Lets a guest go on that stands still for its migration, or for a reason that nobody knows. */
async function letGo(left: Left): Promise<void> {
  const { domain, data } = left
  const { migrating, unknown } = Reason.paused
  const stays = data.side === 'destination' && has(data.flags, Migrate.paused)
  data.wasRunning = !stays && (domain.reason === migrating || domain.reason === unknown)
  await runAgain(left)
  await drop(left)
}

/** Ends copies of disks, however far they are: what was told of them meanwhile nobody has heard. */
async function endLeftCopies({ state, domain, run, data }: Left): Promise<void> {
  if (data.copies.size === 0) return
  const known = new Map(jobsOf(await run.monitor.command('query-jobs')).map((job) => [job.id, job.status]))
  for (const copy of data.copies.values()) copy.word = known.get(copy.id) ?? 'null'
  await endCopies(domain, run, data, true).catch((error: unknown) =>
    state.services.log.warn(`${domain.name}: copying its disks goes on: ${(error as Error).message}`),
  )
}

const actions: Readonly<Record<AfterRestart, (left: Left) => Promise<void> | void>> = {
  keep({ state, domain, job, word }) {
    job.enter('postcopy_failed')
    if (word === 'completed') state.completeUnattended(domain)
    else if (word !== 'postcopy-active') failPostcopy(state, domain)
  },
  async destroy({ state, run, data }) {
    await endQuietly(state, run, data.side === 'source' ? endings.migrated : endings.failed)
  },
  'drop the job': drop,
  async 'cancel and run again'(left) {
    const { state, domain, run, data } = left
    if (domain.state === State.paused && domain.reason === Reason.paused['post-copy'])
      applyReaction(state, domain, { reason: Reason.paused.migrating })
    if (mustCancel(data.status))
      await cancelMigration(domain, run, data, cancelPatience).catch((error: unknown) =>
        state.services.log.warn(`${domain.name}: its migration was not cancelled: ${(error as Error).message}`),
      )
    await endLeftCopies(left)
    await letGo(left)
  },
  'run again': letGo,
  'leave paused': drop,
}
