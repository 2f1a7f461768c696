// SPDX-License-Identifier: LGPL-2.1-or-later
// Begin: whether a guest may leave, and what the destination makes of it.
import { checkAbiStability, cookieDemands, type Domain } from '@virt/conf'
import type { Call } from '@virt/core'
import { requireActive } from '@virt/stateful'
import { movable } from '../domain/movable.js'
import type { QemuDomain } from '../domain/record.js'
import { State } from '../domain/states.js'
import { operationInvalid } from '../errors.js'
import { asAsked, liveCpuOf } from '../process/live-cpu.js'
import type { QemuState } from '../state.js'
import type { Begun } from './answers.js'
import { offeredBitmaps } from './bitmaps.js'
import { writeCookie } from './cookie.js'
import { MigrationData, type MigrationJob, migrationOf } from './data.js'
import { nbdOf } from './disks.js'
import { copiesDisks, has, Migrate } from './flags.js'
import { ownCapabilities } from './leaving.js'
import { watchDriver } from './loss.js'
import { checkGuest } from './obstacles.js'
import { migrationOut } from './phases.js'
import { beginRecovery } from './recovery.js'
import type { MigrationRequest } from './request.js'
import { checkDiskLists, checkDisks, checkFlags, checkTlsForced } from './safety.js'

/** @throws VirtError `operation-invalid` when the guest is in a migration already */
export function refuseSecond(domain: QemuDomain): void {
  if (migrationOf(domain) !== undefined)
    throw operationInvalid(`another migration job is already running for domain '${domain.name}'`)
}

/** Begins a migration. @throws VirtError why the guest cannot leave; nothing is then changed */
export async function begin(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  request: MigrationRequest,
  flags: number,
): Promise<Begun> {
  checkTlsForced(state.settings, flags)
  if (has(flags, Migrate.postcopyResume)) return await beginRecovery(state, call, domain, flags)
  refuseSecond(domain)
  if (!has(flags, Migrate.changeProtection))
    return await domain.jobs.run(call, 'modify', () =>
      examine(state, domain, request, flags, newData(state, domain, flags)),
    )
  return await domain.jobs.runAsync(call, migrationOut, async (job: MigrationJob) => {
    job.info = newData(state, domain, flags)
    job.enter('begin3')
    const begun = await examine(state, domain, request, flags, job.info)
    watchDriver(state, domain, call.connection)
    job.release()
    return begun
  })
}

/** Data of a migration that begins now. */
export function newData(state: QemuState, domain: QemuDomain, flags: number): MigrationData {
  const data = new MigrationData('source', { flags, started: state.services.clock.now() })
  data.wasRunning = domain.state === State.running
  data.status = 'migrating'
  return data
}

/** Looks at everything that could keep the guest from leaving, and gives what the destination needs. */
export async function examine(
  state: QemuState,
  domain: QemuDomain,
  request: MigrationRequest,
  flags: number,
  data: MigrationData,
): Promise<Begun> {
  const { settings, documents } = state
  const offline = has(flags, Migrate.offline)
  const { run } = domain
  if (!offline) requireActive(domain)
  if (run !== undefined) await checkGuest(domain, run, flags)
  const document = offline ? domain.config : asAsked(domain)
  if (!has(flags, Migrate.unsafe | Migrate.offline)) await checkDisks(settings, document, request, flags)
  checkFlags(flags, 'source')
  checkDiskLists(document, request, flags)
  const given = request.text('destination_xml')
  const sent = given === undefined ? document : await changed(state, document, given)
  const kept = has(flags, Migrate.persistDest) ? domain.next : undefined
  const demands = new Set([document, ...(kept === undefined ? [] : [kept])].flatMap(cookieDemands))
  const own = run === undefined || offline ? new Set<string>() : await ownCapabilities(run, data)
  const parts =
    run === undefined || offline
      ? {}
      : {
          capabilities: { own, side: 'source' as const },
          bitmaps: own.has('dirty-bitmaps') ? await offeredBitmaps(document, run, request, flags) : [],
          cpu: liveCpuOf(domain),
          nbd: copiesDisks(flags) ? await nbdOf(document, run) : undefined,
        }
  return {
    xml: documents.print(movable(sent, state.paths.channels), -1, {
      secure: true,
      migratable: true,
      inactive: true,
    }),
    // parity: also of disks that nobody locks.
    cookieOut: await writeCookie(state, document, { ...parts, demands: ['lockstate', ...demands] }),
  }
}

/** Another document for the destination, which the guest must not see the difference of. */
async function changed(state: QemuState, document: Domain, xml: string): Promise<Domain> {
  const other = await state.read(xml)
  // What every machine of the kind has may be left out, and stands elsewhere then.
  const seen = (one: Domain): Domain => movable(one, state.paths.channels)
  checkAbiStability(seen(document), seen(other), { ignoreVolatile: true })
  return other
}
