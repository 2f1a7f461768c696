// SPDX-License-Identifier: LGPL-2.1-or-later
// Confirm: the guest runs on the other host and ends here, or it stays.
import type { MigrationCookie } from '@virt/conf'
import type { Call } from '@virt/core'
import { ownerOf } from '@virt/stateful'
import { dropDefinition } from '../domain/definition.js'
import { type QemuDomain, refOf } from '../domain/record.js'
import { operationInvalid } from '../errors.js'
import { jobParams } from '../jobs/report.js'
import { readFigures } from '../jobs/wait.js'
import { endings, endQuietly } from '../process/stop.js'
import type { QemuState } from '../state.js'
import { failPostcopy } from './apply.js'
import { readCookie } from './cookie.js'
import { type MigrationData, migratingOf, migrationOf } from './data.js'
import { endMigration } from './end.js'
import { has, Migrate } from './flags.js'
import { isBefore } from './phases.js'
import { isPostcopy } from './postcopy.js'
import { requireResumable } from './recovery.js'
import { undo } from './undo.js'
import { viewersGone } from './viewers.js'

/** Confirms. @param cancelled the destination does not have the guest */
export async function confirm(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  cookieIn: Uint8Array,
  flags: number,
  cancelled: boolean,
): Promise<void> {
  // What runs goes on.
  const going = migrationOf(domain)
  if (has(flags, Migrate.offline) && (going === undefined || has(going.data.flags, Migrate.offline))) {
    await confirmOffline(state, domain, flags, cancelled)
    if (going !== undefined) endMigration(state, domain)
    return
  }
  const resume = has(flags, Migrate.postcopyResume)
  if (resume) requireResumable(domain, 'source', 'confirm')
  const found = migrationOf(domain)
  if (found?.data.side !== 'source') throw operationInvalid(`domain '${domain.name}' is not being migrated`)
  const { job, data } = found
  await job.own(ownerOf(call), async () => {
    data.watch(undefined)
    const phase = resume ? 'confirm_resume' : cancelled ? 'confirm3_cancelled' : 'confirm3'
    if (resume || isBefore(job.phase ?? 'none', phase)) job.enter(phase)
    const kept = await confirmOwned(state, domain, cookieIn, flags, cancelled)
    if (kept) job.release()
  })
  if (job.over) data.watch(undefined)
}

/** Confirms that a definition has left. */
export async function confirmOffline(
  state: QemuState,
  domain: QemuDomain,
  flags: number,
  cancelled: boolean,
): Promise<void> {
  if (!cancelled) await undefineSource(state, domain, flags)
}

/** Confirms, for whoever works on the job. @returns whether the job goes on */
export async function confirmOwned(
  state: QemuState,
  domain: QemuDomain,
  cookieIn: Uint8Array,
  flags: number,
  cancelled: boolean,
): Promise<boolean> {
  const found = migrationOf(domain)
  const { run } = domain
  if (found === undefined || run === undefined) throw operationInvalid('domain is not running')
  const { data } = found
  const cookie = cancelled ? undefined : await readCookie(state, cookieIn, domain, 'confirm')
  await domain.status?.saved()
  const between = (): boolean => isPostcopy(domain, data.interrupted)
  // The destination failed, or could not be asked, but QEMU knows that it has all of the guest.
  const arrived = !cancelled || (between() && data.status === 'hypervisor-completed')
  if (arrived) {
    await complete(state, domain, data, cookie, flags)
    return false
  }
  if (between()) {
    failPostcopy(state, domain)
    return true
  }
  data.status = 'failed'
  await undo({ state, domain, run, data })
  return false
}

/** The guest has left. */
export async function complete(
  state: QemuState,
  domain: QemuDomain,
  data: MigrationData,
  cookie: MigrationCookie | undefined,
  flags: number,
): Promise<void> {
  const { clock } = state.services
  const { run } = domain
  takeStatistics(data, cookie)
  if (run !== undefined && (isPostcopy(domain, data.interrupted) || cookie === undefined))
    await readFigures(run, data).catch(() => {})
  data.status = 'completed'
  data.elapsed = BigInt(Math.max(0, clock.now() - data.started))
  const done = data.snapshot()
  domain.completed = done
  state.domains.change(domain, (change) => {
    change.emit('domain', 'jobCompleted', { dom: refOf(domain), params: jobParams(done, clock.now()) })
  })
  data.watch(undefined)
  if (run !== undefined) {
    await viewersGone(state, domain, run, data)
    await endQuietly(state, run, endings.migrated)
  }
  await undefineSource(state, domain, flags)
}

/** What only the destination knows: how long the guest stood still, and how its clock differs. */
function takeStatistics(data: MigrationData, cookie: MigrationCookie | undefined): void {
  const told = cookie?.statistics
  if (told === undefined) return
  if (told.downtime !== undefined) data.figures = { ...data.figures, downtime: told.downtime }
  data.delta = told.delta
}

/** Forgets the definition of a guest that is to have none here any more. */
async function undefineSource(state: QemuState, domain: QemuDomain, flags: number): Promise<void> {
  if (!has(flags, Migrate.undefineSource) || !domain.persistent || domain.active) return
  // parity: nobody is told that it is undefined here.
  await dropDefinition(state, domain, false)
}

/** Ends a migration that nobody is there to end, on the source: all of the guest has arrived. */
export async function completeAlone(state: QemuState, domain: QemuDomain): Promise<void> {
  const found = migrationOf(domain)
  if (found === undefined || migratingOf(domain)?.owned === true) return
  await found.job.own('unattended', () => complete(state, domain, found.data, undefined, found.data.flags))
}
