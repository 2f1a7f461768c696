// SPDX-License-Identifier: LGPL-2.1-or-later
// Guests that outlived a daemon: those that are written down are taken up again; of those that are not, nothing is left.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Process } from '@virt/native'
import type { StoredDocument } from '@virt/stateful'
import type { QemuCaps } from '../capabilities/caps.js'
import { isFlag } from '../capabilities/flags.js'
import type { Happening } from '../domain/life.js'
import { recordFor } from '../domain/owner.js'
import type { QemuDomain } from '../domain/record.js'
import { Reason, State } from '../domain/states.js'
import { parseStatus, type Status } from '../domain/status.js'
import { endHelpers } from '../helpers/program.js'
import { isMigration, takeUpMigration } from '../migration/restart.js'
import { asObject, booleanOf, textOf } from '../monitor/json-access.js'
import { Monitor } from '../monitor/monitor.js'
import { unixTransport } from '../monitor/transport.js'
import { findGroup, sweepGroups } from '../resources/group.js'
import { giveResourcesBack } from '../resources/host-resources.js'
import type { QemuState } from '../state.js'
import { agentChannel, connectAgent } from './agent-channel.js'
import { happen } from './happen.js'
import { askAll, implicitOf } from './inspect.js'
import { turnFoundLinks } from './link-turns.js'
import { noteMemory } from './memory-figures.js'
import { removePidFile } from './pid-file.js'
import { portsOf } from './prepare.js'
import type { RunFacts } from './run.js'
import { removeFolders } from './run-folders.js'
import { begin } from './start.js'
import { noProcess } from './status-file.js'
import { destroy, endings, endProcess, powerDown, settle } from './stop.js'
import { removeTransientImages } from './transient-disks.js'

type Found = Status & { readonly id: number }

/** Takes up all guests that run. One that cannot be taken up keeps nobody else from it. */
export async function reattachAll(state: QemuState): Promise<void> {
  const stored = await state.statuses.load()
  const taken = await Promise.all(stored.map((one) => reattachStored(state, one)))
  const known = new Set(taken.flatMap((folder) => (folder === undefined ? [] : [folder])))
  await endOrphans(state, known)
  await sweepGroups(state)
}

/** @returns the folder of the guest's run */
async function reattachStored(state: QemuState, { name, text, path }: StoredDocument): Promise<string | undefined> {
  const { log } = state.services
  let found: Found
  try {
    found = parseStatus(text)
  } catch (error) {
    log.error(`${path}: ${(error as Error).message}`)
    return undefined
  }
  state.usedId(found.id)
  try {
    await reattach(state, found)
  } catch (error) {
    log.warn(`${name} did not outlast the daemon before: ${(error as Error).message}`)
    await lost(state, found)
  }
  return found.libFolder
}

/** The record of a guest that runs, with the number and the document of its run. */
function recordOf(state: QemuState, found: Found): QemuDomain {
  const existing = state.domains.byUuid(found.document.uuid ?? '')
  const domain = existing ?? recordFor(state, found.document)
  const adopt = (): void => {
    if (existing !== undefined) existing.keepNext()
    domain.def = found.document
    domain.id = found.id
    domain.state = found.state
    domain.reason = found.reason
  }
  if (existing === undefined) state.domains.add(domain, adopt)
  else state.domains.change(existing, adopt)
  return domain
}

async function capsOf(state: QemuState, { document, flags }: Found): Promise<QemuCaps> {
  const caps = await state.programs.get(document.devices?.emulator ?? '')
  // The program may be another one by now; the process is what it was.
  return { ...caps, flags: new Set(flags.filter(isFlag)) }
}

async function reattach(state: QemuState, found: Found): Promise<void> {
  const { services, native } = state
  if (found.pid === noProcess) {
    await endOrphan(state, found.libFolder)
    throw new Error('its start was cut short')
  }
  const process = native.processes.open(found.pid)
  let monitor: Monitor
  let caps: QemuCaps
  try {
    caps = await capsOf(state, found)
    monitor = await Monitor.open(unixTransport(native, found.monitorPath), {
      clock: services.clock,
      name: found.document.name ?? '',
      deadline: 30_000,
    })
  } catch (error) {
    await endStranger(state, process, found)
    throw error
  }
  const domain = recordOf(state, found)
  for (const port of portsOf(found.document)) state.ports.hold(port)
  const facts: RunFacts = {
    pid: found.pid,
    monitorPath: found.monitorPath,
    libFolder: found.libFolder,
    channelFolder: found.channelFolder,
    vcpus: found.vcpus,
    iothreads: [],
    askedCpu: found.askedCpu,
    namespaced: found.namespaced,
    implicit: new Set(),
    group: await findGroup(state, found.pid, found.id, domain.name),
    nodes: found.nodes,
    caps,
  }
  const log = state.log(domain.name)
  const run = begin(state, domain, facts, process, monitor, log)
  run.rebooting = found.rebooting
  for (const name of found.taints) run.taints.add(name)
  domain.agentTimeout = found.agentTimeout
  const asked = await askAll(monitor)
  facts.vcpus = asked.vcpus
  facts.iothreads = asked.iothreads
  facts.implicit = implicitOf(domain.def, asked)
  if (isMigration(found.job) && found.job.type !== 'destroy') {
    await takeUpMigration(state, domain, run, found.job, found.memoryLock)
    return
  }
  await noteMemory(state, domain, monitor, false)
  const begun = await catchUp(state, domain)
  const channel = agentChannel(domain.def)
  if (channel?.target?.type === 'virtio' && channel.target.state === 'connected') connectAgent(state, domain, run, true)
  // A daemon that was about to destroy it has asked for nothing else; and one that had not come to its first instruction was nobody's.
  if (found.job?.type === 'destroy') await destroy(state, domain, false)
  else if (!begun) await destroy(state, domain, false, endings.failed)
  domain.status?.changed()
}

/** What happened while nobody listened. @returns whether the guest has begun: its start may have been cut short */
async function catchUp(state: QemuState, domain: QemuDomain): Promise<boolean> {
  const { run } = domain
  if (run === undefined) return true
  const status = asObject(await run.monitor.command('query-status')) ?? {}
  const running = booleanOf(status, 'running') ?? false
  const text = textOf(status, 'status')
  await turnFoundLinks(state, domain, run, running)
  if (domain.state === State.paused && domain.reason === Reason.paused['starting up']) {
    // It was let go, which was not written down any more.
    if (running)
      state.domains.change(domain, () => {
        domain.state = State.running
        domain.reason = Reason.running.booted
      })
    return running
  }
  if (text === 'shutdown') {
    run.shutdownSeen = true
    happen(state, domain, 'powered down')
    powerDown(state, domain, run)
  } else if (running && domain.state === State.paused) happen(state, domain, 'continued by itself')
  else if (!running && domain.state === State.running) happen(state, domain, stopsBy[text ?? ''] ?? 'stopped by itself')
  return true
}

/** Why a guest stands still, by QEMU's states. */
const stopsBy: Readonly<Record<string, Happening>> = {
  'io-error': 'stopped by ioerror',
  watchdog: 'stopped by watchdog',
  'guest-panicked': 'panicked',
}

/** A process that cannot be talked with is ended, if it is the one that was meant. */
async function endStranger(state: QemuState, process: Process, { libFolder }: Found): Promise<void> {
  using held = process
  if (await isGuestOf(held.pid, libFolder)) await endProcess(state, held, false).catch(() => {})
}

/** Whether a process is a QEMU with this folder: numbers of processes are given anew. */
async function isGuestOf(pid: number, libFolder: string): Promise<boolean> {
  const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return libFolder !== '' && words.includes(libFolder)
}

/** The guest has ended while nobody looked, or while a daemon was about to clear away what it had. */
async function lost(state: QemuState, found: Found): Promise<void> {
  const { document, namespaced, pid } = found
  await endHelpers(state, found.libFolder)
  // The files of one that was leaving may be another host's guest's by now; of one that had not come to be, nobody knows how many it got.
  const files = isMigration(found.job) ? 'none' : pid === noProcess ? 'given' : 'all'
  await giveResourcesBack(state, document, { group: undefined, namespaced }, files).catch((error: unknown) =>
    state.services.log.error(`${document.name}: ${(error as Error).message}`),
  )
  await removeTransientImages(document).catch((error: Error) => state.services.log.warn(error.message))
  await removeFolders(found)
  await removePidFile(state, document.name ?? '')
  await state.statuses.remove(found.document.name ?? '')
  const domain = state.domains.byUuid(found.document.uuid ?? '')
  if (domain === undefined || !domain.active) {
    if (domain !== undefined)
      state.domains.change(domain, () => {
        domain.reason = endings.crashed.reason
      })
    return
  }
  settle(state, domain, endings.crashed)
}

/** The process of a guest, by its folder: the key in it is on its command line. */
async function processOf({ native }: QemuState, folder: string): Promise<Process | undefined> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  for (const name of names)
    if (await isGuestOf(Number(name), `${folder}/`))
      try {
        return native.processes.open(Number(name))
      } catch {
        // It has ended meanwhile.
      }
  return undefined
}

/** Ends the process of a guest, if it has one, that no daemon has written down. */
async function endOrphan(state: QemuState, folder: string): Promise<void> {
  using process = await processOf(state, folder)
  if (process === undefined) return
  await endProcess(state, process, false).catch((error: Error) => state.services.log.error(error.message))
}

/** Processes of a daemon that ended before it had written them down. @param known folders of those that are */
async function endOrphans(state: QemuState, known: ReadonlySet<string>): Promise<void> {
  const { paths, services } = state
  const names = await readdir(paths.lib).catch(() => [])
  const folders = names.filter((name) => /^domain-\d+-/.test(name)).map((name) => join(paths.lib, name))
  for (const folder of folders) {
    if (known.has(folder)) continue
    services.log.warn(`${folder} is of a guest that nobody knows any more`)
    await endOrphan(state, folder)
    const channelFolder = join(paths.channels, folder.slice(folder.indexOf('domain-') + 'domain-'.length))
    await endHelpers(state, folder)
    await removeFolders({ libFolder: folder, channelFolder })
  }
}
