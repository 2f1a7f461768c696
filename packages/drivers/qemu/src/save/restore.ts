// SPDX-License-Identifier: LGPL-2.1-or-later
// Restoring: a process that waits for a state, the state out of an image, and the guest goes on.
import { type Cpu, checkAbiStability, type Domain } from '@virt/conf'
import type { AsyncJob } from '@virt/stateful'
import { type QemuDomain, refOf } from '../domain/record.js'
import { Event, Reason, State } from '../domain/states.js'
import { internalError } from '../errors.js'
import { JobData, JobOperation } from '../jobs/data.js'
import { waitForMigration } from '../jobs/wait.js'
import { agentAwaited } from '../process/agent-channel.js'
import { callHook } from '../process/hook.js'
import { takeFrom } from '../process/incoming.js'
import { lastWords, unexpectedEnd } from '../process/last-words.js'
import { noteMemory } from '../process/memory-figures.js'
import type { Run } from '../process/run.js'
import { startGuest } from '../process/start.js'
import { endings, endProcess } from '../process/stop.js'
import type { QemuState } from '../state.js'
import { readThrough } from './filters.js'
import type { SaveImage } from './header.js'
import type { OpenImage } from './image-file.js'
import { beginMigration } from './to-file.js'

/** The document of an image, or another one that the guest would not notice. @throws VirtError */
export async function documentOf(state: QemuState, image: SaveImage, dxml: string | undefined): Promise<Domain> {
  const document = await state.readKept(image.xml)
  if (dxml === undefined) return document
  const other = await state.read(dxml)
  checkAbiStability(document, other)
  return other
}

/** How a guest goes on. */
interface RestoreChoice {
  readonly running: boolean
  /** Its firmware forgets what it had noted. */
  readonly resetVariables: boolean
  /** What had come of its processor. */
  readonly liveCpu: Cpu | undefined
  /** It waits because whoever starts it wants that, and not because it did before. */
  readonly startPaused?: boolean
}

/**
 * Has a guest go on from an image. Its record has the image's document already.
 * @throws VirtError; nothing is then left of it
 */
export async function restoreGuest(
  state: QemuState,
  domain: QemuDomain,
  job: AsyncJob,
  { image, file }: OpenImage,
  choice: RestoreChoice,
): Promise<void> {
  const data = new JobData(JobOperation.restore, { measure: 'file', started: state.services.clock.now() })
  ;(job as AsyncJob<string, JobData>).info = data
  await startGuest(state, domain, job, {
    paused: true,
    reason: Reason.running.restored,
    detail: Event.started.restored,
    incoming: 'defer',
    resetVariables: choice.resetVariables,
    liveCpu: choice.liveCpu,
  })
  const { run } = domain
  if (run === undefined) throw internalError(`${domain.name} has ended`)
  run.unborn = true
  try {
    await takeIn(state, domain, run, data, file.fd, image)
    await begin(state, domain, run, choice)
  } catch (error) {
    const ended = run.monitor.end !== undefined
    run.ending ??= { ...endings.failed, silent: true }
    await endProcess(state, run.process, false).catch(() => {})
    await run.gone
    throw ended ? unexpectedEnd(domain, await lastWords(run.log, run.logged)) : error
  }
}

/** Has QEMU read the state. */
async function takeIn(
  { native }: QemuState,
  domain: QemuDomain,
  run: Run,
  data: JobData,
  fd: number,
  { format }: SaveImage,
): Promise<void> {
  const { monitor } = run
  const source = await readThrough(native, fd, format)
  try {
    await monitor.command('getfd', { fdname: 'migrate' }, { fds: [source.fd] })
    source.handedOver()
    await beginMigration(data, takeFrom(run, 'fd:migrate'))
    await waitForMigration(domain, run, data)
    await source.finish()
  } catch (error) {
    source.abort()
    throw error
  }
}

/** The guest is what it was: it runs, or waits for somebody to let it. */
async function begin(
  state: QemuState,
  domain: QemuDomain,
  run: Run,
  { running, startPaused = false }: RestoreChoice,
): Promise<void> {
  await noteMemory(state, domain, run.monitor, true)
  agentAwaited(state, domain)
  run.unborn = false
  state.domains.change(domain, (change) => {
    domain.state = State.paused
    // parity: why it stands still is what libvirt says of guests that have come from elsewhere.
    domain.reason = Reason.paused.migrating
    domain.managedSave = false
    change.emit('domain', 'lifecycle', {
      dom: refOf(domain),
      event: Event.started.type,
      detail: Event.started.restored,
    })
  })
  if (running) {
    run.expected = 'resume'
    await run.monitor.command('cont')
    run.expected = undefined
  }
  state.domains.change(domain, (change) => {
    const [{ type }, detail] = running
      ? [Event.resumed, Event.resumed.fromSnapshot]
      : [Event.suspended, startPaused ? Event.suspended.paused : Event.suspended.restored]
    if (running) {
      domain.state = State.running
      domain.reason = Reason.running.restored
    }
    change.emit('domain', 'lifecycle', { dom: refOf(domain), event: type, detail })
  })
  await domain.status?.saved()
  await callHook(state, domain, 'started')
}
