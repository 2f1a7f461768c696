// SPDX-License-Identifier: LGPL-2.1-or-later
// What QEMU tells unasked, and what comes of it. Each row is short: it changes the record and tells of it; what takes longer is started.
import type { Domain } from '@virt/conf'
import { formatJson } from '@virt/core'
import { type QemuDomain, refOf } from '../domain/record.js'
import { State } from '../domain/states.js'
import { jobDataOf } from '../jobs/data.js'
import { takeJobWord } from '../jobs/mirrors.js'
import { takeWord } from '../jobs/wait.js'
import { applyReaction } from '../migration/apply.js'
import { MigrationData, migratingOf } from '../migration/data.js'
import { afterResume, afterStop, afterWord } from '../migration/reactions.js'
import { bigintOf, booleanOf, textOf } from '../monitor/json-access.js'
import type { MonitorEvent } from '../monitor/monitor.js'
import type { QemuState } from '../state.js'
import { agentChannel, connectAgent, disconnectAgent } from './agent-channel.js'
import { afterPanic, afterWatchdog } from './crash.js'
import { deviceRows } from './device-events.js'
import { happen, type Occasion } from './happen.js'
import { turnLinks } from './link-turns.js'
import { withBalloon } from './memory-figures.js'
import type { Run } from './run.js'
import { takeUnplugged } from './sockets.js'
import { powerDown, startsAgain } from './stop.js'

function tell({ state, domain }: Occasion, key: 'reboot' | 'pmwakeup' | 'pmsuspend' | 'pmsuspendDisk'): void {
  state.domains.change(domain, (change) => {
    if (key === 'reboot') change.emit('domain', key, { dom: refOf(domain) })
    else change.emit('domain', key, { dom: refOf(domain), reason: 0 })
  })
}

const watchdogActions: Readonly<Record<string, number>> = {
  none: 0,
  pause: 1,
  reset: 2,
  poweroff: 3,
  shutdown: 4,
  debug: 5,
  'inject-nmi': 6,
}

/** The document with a channel's state changed. */
function withChannel(document: Domain, alias: string, connected: boolean): Domain {
  const { devices } = document
  if (devices === undefined) return document
  const channels = devices.channels.map((one) =>
    one.alias === alias && one.target?.type === 'virtio'
      ? { ...one, target: { ...one.target, state: connected ? ('connected' as const) : ('disconnected' as const) } }
      : one,
  )
  return { ...document, devices: { ...devices, channels } }
}

const rows: Readonly<Record<string, (occasion: Occasion) => void>> = {
  ...deviceRows,
  STOP({ state, domain, run }) {
    void turnLinks(state, domain, run, false)
    // A guest that powers down stands still, whether to end or to start again.
    if (run.expected === 'stop' || run.shutdownSeen) return
    const guest = migratingOf(domain)
    const reaction = guest === undefined ? undefined : afterStop(guest)
    if (reaction === undefined) happen(state, domain, 'stopped by itself')
    else {
      const data = jobDataOf(domain)
      if (data !== undefined) data.stopped = state.services.clock.now()
      applyReaction(state, domain, reaction)
    }
  },
  RESUME({ state, domain, run }) {
    void turnLinks(state, domain, run, true)
    if (run.expected === 'resume') return
    const guest = migratingOf(domain)
    const reaction = guest === undefined ? undefined : afterResume(guest)
    if (reaction === undefined) happen(state, domain, 'continued by itself')
    else applyReaction(state, domain, reaction)
  },
  SHUTDOWN(occasion) {
    const { state, domain, run, data } = occasion
    run.shutdownSeen = true
    run.agent?.notify('shutdown')
    const byGuest = booleanOf(data, 'guest') ?? true
    if (startsAgain(domain, run)) {
      powerDown(state, domain, run)
      return
    }
    happen(state, domain, byGuest ? 'powered down' : 'powered down by host')
    // Whoever ends it now goes on doing so.
    if (run.ending === undefined) powerDown(state, domain, run)
  },
  RESET(occasion) {
    const { run } = occasion
    run.agent?.notify('reset')
    tell(occasion, 'reboot')
  },
  SUSPEND(occasion) {
    occasion.run.agent?.notify('suspend')
    // parity: of what was asked for people are told before it shows in the state.
    if (occasion.domain.state === State.running) tell(occasion, 'pmsuspend')
    happen(occasion.state, occasion.domain, 'suspended to memory')
  },
  SUSPEND_DISK(occasion) {
    occasion.run.agent?.notify('suspend')
    if (occasion.domain.state === State.running) tell(occasion, 'pmsuspendDisk')
    happen(occasion.state, occasion.domain, 'suspended to disk')
  },
  WAKEUP(occasion) {
    tell(occasion, 'pmwakeup')
    happen(occasion.state, occasion.domain, 'woken up')
  },
  GUEST_PANICKED: afterPanic,
  WATCHDOG({ state, domain, data }) {
    const action = textOf(data, 'action') ?? 'none'
    state.domains.change(domain, (change) => {
      change.emit('domain', 'watchdog', { dom: refOf(domain), action: watchdogActions[action] ?? 0 })
    })
    if (action === 'pause' && happen(state, domain, 'stopped by watchdog')) afterWatchdog(state, domain)
  },
  RTC_CHANGE({ state, domain, data }) {
    const told = bigintOf(data, 'offset')
    if (told === undefined) return
    const { clock } = domain.def
    // QEMU counts from when it was told that the guest's clock began, which the document moves.
    const offset = clock?.offset === 'variable' ? told + (clock.adjustment0 ?? 0n) : told
    state.domains.change(domain, (change) => {
      if (clock?.offset === 'variable') domain.def = { ...domain.def, clock: { ...clock, adjustment: String(offset) } }
      change.emit('domain', 'rtcChange', { dom: refOf(domain), offset })
    })
  },
  BALLOON_CHANGE({ state, domain, data }) {
    const actual = bigintOf(data, 'actual')
    if (actual === undefined) return
    state.domains.change(domain, (change) => {
      domain.def = withBalloon(domain.def, actual / 1024n)
      change.emit('domain', 'balloonChange', { dom: refOf(domain), actual: actual / 1024n })
    })
  },
  MIGRATION({ state, domain, data }) {
    const job = jobDataOf(domain)
    const word = textOf(data, 'status')
    if (job === undefined || word === undefined) return
    takeWord(job, word)
    if (word === 'postcopy-recover-setup' && job instanceof MigrationData) job.announcesRecovery = true
    const guest = migratingOf(domain)
    const reaction = guest === undefined ? {} : afterWord(guest, word)
    applyReaction(state, domain, reaction)
    domain.jobs.poke()
    if (reaction.finish === true) state.completeUnattended(domain)
  },
  MIGRATION_PASS({ state, domain, data }) {
    const pass = bigintOf(data, 'pass')
    if (jobDataOf(domain) === undefined || pass === undefined) return
    state.domains.change(domain, (change) =>
      change.emit('domain', 'migrationIteration', { dom: refOf(domain), iteration: Number(pass) }),
    )
  },
  SPICE_MIGRATE_COMPLETED({ domain }) {
    const job = jobDataOf(domain)
    if (job instanceof MigrationData && job.viewers !== undefined) job.viewers = 'gone'
    domain.jobs.poke()
  },
  JOB_STATUS_CHANGE({ domain, data }) {
    takeJobWord(jobDataOf(domain), textOf(data, 'id') ?? '', textOf(data, 'status'))
    domain.jobs.poke()
  },
  BLOCK_JOB_COMPLETED({ domain, data }) {
    takeJobWord(jobDataOf(domain), textOf(data, 'device') ?? '', undefined, textOf(data, 'error'))
    domain.jobs.poke()
  },
  DUMP_COMPLETED({ domain, run, data }) {
    run.dumped = data
    domain.jobs.poke()
  },
  DEVICE_DELETED(occasion) {
    const { state, domain, data } = occasion
    const alias = textOf(data, 'device')
    if (alias === undefined) return
    // Of processors people are not told.
    if (takeUnplugged(occasion, alias)) return domain.jobs.poke()
    state.domains.change(domain, (change) =>
      change.emit('domain', 'deviceRemoved', { dom: refOf(domain), devAlias: alias }),
    )
    domain.jobs.poke()
  },
  VSERPORT_CHANGE({ state, domain, run, data }) {
    const alias = textOf(data, 'id') ?? ''
    const open = booleanOf(data, 'open') ?? false
    state.domains.change(domain, () => {
      domain.def = withChannel(domain.def, alias, open)
    })
    if (agentChannel(domain.def)?.alias !== alias) return
    if (open) connectAgent(state, domain, run)
    else disconnectAgent(state, domain, run)
  },
}

/** Who listens to the monitor itself gets everything as it came. */
function passOn({ events }: QemuState, domain: QemuDomain, { event, data, timestamp }: MonitorEvent): void {
  if (!events.has('qemuMonitor', 0)) return
  events.emit('qemuMonitor', 'qemuMonitorEvent', {
    dom: refOf(domain),
    event,
    seconds: timestamp.seconds,
    micros: timestamp.microseconds,
    details: Object.keys(data).length === 0 ? undefined : formatJson(data),
  })
}

/** Takes an event. Events of a guest that is no more change nothing. */
export function takeEvent(state: QemuState, domain: QemuDomain, run: Run, told: MonitorEvent): void {
  if (domain.run !== run || domain.state === State.shutoff) return
  passOn(state, domain, told)
  const { event, data } = told
  rows[event]?.({ state, domain, run, data })
}

/** Names of the events that something comes of, for tests. */
export const knownEvents: readonly string[] = Object.keys(rows)
