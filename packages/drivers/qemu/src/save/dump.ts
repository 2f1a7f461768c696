// SPDX-License-Identifier: LGPL-2.1-or-later
// Dumping: a guest's memory in a file, for whoever wants to know what was in it.
import type { Call } from '@virt/core'
import { type AsyncKind, asyncKind, type JobKind, requireActive } from '@virt/stateful'
import type { QemuDomain } from '../domain/record.js'
import { Event, Reason, State } from '../domain/states.js'
import { invalidArg, operationFailed, operationUnsupported } from '../errors.js'
import { type DataJob, JobData, JobOperation } from '../jobs/data.js'
import { requireRun } from '../jobs/wait.js'
import { checkState } from '../migration/obstacles.js'
import { asObject, bigintOf, textOf, textsOf } from '../monitor/json-access.js'
import type { Ending, Run } from '../process/run.js'
import { endQuietly } from '../process/stop.js'
import { runOf } from '../slots/impact.js'
import type { QemuState } from '../state.js'
import { createFile, discard, whyFull } from './image-file.js'
import { formatOf, goOn, standStill } from './save.js'
import { complete, fileJob, migrateToFile } from './to-file.js'

/** `virDomainCoreDumpFormat` with QEMU's names. */
export const dumpFormats = ['elf', 'kdump-zlib', 'kdump-lzo', 'kdump-snappy', 'win-dmp'] as const
export type DumpFormat = (typeof dumpFormats)[number]

/** How a guest is dumped. */
export interface DumpOptions {
  readonly path: string
  readonly format: DumpFormat
  /** It ends afterwards. */
  readonly crash: boolean
  /** It runs on meanwhile. */
  readonly live: boolean
  readonly bypassCache: boolean
  /** It is reset afterwards. */
  readonly reset: boolean
  /** Memory alone, in a form that debuggers read; else the whole state. */
  readonly memoryOnly: boolean
  readonly flags: number
}

const beside: readonly JobKind[] = ['query', 'abort', 'suspend', 'migrationOp']
const dumping: AsyncKind = asyncKind('dump', beside)

/** How a guest ends that was to end with its dump. */
const crashed: Ending = { reason: Reason.shutoff.crashed, detail: Event.stopped.crashed }

/** Asks whether QEMU can write a form. @throws VirtError `invalid-arg` */
async function requireFormat(run: Run, format: DumpFormat): Promise<void> {
  const answer = asObject(await run.monitor.command('query-dump-guest-memory-capability')) ?? {}
  if (!textsOf(answer, 'formats').includes(format))
    throw invalidArg(`unsupported dumpformat '${format}' for this QEMU binary`)
}

/** Has QEMU write the memory alone. */
async function dumpMemory(
  _state: QemuState,
  domain: QemuDomain,
  run: Run,
  data: JobData,
  fd: number,
  format: DumpFormat,
): Promise<void> {
  if (format !== 'elf') await requireFormat(run, format)
  const { monitor } = run
  await monitor.command('getfd', { fdname: 'dump' }, { fds: [fd] })
  run.dumped = undefined
  data.status = 'migrating'
  await monitor.command('dump-guest-memory', { paging: false, protocol: 'fd:dump', format, detach: true })
  const told = await domain.jobs.until(() => {
    requireRun(domain, run)
    return run.dumped
  })
  const result = asObject(told.result) ?? {}
  data.figures = {
    memory_total: bigintOf(result, 'total') ?? 0n,
    memory_processed: bigintOf(result, 'completed') ?? 0n,
    memory_remaining: 0n,
  }
  if (textOf(result, 'status') === 'completed') return
  throw operationFailed(`memory-only dump failed: ${textOf(told, 'error') ?? 'for unknown reason'}`)
}

async function dumpTo(
  state: QemuState,
  domain: QemuDomain,
  run: Run,
  data: JobData,
  options: DumpOptions,
): Promise<void> {
  const { path, format, memoryOnly, bypassCache } = options
  const packed = memoryOnly ? 'raw' : formatOf(state.settings.dump_image_format, 'dump')
  const file = await createFile(path)
  try {
    if (memoryOnly) await dumpMemory(state, domain, run, data, file.fd, format)
    else if (format !== 'elf')
      throw operationUnsupported('kdump-compressed format is only supported with memory-only dump')
    else {
      await checkState(domain, run)
      await migrateToFile(state, domain, run, data, file.fd, { format: packed, bypassCache })
    }
    await file.sync()
    await file.close()
  } catch (error) {
    const full = await whyFull(path, file)
    await discard(path, file)
    throw full ?? error
  }
}

/**
 * Dumps a guest.
 * @throws VirtError; the guest then runs on as before
 */
export async function dumpGuest(
  state: QemuState,
  call: Call | undefined,
  domain: QemuDomain,
  options: DumpOptions,
): Promise<void> {
  await domain.jobs.runAsync(call, dumping, async (job: DataJob) => {
    requireActive(domain)
    const run = runOf(domain)
    const { crash, live, memoryOnly, reset } = options
    const data = memoryOnly
      ? memoryJob(state, job, options.flags)
      : fileJob(state, JobOperation.dump, job, options.flags)
    // What writes the whole state stops the guest in any case.
    const ran = domain.state === State.running
    if (!live) await standStill(state, domain, run, 'dumping')
    let ended = false
    try {
      await dumpTo(state, domain, run, data, options)
      // libvirt keeps no figures of a dump of the memory alone.
      if (!memoryOnly) complete(state, domain, data)
      if (crash) {
        await endQuietly(state, run, crashed)
        ended = true
      }
    } finally {
      if (!ended && domain.run === run) {
        if (reset) await run.monitor.command('system_reset').catch(() => {})
        if (ran) await goOn(state, domain, run, Reason.running.unpaused)
      }
    }
  })
}

function memoryJob(state: QemuState, job: DataJob, flags: number): JobData {
  const data = new JobData(JobOperation.dump, { measure: 'dump', flags, started: state.services.clock.now() })
  job.info = data
  return data
}
