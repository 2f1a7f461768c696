// SPDX-License-Identifier: LGPL-2.1-or-later
// From the monitor's greeting to the guest's first instruction.
import type { Domain } from '@virt/conf'
import { type QemuDomain, refOf } from '../domain/record.js'
import { Event, Reason, State } from '../domain/states.js'
import type { Monitor } from '../monitor/monitor.js'
import { turnMacvtaps } from '../resources/macvtaps.js'
import { placeThread } from '../resources/threads.js'
import type { QemuState } from '../state.js'
import { agentAwaited } from './agent-channel.js'
import { callHook } from './hook.js'
import { askAll, implicitOf } from './inspect.js'
import { takeLiveCpu } from './live-cpu.js'
import { noteMemory, setBalloon } from './memory-figures.js'
import { setResetAction } from './reset-action.js'
import type { Run, RunFacts } from './run.js'
import { plugHotpluggable } from './sockets.js'
import type { StartOptions } from './start-options.js'
import { withTerminals } from './terminals.js'
import { throttleAll } from './throttle.js'

/** All that is between the monitor's greeting and the first instruction. */
export async function bringUp(state: QemuState, domain: QemuDomain, run: Run, options: StartOptions): Promise<void> {
  await plugHotpluggable(domain.def, run.monitor)
  const found = await askAll(run.monitor)
  run.facts.vcpus = found.vcpus
  run.facts.iothreads = found.iothreads
  run.facts.implicit = implicitOf(domain.def, found)
  if (found.firstCpu !== undefined) await takeLiveCpu(state, domain, run, found.firstCpu)
  await placeThreads(state, domain.def, run.facts)
  state.domains.change(domain, () => {
    domain.def = withTerminals(domain.def, found.characters)
  })
  await setPasswords(domain.def, run.monitor)
  await tellOfMigrations(run.monitor)
  await throttleAll(domain.def, run.monitor)
  await setBalloon(domain.def, run.monitor)
  await setResetAction(domain.def, run.facts.caps, run.monitor)
  if (options.incoming === undefined) await noteMemory(state, domain, run.monitor, true)
  // A new daemon has to find it, should this one end the next moment.
  await domain.status?.saved()
  if (options.incoming !== undefined) return
  if (!options.paused) {
    await turnMacvtaps(state.native, domain.def, true)
    run.expected = 'resume'
    await run.monitor.command('cont')
    run.expected = undefined
  }
  agentAwaited(state, domain)
  state.domains.change(domain, (change) => {
    const emit = (event: number, detail: number): void =>
      change.emit('domain', 'lifecycle', { dom: refOf(domain), event, detail })
    domain.managedSave = false
    if (options.paused) {
      domain.state = State.paused
      domain.reason = Reason.paused.user
      emit(Event.started.type, options.detail)
      emit(Event.suspended.type, Event.suspended.paused)
      return
    }
    domain.state = State.running
    domain.reason = options.reason
    emit(Event.resumed.type, Event.resumed.unpaused)
    emit(Event.started.type, options.detail)
  })
  // One that waits looks to a new daemon like one whose start was cut short, until it is written down.
  if (options.paused) await domain.status?.saved()
  await callHook(state, domain, 'started')
}

/** QEMU tells how far its migrations are only where it is asked to, once for all of them. */
async function tellOfMigrations(monitor: Monitor): Promise<void> {
  await monitor.command('migrate-set-capabilities', { capabilities: [{ capability: 'events', state: true }] })
}

/** Puts the threads of the guest's processors where they belong. */
async function placeThreads(state: QemuState, document: Domain, facts: RunFacts): Promise<void> {
  const { group, vcpus, iothreads } = facts
  for (const vcpu of vcpus) await placeThread(state, group, document, 'vcpu', vcpu)
  for (const thread of iothreads) await placeThread(state, group, document, 'iothread', thread)
}

/** Passwords of displays never are on a command line. */
async function setPasswords({ devices }: Domain, monitor: Monitor): Promise<void> {
  for (const one of devices?.graphics ?? []) {
    if ((one.type !== 'vnc' && one.type !== 'spice') || one.passwd === undefined) continue
    const protocol = one.type
    await monitor.command('set_password', { protocol, password: one.passwd, connected: one.connected ?? 'keep' })
    const time =
      one.passwdValidTo === undefined ? 'never' : String(Math.floor(Date.parse(`${one.passwdValidTo}Z`) / 1000))
    await monitor.command('expire_password', { protocol, time })
  }
}
