// SPDX-License-Identifier: LGPL-2.1-or-later
// The source sends a guest: from the first command until all is sent, or the guest runs on the other host.
import type { Domain } from '@virt/conf'
import { Reason, State } from '../domain/states.js'
import { mustCancel } from '../jobs/status.js'
import { cancelMigration, readFigures, requireRun, waitForMigration } from '../jobs/wait.js'
import { happen } from '../process/happen.js'
import { applyReaction } from './apply.js'
import { bitmapMapping, mergeBitmaps } from './bitmaps.js'
import { closePassed, passConnection } from './connect.js'
import { remoteCapabilities, statisticsOf, writeCookie } from './cookie.js'
import { copyDisks, copyFailure, endCopies } from './disk-copy.js'
import { nbdOf } from './disks.js'
import { copiesDisks, has, Migrate } from './flags.js'
import { aborted, type Migration, ownCapabilities, saveParameters, tune, type Way } from './leaving.js'
import { allowPinning, requireMemoryLimit } from './pinned-memory.js'
import { isFailedPostcopy } from './postcopy.js'
import { connectsByItself, parseTarget, qemuAddress } from './target.js'
import { certificateName, tlsParameters } from './tls.js'
import { capabilitiesFor, tuningOf } from './tuning.js'
import { TunnelOut } from './tunnel.js'
import { undo } from './undo.js'
import { sendViewers } from './viewers.js'

const mebibyte = 1024n * 1024n

/**
 * Sends.
 * @returns the cookie for the destination
 * @throws VirtError why it failed; the guest is then as it was before
 */
export async function sendGuest(m: Migration, way: Way): Promise<Uint8Array> {
  let tunnel: TunnelOut | undefined
  const { domain } = m
  // A limit for this migration alone: whoever asks meanwhile is told of it.
  const limit = domain.migrationSpeed
  domain.migrationSpeed = m.request.size('bandwidth') ?? limit
  try {
    const definition = await definitionFor(m)
    await prepareToSend(m, way)
    if (way.tunnel !== undefined)
      tunnel = await TunnelOut.open(m.state.native, m.run.monitor, way.tunnel, () => m.domain.jobs.poke())
    await begin(m, way, tunnel)
    await waitUntilSent(m, way, tunnel)
    await tunnel?.finish()
    // Before the destination can be told to let the guest go on: a new daemon must not do so here.
    m.job.enter('perform3_done')
    const [cookie] = await Promise.all([cookieAfter(m, definition), saved(m)])
    return cookie
  } catch (error) {
    tunnel?.abort(error as Error)
    await afterFailure(m)
    throw error
  } finally {
    if (m.request.has('bandwidth')) domain.migrationSpeed = limit
  }
}

async function saved({ state, domain }: Migration): Promise<void> {
  await domain.status?.saved().catch((error: unknown) => state.services.log.warn((error as Error).message))
}

/** Sets QEMU up, and stops a guest that is not to run meanwhile. */
async function prepareToSend(m: Migration, way: Way): Promise<void> {
  const { run, data, request, flags, state, domain } = m
  const tuning = tuningOf(request, flags, 'source')
  const byRdma = way.tunnel === undefined && parseTarget(way.uri).scheme === 'rdma'
  if (byRdma) requireMemoryLimit(domain.def)
  await sendViewers(m, way)
  await saveParameters(m)
  const on = capabilitiesFor(tuning, 'source', await ownCapabilities(run, data), remoteCapabilities(way.cookie))
  const parameters = new Map(tuning.parameters)
  // parity: more than fits is counted on from 0.
  parameters.set('max-bandwidth', BigInt.asUintN(64, domain.migrationSpeed * mebibyte))
  for (const [name, value] of await tlsParameters(m, certificateName(m, way))) parameters.set(name, value)
  const own = await ownCapabilities(run, data)
  const bitmaps = own.has('dirty-bitmaps') ? (way.cookie?.blockDirtyBitmaps ?? []) : []
  const whole = has(flags, Migrate.nonSharedDisk)
  if (whole) await mergeBitmaps(m, bitmaps)
  await tune(m, on, parameters, bitmapMapping(m, bitmaps, whole))
  if (byRdma || has(flags, Migrate.zerocopy)) await allowPinning(m)
  await copyDisks(m, way)
  if (has(flags, Migrate.live) || domain.state !== State.running) return
  run.expected = 'stop'
  try {
    await run.monitor.command('stop')
  } finally {
    run.expected = undefined
  }
  data.stopped = state.services.clock.now()
  happen(state, domain, 'migrating')
}

/** Where QEMU is to send to. @returns also whether it has been handed something for that */
async function addressFor(m: Migration, { uri }: Way, tunnel: TunnelOut | undefined): Promise<[string, boolean]> {
  if (tunnel !== undefined) return [tunnel.address, true]
  const target = parseTarget(uri)
  if (!connectsByItself(target, m.flags)) return [await passConnection(m.run.monitor, target, m.state.closing), true]
  return [qemuAddress(target, target.scheme === 'unix' ? 0 : (target.port ?? 0)), false]
}

async function begin(m: Migration, way: Way, tunnel: TunnelOut | undefined): Promise<void> {
  const { run, data, job } = m
  const [address, handed] = await addressFor(m, way, tunnel)
  data.status = 'migrating'
  try {
    requireRun(m.domain, run)
    if (job.aborted) throw aborted()
    await run.monitor.command('migrate', { detach: true, uri: address })
    data.sending = true
  } catch (error) {
    data.status = 'failed'
    if (handed) await closePassed(run.monitor)
    throw error
  }
}

async function waitUntilSent(m: Migration, { peerLost }: Way, tunnel: TunnelOut | undefined): Promise<void> {
  const { domain, run, data, flags } = m
  const common = {
    abortOnIoError: has(flags, Migrate.abortOnError),
    mirrorFailure: () => copyFailure(data),
    ...(peerLost === undefined ? {} : { peerLost }),
    also: () => {
      if (tunnel?.failure !== undefined && peerLost?.() !== true) throw tunnel.failure
    },
  }
  const postcopy = has(flags, Migrate.postcopy)
  await waitForMigration(domain, run, data, { ...common, preSwitchover: true, postcopy })
  // The event of the stop may come after the one of the migration.
  await domain.jobs.until(() => {
    requireRun(domain, run)
    return domain.state !== State.running
  })
  await endCopies(domain, run, data, false)
  if (data.status !== 'paused') return
  await run.monitor.command('migrate-continue', { state: 'pre-switchover' })
  await waitForMigration(domain, run, data, { ...common, postcopy })
}

/** What the destination has to know to finish. @param sent a definition to be kept there instead of the guest's own */
async function cookieAfter(m: Migration, sent: Domain | undefined): Promise<Uint8Array> {
  const { state, domain, run, data, flags } = m
  const now = (): number => state.services.clock.now()
  await readFigures(run, data)
  data.sent = now()
  const definition = has(flags, Migrate.persistDest) ? (sent ?? domain.config) : undefined
  return await writeCookie(state, domain.def, {
    demands: definition === undefined ? [] : ['persistent'],
    domain: definition,
    network: true,
    statistics: statisticsOf(data),
    // libvirt ends its NBD server only when it is told of one again.
    nbd: copiesDisks(flags) ? await nbdOf(domain.def, run) : undefined,
  })
}

/** The definition that is to be kept over there, when somebody sends one. @throws VirtError for a bad one: best before all is sent */
async function definitionFor({ state, request, flags }: Migration): Promise<Domain | undefined> {
  // What somebody has changed for the guest over there is not to be lost when it ends.
  const xml = request.text('persistent_xml') ?? request.text('destination_xml')
  return xml === undefined || !has(flags, Migrate.persistDest) ? undefined : await state.read(xml)
}

/** Ends QEMU's work where it still goes on. Never after the guest may run on the other host: that wrecks it. */
async function afterFailure(m: Migration): Promise<void> {
  const { domain, run, data, state } = m
  if (domain.run !== run || run.monitor.end !== undefined) return
  if (isFailedPostcopy(domain, data.interrupted)) return
  try {
    // It stood still for the other host, which was not told to let it go on: it still is ours.
    if (domain.state === State.paused && domain.reason === Reason.paused['post-copy'])
      applyReaction(state, domain, { reason: Reason.paused.migrating })
    if (data.sending && mustCancel(data.status)) await cancelMigration(domain, run, data)
    await endCopies(domain, run, data, true)
  } catch (error) {
    state.services.log.warn(`${domain.name}: its migration was not cancelled: ${(error as Error).message}`)
  }
  if (data.status !== 'canceled') data.status = m.job.aborted ? 'canceled' : 'failed'
  await undo(m)
}
