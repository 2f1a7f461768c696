// SPDX-License-Identifier: LGPL-2.1-or-later
// Starting a guest: everything that comes before its first instruction, and taking all of it back when something fails.
import type { Cpu, Domain } from '@virt/conf'
import { ErrorNumber, errnoOf, isVirtError } from '@virt/core'
import type { Process, SpawnOptions } from '@virt/native'
import { type AsyncJob, type AsyncKind, asyncKind, type ObjectLog } from '@virt/stateful'
import { acceleratorOf, type QemuCaps } from '../capabilities/caps.js'
import type { QemuCommand, StartResources } from '../command/build.js'
import { lastNodeOf } from '../command/nodes.js'
import { buildCommand } from '../command/order.js'
import { prepareDocument } from '../command/prepare.js'
import { withMovedClock } from '../devices/time.js'
import type { QemuDomain } from '../domain/record.js'
import { Reason, State } from '../domain/states.js'
import { cpusForStart } from '../domain-capabilities/cpu-modes.js'
import { internalError } from '../errors.js'
import { startBeside } from '../helpers/beside.js'
import { endHelpers } from '../helpers/program.js'
import { secretValues } from '../helpers/secret-values.js'
import { nodesOf as nodesOfCpus, numaNodes } from '../host/numa.js'
import { commandSettings } from '../host/settings.js'
import { Monitor } from '../monitor/monitor.js'
import { unixTransport } from '../monitor/transport.js'
import { endLimits } from '../resources/bandwidth.js'
import { withPartition } from '../resources/group.js'
import { withHostDevices } from '../resources/host-devices.js'
import { type Taken, takeResources } from '../resources/host-resources.js'
import { removeMacvtaps } from '../resources/macvtaps.js'
import { checkNetworks } from '../resources/networks.js'
import { hasPrivateDevices } from '../resources/private-devices.js'
import { checkVsock, withVsockNumber } from '../resources/vsock.js'
import type { QemuState } from '../state.js'
import { bringUp } from './bring-up.js'
import { makeVariables } from './firmware-variables.js'
import { callHook, tellHooks } from './hook.js'
import { withImageChains } from './image-chains.js'
import { keepLogs } from './kept-logs.js'
import { lastWords, unexpectedEnd } from './last-words.js'
import { withLiveCpu } from './live-cpu.js'
import { memoryLockLimit } from './memory-lock.js'
import { takeEvent } from './monitor-events.js'
import { removePidFile, writePidFile } from './pid-file.js'
import { checkPreparable } from './preparable.js'
import { type Chosen, choose, portsOf } from './prepare.js'
import { ProcessFiles } from './resources.js'
import type { Run, RunFacts } from './run.js'
import { makeFolders, masterKeyOf, placesOf, removeFolders } from './run-folders.js'
import type { StartOptions } from './start-options.js'
import { startText } from './start-text.js'
import { statusOf, statusOfStart } from './status-file.js'
import { endings, endProcess, noteEnd, settle, watchRun } from './stop.js'
import { type Taint, taintsOfStart } from './taints.js'
import { makeTransientImages, removeTransientImages, withSharedDisks, withTransientImages } from './transient-disks.js'

/** Nothing but a destroy runs beside a start. */
export const starting: AsyncKind = asyncKind('start', [])

/**
 * Starts a guest.
 * @param job the long job that it is done in
 * @throws VirtError with why it did not start; nothing is then left of it
 */
export async function startGuest(
  state: QemuState,
  domain: QemuDomain,
  job: AsyncJob,
  options: StartOptions,
): Promise<void> {
  let caps: QemuCaps
  try {
    caps = await state.programs.get(domain.def.devices?.emulator ?? '')
    job.check()
    state.security.check(domain.def)
  } catch (error) {
    forget(state, domain)
    throw error
  }
  const id = state.nextId()
  const places = placesOf(state, domain, id)
  state.domains.change(domain, () => {
    if (domain.persistent) domain.keepNext()
    domain.id = id
    domain.state = State.paused
    domain.reason = Reason.paused['starting up']
  })
  job.newLife()
  const ports: number[] = []
  let askedCpu: Cpu | undefined
  try {
    await callHook(state, domain, 'prepare')
    const arriving = withLiveCpu(domain.def, options.liveCpu)
    askedCpu = arriving.asked
    const { document, ports: taken } = await prepared(state, arriving.document, caps, places, options)
    ports.push(...taken)
    state.domains.change(domain, () => {
      domain.def = withVsockNumber(state, domain, document)
    })
    await makeVariables(document, options.resetVariables === true, state.security.owner)
    await makeTransientImages(state, document)
    await makeFolders(state, document, places)
  } catch (error) {
    await giveUp(state, domain, places, ports)
    throw error
  }
  await launch(state, domain, job, options, { ...places, caps, askedCpu })
}

/** Nothing has begun: the record is as it was, and of a guest that only was to run nothing is left. */
function forget(state: QemuState, domain: QemuDomain): void {
  state.domains.change(domain, () => domain.useNext())
  if (domain.persistent) return
  state.domains.remove(domain)
  domain.dispose()
}

/** The document of this run. */
async function prepared(
  state: QemuState,
  given: Domain,
  caps: QemuCaps,
  places: Pick<RunFacts, 'libFolder' | 'channelFolder'>,
  { incoming }: StartOptions,
): Promise<Chosen> {
  checkPreparable(given)
  const accelerator = acceleratorOf(given.type)
  const cpus = cpusForStart(caps, accelerator, await state.processor())
  const whole = await withImageChains(await withHostParts(state, given), state.security.owner)
  const document = withPartition(
    state,
    state.security.label(
      withTransientImages(
        prepareDocument(whole, { cpus, settings: state.host.settings, incoming: incoming !== undefined }),
      ),
    ),
  )
  return await choose(state, withMovedClock(document, state.services.clock.now(), utcOffset), places)
}

/** The document with what of it is the host's to say. @throws VirtError */
async function withHostParts(state: QemuState, document: Domain): Promise<Domain> {
  await checkNetworks(state, document)
  const found = await withHostDevices(document)
  await checkVsock(found)
  return found
}

/** Seconds that the host's own time is ahead of UTC. @param at milliseconds since the epoch */
const utcOffset = (at: number): number => -new Date(at).getTimezoneOffset() * 60

/** Takes back what was done before there was a process. */
async function giveUp(
  state: QemuState,
  domain: QemuDomain,
  places: Pick<RunFacts, 'libFolder' | 'channelFolder'>,
  ports: readonly number[],
): Promise<void> {
  for (const port of ports) state.ports.give(port)
  await endHelpers(state, places.libFolder)
  await removeTransientImages(domain.def).catch((error: Error) => state.services.log.warn(error.message))
  await removeFolders(places)
  await state.statuses.remove(domain.name)
  // parity: scripts are told of the end also of what never began.
  await tellHooks(state, domain, 'stopped')
  await tellHooks(state, domain, 'release')
  await noteEnd(state, state.log(domain.name), endings.failed)
  settle(state, domain, endings.failed, false)
}

/** Leaves the host's links as they were. @param files of the start, which know how far it came */
async function leaveLinks(state: QemuState, document: Domain, files: ProcessFiles | undefined): Promise<void> {
  await removeMacvtaps(state, document, files?.links ?? [])
  await endLimits(document, files?.limited ?? [])
}

type Places = Pick<RunFacts, 'libFolder' | 'channelFolder' | 'monitorPath' | 'caps' | 'askedCpu'>

async function launch(
  state: QemuState,
  domain: QemuDomain,
  job: AsyncJob,
  options: StartOptions,
  places: Places,
): Promise<void> {
  const log = state.log(domain.name)
  let taken: Taken | undefined
  let process: Process
  let position: number
  let taints: readonly Taint[]
  let files: ProcessFiles | undefined
  try {
    await state.statuses.save(domain.name, statusOfStart(domain, { ...places, namespaced: hasPrivateDevices(state) }))
    const beside = await startBeside(state, domain.def, domain.id, places.libFolder)
    const secrets = await secretValues(state, domain.def, await masterKeyOf(places.libFolder))
    const at = { monitorPath: places.monitorPath, runFolder: state.paths.run }
    files = new ProcessFiles(state.native, at, beside, secrets, domain.fileGroups)
    const command = commandOf(state, domain.def, domain.id, places, files, options)
    await log.rotate()
    const output = await log.open()
    try {
      const fds = await files.openAll(domain.def, output)
      await callHook(state, domain, 'start')
      await output.appendFile(startText(state.services.clock.now(), places.caps, command)).catch(() => {})
      taints = await taintsOfStart(state, domain, log)
      position = await log.size()
      taken = await takeResources(state, domain.def, domain.id)
      process = await spawn(state, domain.def, command, { ...taken.spawn, ...privilegesOf(taken, options), fds })
    } finally {
      await files.close()
      await output.close()
    }
  } catch (error) {
    await taken?.rollback.run()
    await leaveLinks(state, domain.def, files)
    await giveUp(state, domain, places, portsOf(domain.def))
    throw error
  }
  let monitor: Monitor
  try {
    await writePidFile(state, domain.name, process.pid)
    monitor = await connect(state, domain, places.monitorPath)
  } catch (error) {
    await endProcess(state, process, false).catch(() => {})
    const said = await lastWords(log, position)
    process.close()
    await taken.rollback.run()
    await leaveLinks(state, domain.def, files)
    await giveUp(state, domain, places, portsOf(domain.def))
    await removePidFile(state, domain.name)
    // One that is merely slow has not ended.
    const ended = !isVirtError(error) || error.number === ErrorNumber.INTERNAL_ERROR
    throw ended || said !== '' ? unexpectedEnd(domain, said, causeOf(error)) : error
  }
  taken.devices?.close()
  const facts: RunFacts = {
    ...places,
    pid: process.pid,
    group: taken.group,
    namespaced: taken.devices !== undefined,
    implicit: new Set(),
    vcpus: [],
    iothreads: [],
    nodes: lastNodeOf(domain.def),
  }
  const run = begin(state, domain, facts, process, monitor, log)
  run.unborn = true
  run.logged = position
  for (const name of taints) run.taints.add(name)
  try {
    await job.wait(bringUp(state, domain, run, options))
    run.unborn = false
  } catch (error) {
    const ended = run.monitor.end !== undefined
    run.ending ??= { ...endings.failed, silent: true }
    await endProcess(state, process, false).catch(() => {})
    await run.gone
    throw ended ? unexpectedEnd(domain, await lastWords(log, position), causeOf(error)) : error
  }
}

function causeOf(error: unknown): { readonly cause?: unknown } {
  return isVirtError(error) ? { cause: error } : {}
}

/** What userfaultfd(2) asks for, where the guest would have no privileges at all. */
function privilegesOf({ spawn: { capabilities } }: Taken, { pageFaults }: StartOptions): Partial<SpawnOptions> {
  return capabilities === undefined || pageFaults !== true ? {} : { capabilities: [...capabilities, 'sys_ptrace'] }
}

/** The command line of a prepared document. @param id number of the guest; -1: there is none */
export function commandOf(
  state: QemuState,
  document: Domain,
  id: number,
  places: Omit<Places, 'monitorPath'>,
  files: StartResources,
  { incoming }: Pick<StartOptions, 'incoming'> = {},
): QemuCommand {
  const now = state.services.clock.now()
  const nodes = numaNodes()
  return buildCommand(withSharedDisks(document), {
    caps: places.caps,
    settings: commandSettings(state.settings, state.paths),
    host: {
      arch: state.programs.arch,
      pageSize: 4n,
      environment: globalThis.process.env,
      now,
      utcOffset,
      numaNodes: nodes.map((node) => node.id),
      nodesOf: (cpus) => nodesOfCpus(nodes, cpus),
    },
    paths: { lib: places.libFolder, channelTarget: places.channelFolder },
    start: files,
    id,
    paused: true,
    incoming,
  })
}

/** What of a start has failed, where that is not the program itself: its group, a descriptor, a folder. */
function failingCall(cause: unknown): string {
  const { syscall, path } = cause as NodeJS.ErrnoException
  return syscall === undefined || syscall === 'execve' ? '' : `${[syscall, path].filter(Boolean).join(' ')}: `
}

async function spawn(
  state: QemuState,
  document: Domain,
  { program, args, env }: QemuCommand,
  options: Partial<SpawnOptions>,
): Promise<Process> {
  try {
    const lock = memoryLockLimit(document)
    const { max_files: nofile, max_processes: nproc, max_core: core } = state.settings
    return await state.native.processes.spawn({
      ...options,
      file: program,
      args,
      env: Object.fromEntries(env),
      umask: 0o002,
      limits: {
        ...(lock === 0n ? {} : { memlock: lock === undefined ? 'unlimited' : lock * 1024n }),
        ...(nofile === undefined ? {} : { nofile }),
        ...(nproc === undefined ? {} : { nproc }),
        core,
      },
    })
  } catch (cause) {
    throw internalError(`cannot start ${program}: ${failingCall(cause)}${errnoOf(cause).text}`, { cause })
  }
}

/** How long QEMU may take until it greets, in milliseconds, more with every GiB that it has to make ready. */
function patienceFor({ maxMemory }: QemuDomain): number {
  return 30_000 + Number(maxMemory / (1024n * 1024n)) * 1000
}

async function connect(state: QemuState, domain: QemuDomain, path: string): Promise<Monitor> {
  return await Monitor.open(unixTransport(state.native, path), {
    clock: state.services.clock,
    name: domain.name,
    deadline: patienceFor(domain),
  })
}

/** From here on there is a run, which is watched. */
export function begin(
  state: QemuState,
  domain: QemuDomain,
  facts: RunFacts,
  process: Process,
  monitor: Monitor,
  log: ObjectLog,
): Run {
  const run: Run = {
    facts,
    process,
    monitor,
    log,
    agent: undefined,
    rebooting: false,
    shutdownSeen: false,
    expected: undefined,
    unborn: false,
    ending: undefined,
    logged: 0,
    dumped: undefined,
    tied: undefined,
    taints: new Set(),
    ioErrors: new Map(),
    namedImages: new Set(),
    addresses: new Map(),
    started: state.services.clock.now(),
    gone: Promise.resolve(),
    logs: keepLogs(state, domain, log),
  }
  domain.run = run
  domain.status = state.statuses.latest(domain.name, () => statusOf(domain))
  run.gone = watchRun(state, domain, run).catch((error: unknown) => {
    state.services.log.error(`${domain.name}: its end was not cleared up: ${(error as Error).message}`)
  })
  monitor.listen((event) => takeEvent(state, domain, run, event))
  // Whoever waits for something of this QEMU waits in vain.
  void monitor.closed.then(() => domain.jobs.poke())
  domain.jobs.poke()
  return run
}
