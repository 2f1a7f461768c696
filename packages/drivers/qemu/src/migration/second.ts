// SPDX-License-Identifier: LGPL-2.1-or-later
// Protocol 2, of old clients: without cookies, and without a Confirm. The source ends its guest as soon as all of it is sent.
import type { Call, DomainMigratePrepare2Result, DomainRef } from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import { internalError, operationInvalid } from '../errors.js'
import type { QemuState } from '../state.js'
import { examine, newData, refuseSecond } from './begin.js'
import { complete } from './confirm.js'
import { readCookie } from './cookie.js'
import { type MigrationJob, migrationOf } from './data.js'
import { endMigration } from './end.js'
import { finish } from './finish.js'
import { has, Migrate } from './flags.js'
import type { Migration } from './leaving.js'
import { sendGuest } from './perform.js'
import { migrationOut } from './phases.js'
import { prepare, requireName } from './prepare.js'
import { MigrationRequest } from './request.js'
import { checkTlsForced } from './safety.js'
import { perform } from './source.js'
import { undo } from './undo.js'

const none = new Uint8Array(0)

/** What calls of this protocol ask for: a name over there, and MiB a second. */
export interface OldArguments {
  readonly flags: number
  readonly name: string | undefined
  readonly bandwidth: bigint
}

/** Prepares. @throws as `prepare` */
export async function prepareSecond(
  state: QemuState,
  call: Call,
  xml: string,
  uri: string | undefined,
  { flags, name, bandwidth }: OldArguments,
): Promise<DomainMigratePrepare2Result> {
  const request = MigrationRequest.from({
    destination_xml: xml,
    migrate_uri: uri,
    destination_name: name,
    bandwidth,
  })
  // parity: what was made room for of cookies does not hold those of today.
  const { uriOut } = await prepare(state, call, request, none, flags)
  return { uriOut, cookie: none }
}

/** Sends a guest, and ends it. @param uri of the destination's daemon where this one is to drive the migration @throws VirtError */
export async function performSecond(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  cookie: Uint8Array,
  uri: string,
  { flags, name, bandwidth }: OldArguments,
): Promise<void> {
  const plain = { destination_name: name, bandwidth }
  if (has(flags, Migrate.peer2peer | Migrate.tunnelled)) {
    const peer = has(flags, Migrate.peer2peer) ? uri : undefined
    await perform(state, call, domain, MigrationRequest.from(plain), { cookie, peer, flags })
    return
  }
  checkTlsForced(state.settings, flags)
  // differs: libvirt begins also these, and loses the guest: none of them can do without what only protocol 3 tells the other end.
  if (has(flags, Migrate.offline | Migrate.postcopy | Migrate.postcopyResume))
    throw operationInvalid('this way of migrating needs a client that speaks a newer protocol')
  const request = MigrationRequest.from({ ...plain, migrate_uri: uri })
  refuseSecond(domain)
  await domain.jobs.runAsync(call, migrationOut, async (job: MigrationJob) => {
    const data = newData(state, domain, flags)
    job.info = data
    try {
      job.enter('perform2')
      await examine(state, domain, request, flags, data)
      const { run } = domain
      if (run === undefined) throw internalError('domain is not running')
      const told = await readCookie(state, cookie, domain, 'perform')
      const m: Migration = { state, domain, run, job, data, request, flags }
      await sendGuest(m, { uri, cookie: told })
      await endSent(m)
    } finally {
      if (migrationOf(domain)?.job === job) endMigration(state, domain)
    }
  })
}

/** Ends the guest, which is the other host's from then on. @throws VirtError when it has not ended; it then goes on here */
async function endSent(m: Migration): Promise<void> {
  const { state, domain, run, data, flags } = m
  try {
    await complete(state, domain, data, undefined, flags)
  } catch (error) {
    if (domain.run === run && run.ending === undefined) {
      await undo(m)
      throw error
    }
    // A failure would have the client give the other host's up, and there is no other.
    state.services.log.error(`${domain.name}: after it left: ${(error as Error).message}`)
  }
}

/** Finishes. Where all of a guest is here, it is never ended: there is no other. @throws as `finish` */
export async function finishSecond(
  state: QemuState,
  call: Call,
  name: string,
  flags: number,
  cancelled: boolean,
): Promise<DomainRef> {
  const { dom } = await finish(state, call, requireName(name), none, flags, cancelled, false)
  return dom
}
