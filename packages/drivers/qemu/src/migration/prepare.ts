// SPDX-License-Identifier: LGPL-2.1-or-later
// Prepare: a guest gets a process on this host, which waits for the other one's.
import type { Domain } from '@virt/conf'
import { type Call, permitted } from '@virt/core'
import { alreadyActive, owner, recordFor, subjectOf } from '../domain/owner.js'
import { type QemuDomain, refOf } from '../domain/record.js'
import { Event, Reason, State } from '../domain/states.js'
import { internalError, invalidArg } from '../errors.js'
import { takeFrom } from '../process/incoming.js'
import { lastWords, unexpectedEnd } from '../process/last-words.js'
import { startGuest } from '../process/start.js'
import { endings, endQuietly } from '../process/stop.js'
import { taint } from '../process/taints.js'
import { tie } from '../process/tie.js'
import type { QemuState } from '../state.js'
import type { Prepared, PreparedTunnel } from './answers.js'
import { acceptedBitmaps, bitmapMapping } from './bitmaps.js'
import { readCookie, remoteCapabilities, writeCookie } from './cookie.js'
import { MigrationData, type MigrationJob } from './data.js'
import { checkDisksPort, makeImages, removeImages, serveDisks } from './disk-server.js'
import { nbdOf } from './disks.js'
import { endMigration } from './end.js'
import { filterArrival } from './filter.js'
import { has, Migrate } from './flags.js'
import { type Migration, ownCapabilities, saveParameters, tune } from './leaving.js'
import { type Listener, listenerFor } from './listener.js'
import { watchDriver } from './loss.js'
import { migrationIn } from './phases.js'
import { allowPinning, requireMemoryLimit } from './pinned-memory.js'
import { prepareRecovery } from './recovery.js'
import type { MigrationRequest } from './request.js'
import { checkRoads } from './roads.js'
import { checkFlags, checkTlsForced } from './safety.js'
import { parseTarget } from './target.js'
import { tlsParameters } from './tls.js'
import { capabilitiesFor, type Tuning, tuningOf } from './tuning.js'
import { TunnelIn } from './tunnel.js'

/** Prepares. @throws VirtError why the guest cannot come; nothing is then left of it */
export async function prepare(
  state: QemuState,
  call: Call,
  request: MigrationRequest,
  cookieIn: Uint8Array,
  flags: number,
): Promise<Prepared> {
  if (has(flags, Migrate.tunnelled)) throw internalError('Tunnelled migration requested but invalid RPC method called')
  return await prepareAny(state, call, request, cookieIn, flags)
}

/** Prepares for a guest that comes through the connection that this is asked on. @throws as `prepare` */
export async function prepareTunnel(
  state: QemuState,
  call: Call,
  request: MigrationRequest,
  cookieIn: Uint8Array,
  flags: number,
): Promise<PreparedTunnel> {
  if (!has(flags, Migrate.tunnelled)) throw internalError('PrepareTunnel called but no TUNNELLED flag set')
  const { stream, cookieOut } = await prepareAny(state, call, request, cookieIn, flags)
  if (stream === undefined) throw internalError('no tunnel was made')
  return { stream, cookieOut }
}

async function prepareAny(
  state: QemuState,
  call: Call,
  request: MigrationRequest,
  cookieIn: Uint8Array,
  flags: number,
): Promise<Prepared> {
  checkRoads(request, flags)
  const tuning = tuningOf(request, flags, 'destination')
  const xml = request.text('destination_xml')
  if (xml === undefined) throw internalError('no domain XML passed')
  const sent = await state.read(xml)
  const name = request.text('destination_name') ?? sent.name
  const document = name === sent.name ? sent : { ...sent, name }
  return await permitted(call, subjectOf(document), flags, async () => {
    const uri = request.text('migrate_uri')
    if (uri !== undefined) parseTarget(uri)
    checkFlags(flags, 'destination')
    checkTlsForced(state.settings, flags)
    if (has(flags, Migrate.postcopyResume))
      return await prepareRecovery(state, call, name, request, cookieIn, flags, sent.name)
    return await prepareFresh(state, call, { document, from: sent.name, request, tuning, cookieIn, flags })
  })
}

interface Arrival {
  readonly document: Domain
  /** The guest's name at the source. */
  readonly from: string
  readonly request: MigrationRequest
  readonly tuning: Tuning
  readonly cookieIn: Uint8Array
  readonly flags: number
}

async function prepareFresh(state: QemuState, call: Call, arrival: Arrival): Promise<Prepared> {
  const { from, request, tuning, cookieIn, flags } = arrival
  const filtered = await filterArrival(state, arrival.document)
  const document = filtered ?? arrival.document
  const cookie = await readCookie(state, cookieIn, { name: from, uuid: document.uuid ?? '' }, 'prepare')
  checkDisksPort(request)
  const offline = has(flags, Migrate.offline)
  const uri = has(flags, Migrate.tunnelled) ? undefined : request.text('migrate_uri')
  const byRdma = uri !== undefined && parseTarget(uri).scheme === 'rdma'
  if (byRdma) requireMemoryLimit(document)
  const existing = owner(state, document, !offline)
  const domain = existing ?? recordFor(state, document)
  if (existing === undefined) state.domains.add(domain)
  state.arrivalErrors.delete(domain.name)
  return await domain.jobs.runAsync(call, migrationIn, async (job: MigrationJob) => {
    if (domain.active) throw alreadyActive(domain)
    const data = new MigrationData('destination', { flags, started: state.services.clock.now() })
    data.from = from
    job.info = data
    job.enter('prepare')
    const listener = await listenerOf(state, domain, request, data)
    if (offline) {
      watchOffline(state, call, domain)
      job.release()
      // parity: nobody comes there, but clients insist on being told where.
      return { uriOut: listener?.uriOut, cookieOut: await writeCookie(state, document, { from }) }
    }
    if (existing !== undefined)
      state.domains.change(domain, () => {
        if (domain.persistent) domain.keepNext()
        domain.def = document
      })
    let tunnel: TunnelIn | undefined
    try {
      data.made = await makeImages(state, domain.def, request, flags, cookie?.nbd)
      await startGuest(state, domain, job, {
        paused: true,
        reason: 0,
        detail: 0,
        incoming: 'defer',
        liveCpu: cookie?.cpu,
        pageFaults: has(flags, Migrate.postcopy),
      })
      const { run } = domain
      if (run === undefined) throw internalError('domain is not running')
      if (filtered !== undefined) await taint(state, domain, 'hook-script')
      rememberEnd(state, domain)
      const m: Migration = { state, domain, run, job, data, request, flags }
      if (byRdma) await allowPinning(m)
      const own = await ownCapabilities(run, data)
      await saveParameters(m)
      const on = capabilitiesFor(tuning, 'destination', own, remoteCapabilities(cookie))
      const bitmaps = own.has('dirty-bitmaps') ? await acceptedBitmaps(m, cookie?.blockDirtyBitmaps ?? []) : []
      await tune(m, on, new Map([...tuning.parameters, ...(await tlsParameters(m))]), bitmapMapping(m, bitmaps, false))
      const port = await serveDisks(m)
      data.status = 'migrating'
      if (listener === undefined) tunnel = await TunnelIn.open(state.native, run.monitor)
      await takeFrom(run, (listener ?? tunnel)?.address ?? '')
      arrived(state, domain)
      await domain.status?.saved()
      tie(state, call, domain)
      watchDriver(state, domain, call.connection)
      const cookieOut = await writeCookie(state, domain.def, {
        from,
        graphics: true,
        capabilities: { own, side: 'destination' },
        bitmaps,
        nbd: data.servesDisks ? await nbdOf(domain.def, run, port) : undefined,
      })
      job.release()
      return { uriOut: listener?.uriOut, cookieOut, stream: tunnel }
    } catch (error) {
      tunnel?.abort()
      await abandon(state, domain)
      await removeImages(data.made)
      throw error
    } finally {
      if (domain.run === undefined) endMigration(state, domain)
    }
  })
}

/** Where the guest is to come to; undefined through a tunnel. @throws VirtError; nothing is then left of it */
async function listenerOf(
  state: QemuState,
  domain: QemuDomain,
  request: MigrationRequest,
  data: MigrationData,
): Promise<Listener | undefined> {
  if (has(data.flags, Migrate.tunnelled)) return undefined
  try {
    return await listenerFor(state, request, data)
  } catch (error) {
    await abandon(state, domain)
    endMigration(state, domain)
    throw error
  }
}

/** The guest is here, and waits. */
function arrived(state: QemuState, domain: QemuDomain): void {
  state.domains.change(domain, (change) => {
    domain.state = State.paused
    domain.reason = Reason.paused.migrating
    change.emit('domain', 'lifecycle', {
      dom: refOf(domain),
      event: Event.started.type,
      detail: Event.started.migrated,
    })
  })
}

/** Why QEMU ended is kept under the guest's name: nobody may ask before it is forgotten. */
function rememberEnd(state: QemuState, domain: QemuDomain): void {
  const { run, name } = domain
  if (run === undefined) return
  void run.monitor.closed.then(async () => {
    if (run.ending !== undefined || state.closing.aborted) return
    state.arrivalErrors.set(name, unexpectedEnd(domain, await lastWords(run.log, run.logged)))
  })
}

/** Ends what was begun of a guest that does not come. */
async function abandon(state: QemuState, domain: QemuDomain): Promise<void> {
  const { run } = domain
  if (run === undefined) {
    if (!domain.persistent && state.domains.byUuid(domain.uuid) === domain) {
      state.domains.remove(domain)
      domain.dispose()
    }
    return
  }
  const ending = run.ending ?? { ...endings.failed, silent: domain.reason === Reason.paused['starting up'] }
  await endQuietly(state, run, ending).catch(() => {})
}

/** A definition that does not come is forgotten with its client. */
function watchOffline(state: QemuState, call: Call, domain: QemuDomain): void {
  const tied = call.connection.onClose(() => {
    endMigration(state, domain)
    if (domain.persistent || domain.active || state.domains.byUuid(domain.uuid) !== domain) return
    state.domains.remove(domain)
    domain.dispose()
  })
  const found = domain.jobs.async?.info
  if (found instanceof MigrationData) found.watch(tied)
}

/** A name that a guest can be looked up by. @throws VirtError */
export function requireName(name: string | undefined): string {
  if (name === undefined || name === '') throw invalidArg('missing domain name')
  return name
}
