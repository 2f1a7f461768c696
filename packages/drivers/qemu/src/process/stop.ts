// SPDX-License-Identifier: LGPL-2.1-or-later
// The end of a run, however it comes: by us, by the guest, by a crash.
import { ErrorNumber } from '@virt/core'
import type { Process } from '@virt/native'
import type { ObjectLog } from '@virt/stateful'
import { type QemuDomain, refOf } from '../domain/record.js'
import { Event, Reason, State, stateTexts } from '../domain/states.js'
import { qemuError } from '../errors.js'
import { endHelpers } from '../helpers/program.js'
import { keepsTpm, removeTpm } from '../helpers/tpm.js'
import { endMigration } from '../migration/end.js'
import { giveResourcesBack } from '../resources/host-resources.js'
import type { QemuState } from '../state.js'
import { tellHooks } from './hook.js'
import { removePidFile } from './pid-file.js'
import { portsOf } from './prepare.js'
import { resetGuest } from './reboot.js'
import type { Ending, Run } from './run.js'
import { removeFolders } from './run-folders.js'
import { stamp } from './stamp.js'
import { removeTransientImages } from './transient-disks.js'

/** How runs end, by who or what ended them. */
export const endings: Readonly<Record<'shutdown' | 'destroyed' | 'crashed' | 'failed' | 'migrated', Ending>> = {
  shutdown: { reason: Reason.shutoff.shutdown, detail: Event.stopped.shutdown, unasked: true },
  destroyed: { reason: Reason.shutoff.destroyed, detail: Event.stopped.destroyed },
  crashed: { reason: Reason.shutoff.crashed, detail: Event.stopped.failed, unasked: true },
  failed: { reason: Reason.shutoff.failed, detail: Event.stopped.failed },
  migrated: { reason: Reason.shutoff.migrated, detail: Event.stopped.migrated, keepsFiles: true },
}

/** Milliseconds that a process gets to end by itself, and to vanish when it was made to. */
const patience = { term: 10_000, kill: 5_000 }

/**
 * Ends a process.
 * @param gently ask only
 * @throws VirtError `operation-failed`: it does not end
 */
export async function endProcess(state: QemuState, process: Process, gently: boolean): Promise<void> {
  const steps = gently ? (['SIGTERM'] as const) : (['SIGTERM', 'SIGKILL'] as const)
  for (const signal of steps) {
    if (process.ended) return
    try {
      process.kill(signal)
    } catch (error) {
      // It ended between the question and the signal.
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return
      throw error
    }
    if (await endsWithin(state, process, signal === 'SIGTERM' ? patience.term : patience.kill)) return
  }
  throw qemuError(
    ErrorNumber.SYSTEM_ERROR,
    `Failed to terminate process ${process.pid} with ${gently ? 'SIGTERM' : 'SIGKILL'}: Device or resource busy`,
  )
}

async function endsWithin({ services }: QemuState, process: Process, ms: number): Promise<boolean> {
  const stop = new AbortController()
  using _timer = services.clock.after(ms, () => stop.abort())
  return await process.wait({ signal: stop.signal }).then(
    () => true,
    (error: unknown) => {
      if (stop.signal.aborted) return false
      throw error
    },
  )
}

/**
 * Destroys a guest that runs, and waits until nothing is left of it.
 * @throws as `endProcess`; the guest then runs on
 */
export async function destroy(
  state: QemuState,
  domain: QemuDomain,
  gently: boolean,
  ending: Ending = endings.destroyed,
): Promise<void> {
  // A start that has not come so far yet: there is a process to end soon, or it fails by itself.
  const run = await domain.jobs.until(() => domain.run ?? (domain.active ? undefined : 'gone'))
  if (run === 'gone') return
  const before = run.ending
  run.ending ??= ending
  try {
    await endProcess(state, run.process, gently)
  } catch (error) {
    run.ending = before
    throw error
  }
  await run.gone
}

/** Whether a guest that has powered down is to start again: people are not told that it was down at all. */
export function startsAgain({ def }: QemuDomain, { rebooting }: Run): boolean {
  return rebooting || def.on_poweroff === 'restart'
}

/** The guest has powered down: it starts again where that was asked for, else its process ends. */
export function powerDown(state: QemuState, domain: QemuDomain, run: Run): void {
  const work = async (): Promise<void> => {
    if (startsAgain(domain, run)) await resetGuest(state, domain, run)
    else {
      run.ending = endings.shutdown
      await endProcess(state, run.process, false)
    }
  }
  work().catch((error: unknown) => {
    state.services.log.error(`${domain.name}: after its shutdown: ${(error as Error).message}`)
  })
}

/**
 * Ends a guest whose state is elsewhere by now, and waits until nothing is left of it.
 * @throws as `endProcess`
 */
export async function endQuietly(state: QemuState, run: Run, ending: Ending): Promise<void> {
  run.ending = ending
  // What QEMU says of its end is no news.
  run.monitor.close()
  await endProcess(state, run.process, false)
  await run.gone
}

/** How a run has ended that nobody ended. */
function endingOf({ unborn, shutdownSeen }: Run): Ending {
  if (unborn) return { ...endings.failed, silent: true }
  return shutdownSeen ? endings.shutdown : endings.crashed
}

/** Watches a run; everything of it is gone when this settles. */
export async function watchRun(state: QemuState, domain: QemuDomain, run: Run): Promise<void> {
  const signal = state.closing
  try {
    await run.process.wait({ signal })
  } catch (error) {
    // We end, not the guest: the next daemon looks after it.
    if (signal.aborted) return
    throw error
  }
  // What QEMU said last comes before its end.
  await run.monitor.closed
  domain.jobs.newLife()
  const ending = run.ending ?? endingOf(run)
  await clear(state, domain, run, ending)
  // A long job that nobody works on ends with what it was about.
  const long = domain.jobs.async
  if (long?.owner === undefined) endMigration(state, domain)
  settle(state, domain, ending, ending.silent !== true)
}

/** Removes what a run had on the host. */
async function clear(state: QemuState, domain: QemuDomain, run: Run, ending: Ending): Promise<void> {
  const { facts, log } = run
  run.agent?.close()
  run.monitor.close()
  run.process.close()
  run.logs[Symbol.dispose]()
  for (const port of portsOf(domain.def)) state.ports.give(port)
  await tellHooks(state, domain, 'stopped')
  await giveResourcesBack(state, domain.def, facts, ending.keepsFiles === true ? 'none' : 'all')
  await tellHooks(state, domain, 'release')
  await noteEnd(state, log, ending)
  await endHelpers(state, facts.libFolder)
  await removeTransientImages(domain.def).catch((error: Error) => state.services.log.warn(error.message))
  // What is the guest's elsewhere stays.
  const over = !domain.persistent && ending.keepsFiles !== true
  if (over && !keepsTpm(domain.def)) await removeTpm(state, domain.def)
  await removeFolders(facts)
  await removePidFile(state, domain.name)
  await domain.status?.remove()
}

/** The last line of a run in its log, or of what should have been one. */
export async function noteEnd({ services }: QemuState, log: ObjectLog, { reason }: Ending): Promise<void> {
  const { reason: text } = stateTexts(State.shutoff, reason)
  await log.append(`${stamp(services.clock.now())}: shutting down, reason=${text}\n`).catch(() => {})
}

/** The record is of a guest that does not run: told of, unless it never did. */
export function settle(state: QemuState, domain: QemuDomain, ending: Ending, told = true): void {
  state.domains.change(domain, (change) => {
    const before = refOf(domain)
    domain.state = State.shutoff
    domain.reason = ending.reason
    domain.run = undefined
    domain.status = undefined
    domain.id = -1
    domain.useNext()
    if (told)
      change.emit('domain', 'lifecycle', {
        dom: ending.unasked === true ? before : refOf(domain),
        event: Event.stopped.type,
        detail: ending.detail,
      })
  })
  domain.jobs.poke()
  if (domain.persistent) return
  state.domains.remove(domain)
  domain.dispose()
}
