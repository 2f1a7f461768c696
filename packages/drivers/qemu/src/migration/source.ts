// SPDX-License-Identifier: LGPL-2.1-or-later
// Perform: with the protection of a Begin before it, or without.
import type { Call } from '@virt/core'
import { ownerOf } from '@virt/stateful'
import type { QemuDomain } from '../domain/record.js'
import { internalError, invalidArg, operationInvalid } from '../errors.js'
import type { QemuState } from '../state.js'
import { failPostcopy } from './apply.js'
import { newData, refuseSecond } from './begin.js'
import { readCookie } from './cookie.js'
import { type MigrationData, type MigrationJob, migrationOf } from './data.js'
import { endMigration } from './end.js'
import { has, Migrate } from './flags.js'
import { watchDriver } from './loss.js'
import { migrateAlone } from './p2p.js'
import { sendGuest } from './perform.js'
import { migrationOut } from './phases.js'
import { isFailedPostcopy } from './postcopy.js'
import { performRecovery } from './recovery.js'
import type { MigrationRequest } from './request.js'

/** How Perform is asked for. */
export interface PerformArguments {
  readonly cookie: Uint8Array
  /** The destination's daemon, where this one is to drive the migration. */
  readonly peer: string | undefined
  readonly flags: number
}

/** Sends a guest to another host. @returns the cookie for it */
export async function perform(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  request: MigrationRequest,
  { cookie, peer, flags }: PerformArguments,
): Promise<Uint8Array> {
  if (has(flags, Migrate.peer2peer | Migrate.tunnelled)) {
    if (cookie.length > 0) throw operationInvalid('received unexpected cookie with P2P migration')
    await migrateAlone(state, call, domain, request, { peer: peer ?? '', flags })
    return new Uint8Array(0)
  }
  if (peer !== undefined) throw internalError('Unexpected dconnuri parameter with non-peer2peer migration')
  const uri = request.text('migrate_uri')
  if (uri === undefined) throw invalidArg('missing migration URI')
  if (has(flags, Migrate.postcopyResume))
    return await performRecovery(state, call, domain, flags, { uri, cookieIn: cookie, request })

  const send = async (job: MigrationJob, data: MigrationData): Promise<Uint8Array> => {
    data.watch(undefined)
    try {
      job.enter('perform3')
      const { run } = domain
      if (run === undefined) throw operationInvalid('domain is not running')
      const told = await readCookie(state, cookie, domain, 'perform')
      const sent = await sendGuest({ state, domain, run, job, data, request, flags }, { uri, cookie: told })
      watchDriver(state, domain, call.connection)
      job.release()
      return sent
    } catch (error) {
      // QEMU neither goes on by itself after a broken post-copy, nor can it be told to: what is left is up to the caller.
      if (domain.run !== undefined && isFailedPostcopy(domain, data.interrupted)) {
        failPostcopy(state, domain)
        watchDriver(state, domain, call.connection)
        job.release()
      } else if (migrationOf(domain)?.job === job) endMigration(state, domain)
      throw error
    }
  }

  if (!has(flags, Migrate.changeProtection)) {
    refuseSecond(domain)
    return await domain.jobs.runAsync(call, migrationOut, async (job: MigrationJob) => {
      const data = newData(state, domain, flags)
      job.info = data
      return await send(job, data)
    })
  }
  const found = migrationOf(domain)
  if (found?.data.side !== 'source') throw operationInvalid(`domain '${domain.name}' is not being migrated`)
  return await found.job.own(ownerOf(call), () => send(found.job, found.data))
}
