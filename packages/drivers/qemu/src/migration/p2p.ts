// SPDX-License-Identifier: LGPL-2.1-or-later
// Peer-to-peer: the source's daemon makes all the calls of a migration itself, its own and the destination's, within one job.
import { type ByteStream, type Call, runProtocol, type SourceCalls } from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import { State } from '../domain/states.js'
import { operationInvalid } from '../errors.js'
import { requireRun } from '../jobs/wait.js'
import type { Run } from '../process/run.js'
import type { QemuState } from '../state.js'
import { failPostcopy } from './apply.js'
import { examine, newData, refuseSecond } from './begin.js'
import { confirmOffline, confirmOwned } from './confirm.js'
import { readCookie } from './cookie.js'
import { type MigrationData, type MigrationJob, migrationOf } from './data.js'
import { endMigration } from './end.js'
import { has, Migrate } from './flags.js'
import { aborted } from './leaving.js'
import { checkTunnel, connectPeer, type Peer } from './peer.js'
import { sendGuest } from './perform.js'
import { migrationOut } from './phases.js'
import { isFailedPostcopy } from './postcopy.js'
import { beginRecoveryOwned, recoveryStep, requireResumable, sendRecovery } from './recovery.js'
import type { MigrationRequest } from './request.js'
import { checkResumeFlags } from './resume-check.js'

/** How a migration is asked for that the source drives. */
export interface PeerArguments {
  /** Where the destination's daemon is. */
  readonly peer: string
  readonly flags: number
}

/** A migration that this daemon drives. */
interface Driven {
  readonly state: QemuState
  readonly domain: QemuDomain
  readonly job: MigrationJob
  readonly data: MigrationData
  readonly request: MigrationRequest
  readonly peer: Peer
}

/** Moves a guest, from the first call to the last. @throws VirtError what the first failing call threw */
export async function migrateAlone(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  request: MigrationRequest,
  { peer: uri, flags: given }: PeerArguments,
): Promise<void> {
  checkTunnel(request, given)
  // Nobody slips in between the steps of one job.
  const flags = (given & ~Migrate.changeProtection) >>> 0
  if (has(flags, Migrate.postcopyResume)) return await resumeAlone(state, call, domain, request, { peer: uri, flags })
  refuseSecond(domain)
  await domain.jobs.runAsync(call, migrationOut, async (job: MigrationJob) => {
    const { run } = domain
    if (run === undefined && !has(flags, Migrate.offline)) throw operationInvalid('domain is not running')
    const data = newData(state, domain, flags)
    job.info = data
    try {
      using peer = await connectPeer(state, domain, job, uri, request, flags)
      await drive({ state, domain, job, data, request, peer }, flags)
    } finally {
      if (run !== undefined && domain.run === run && isFailedPostcopy(domain, data.interrupted)) {
        failPostcopy(state, domain)
        job.release()
      } else if (migrationOf(domain)?.job === job) endMigration(state, domain)
    }
  })
}

async function resumeAlone(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  request: MigrationRequest,
  { peer: uri, flags }: PeerArguments,
): Promise<void> {
  checkResumeFlags(flags, 'p2p')
  requireResumable(domain, 'source', 'p2p')
  await recoveryStep(state, call, domain, async (_run, data, job) => {
    using peer = await connectPeer(state, domain, job, uri, request, flags)
    await drive({ state, domain, job, data, request, peer }, flags)
  })
}

async function drive(driven: Driven, flags: number): Promise<void> {
  const { state, domain, job, request, peer } = driven
  const { prepare, prepareTunnel, finish } = peer.calls
  let tunnel: ByteStream | undefined
  const source = (has(flags, Migrate.postcopyResume) ? resumingSource : freshSource)(driven, () => tunnel)
  try {
    await runProtocol({
      calls: {
        ...source,
        async prepare(xml, cookie, bits) {
          if (!has(flags, Migrate.tunnelled)) return await prepare(xml, cookie, bits)
          const opened = await prepareTunnel(xml, cookie, bits)
          tunnel = opened.stream
          return { uri: undefined, cookie: opened.cookie }
        },
        finish,
      },
      flags,
      protection: false,
      uri: request.text('migrate_uri'),
      stopped: () => (job.aborted ? aborted() : undefined),
      warn: (error) =>
        state.services.log.warn(`Guest ${domain.name} probably left in 'paused' state on source: ${error.message}`),
    })
  } finally {
    // Where it is through already nothing comes of it.
    tunnel?.abort()
  }
}

/** The guest may have been ended, and be another one, when the other side has answered. @throws VirtError */
function requireSame({ domain, job }: Driven): Run {
  const { run } = domain
  if (run === undefined || job.over) throw operationInvalid('domain is not running')
  requireRun(domain, run)
  return run
}

/** The source's calls of a migration that begins. */
function freshSource(driven: Driven, tunnel: () => ByteStream | undefined): SourceCalls {
  const { state, domain, job, data, request, peer } = driven
  return {
    async begin(flags) {
      job.enter('begin3')
      const { xml, cookieOut } = await examine(state, domain, request, flags, data)
      return { xml, cookie: cookieOut }
    },
    paused: async () => domain.state === State.paused,
    async perform(uri, cookie, flags) {
      const run = requireSame(driven)
      job.enter('perform3')
      const told = await readCookie(state, cookie, domain, 'perform')
      const way = { uri, cookie: told, peerLost: peer.lost, tunnel: tunnel() }
      return await sendGuest({ state, domain, run, job, data, request, flags }, way)
    },
    async confirm(cookie, flags, cancelled) {
      if (has(flags, Migrate.offline)) return await confirmOffline(state, domain, flags, cancelled)
      requireSame(driven)
      job.enter(cancelled ? 'confirm3_cancelled' : 'confirm3')
      await confirmOwned(state, domain, cookie, flags, cancelled)
    },
  }
}

/** The source's calls of a broken post-copy that is taken up again. */
function resumingSource(driven: Driven): SourceCalls {
  const { state, domain, job, data, request, peer } = driven
  return {
    async begin() {
      job.enter('begin_resume')
      const { xml, cookieOut } = await beginRecoveryOwned(state, domain, requireSame(driven), data)
      return { xml, cookie: cookieOut }
    },
    paused: async () => false,
    async perform(uri, cookie) {
      const run = requireSame(driven)
      job.enter('perform_resume')
      return await sendRecovery(state, domain, run, data, { uri, cookieIn: cookie, request, peerLost: peer.lost })
    },
    async confirm(cookie, flags, cancelled) {
      requireSame(driven)
      job.enter('confirm_resume')
      try {
        await confirmOwned(state, domain, cookie, flags, cancelled)
      } catch (error) {
        failPostcopy(state, domain)
        throw error
      }
    },
  }
}
