// SPDX-License-Identifier: LGPL-2.1-or-later
// What becomes of a guest whose kernel has given up, or whose watchdog has barked: as its document says.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runName } from '../command/short-name.js'
import type { QemuDomain } from '../domain/record.js'
import { Event, Reason, State } from '../domain/states.js'
import { dumpGuest } from '../save/dump.js'
import type { QemuState } from '../state.js'
import { happen, type Occasion } from './happen.js'
import { resetGuest } from './reboot.js'
import type { Ending, Run } from './run.js'
import { endQuietly } from './stop.js'

/** How a guest ends that is not to go on after its crash. */
const crashed: Ending = { reason: Reason.shutoff.crashed, detail: Event.stopped.crashed }

const two = (value: number): string => String(value).padStart(2, '0')

/** Where a dump goes that nobody has asked for. */
async function dumpPath(state: QemuState, domain: QemuDomain): Promise<string> {
  const folder = state.settings.auto_dump_path ?? join(state.paths.lib, 'dump')
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const now = new Date(state.services.clock.now())
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-')
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(':')
  return join(folder, `${runName(domain.id, domain.name)}-${day}-${time}`)
}

async function dump(state: QemuState, domain: QemuDomain, memoryOnly: boolean): Promise<void> {
  await dumpGuest(state, undefined, domain, {
    path: await dumpPath(state, domain),
    format: 'elf',
    crash: false,
    live: false,
    bypassCache: state.settings.auto_dump_bypass_cache,
    reset: false,
    memoryOnly,
    flags: 0,
  })
}

async function follow(state: QemuState, domain: QemuDomain, run: Run, policy: string): Promise<void> {
  if (policy.startsWith('coredump-')) await dump(state, domain, true)
  if (domain.run !== run) return
  if (policy.endsWith('restart')) await resetGuest(state, domain, run)
  else if (policy.endsWith('destroy') && run.ending === undefined) await endQuietly(state, run, crashed)
}

/** The guest's kernel has given up. */
export function afterPanic({ state, domain, run }: Occasion): void {
  if (!happen(state, domain, 'panicked')) return
  follow(state, domain, run, domain.def.on_crash ?? 'destroy').catch((error: unknown) => {
    state.services.log.error(`${domain.name}: after its crash: ${(error as Error).message}`)
  })
}

/** The guest stands because its watchdog has barked: where it is to be dumped then, it is, and goes on. */
export function afterWatchdog(state: QemuState, domain: QemuDomain): void {
  if (domain.def.devices?.watchdogs.some(({ action }) => action === 'dump') !== true) return
  const work = async (): Promise<void> => {
    await dump(state, domain, false)
    const { run } = domain
    if (run === undefined || domain.state !== State.paused) return
    await domain.jobs.run(undefined, 'modify', async (job) => {
      await job.wait(run.monitor.command('cont'))
    })
  }
  work().catch((error: unknown) => {
    state.services.log.error(`${domain.name}: after its watchdog: ${(error as Error).message}`)
  })
}
