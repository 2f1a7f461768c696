// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { domain as documents } from '@virt/conf'
import { dirsBelow, eventIds, processServices } from '@virt/core'
import type { Native } from '@virt/native'
import { fakeNative } from '@virt/native/testing'
import { ObjectLog } from '@virt/stateful'
import { afterAll, describe, expect, it } from 'vitest'
import { noKey } from '../src/capabilities/caps.js'
import { recordFor } from '../src/domain/owner.js'
import type { QemuDomain } from '../src/domain/record.js'
import { State } from '../src/domain/states.js'
import { driverPaths } from '../src/host/paths.js'
import { readSettings } from '../src/host/settings.js'
import { Monitor } from '../src/monitor/monitor.js'
import { knownEvents, takeEvent } from '../src/process/monitor-events.js'
import type { Run } from '../src/process/run.js'
import { QemuState } from '../src/state.js'
import { pipe } from '../src/testing/pipe.js'

const root = mkdtempSync(join(tmpdir(), 'qemu-events-'))
afterAll(() => rmSync(root, { recursive: true }))

const names = [
  'lifecycle',
  'reboot',
  'watchdog',
  'rtcChange',
  'balloonChange',
  'deviceRemoved',
  'pmsuspend',
  'pmwakeup',
] as const
/** Events are handed over when whoever caused them is done. */
const delivered = () => new Promise((resolve) => setImmediate(resolve))

const channel = `<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/><alias name='channel0'/></channel>`

/** A guest that runs, and what is told of it. */
async function guest(): Promise<{
  domain: QemuDomain
  told: string[]
  tell: (event: string, data?: object) => void
  run: Run
}> {
  const services = processServices({ dirs: dirsBelow(root) })
  const paths = driverPaths('embed', services.dirs)
  const fake = fakeNative()
  // The fake is typed by what was built, the rest by its sources.
  const native = fake as unknown as Native
  const state = new QemuState({ services, native, paths, settings: await readSettings(paths) })
  const xml = `<domain type='qemu'><name>guest</name><uuid>f1f2f3f4-0000-4000-8000-000000000001</uuid><memory>4096</memory>
    <os><type arch='x86_64' machine='pc'>hvm</type></os><devices>${channel}</devices></domain>`
  const domain = recordFor(state, documents.parse(xml, { raw: true }))
  domain.id = 1
  domain.state = State.running
  state.domains.add(domain)
  const { near: transport } = pipe()
  const run: Run = {
    facts: {
      pid: 1000,
      monitorPath: '',
      libFolder: '',
      channelFolder: '',
      vcpus: [],
      nodes: 0,
      caps: {
        binary: '',
        version: 0,
        package: '',
        arch: '',
        flags: new Set(),
        accelerators: {},
        gic: [],
        sev: undefined,
        sgx: undefined,
        hyperv: undefined,
        key: noKey,
      },
    },
    process: native.processes.open(fake.kernel.processes.start()),
    monitor: Monitor.bare(transport, { clock: services.clock }),
    log: new ObjectLog(join(root, 'guest.log')),
    agent: undefined,
    rebooting: false,
    shutdownSeen: false,
    expected: undefined,
    ending: undefined,
    started: 0,
    gone: Promise.resolve(),
  }
  domain.run = run
  const told: string[] = []
  for (const key of names)
    state.events.subscribe(undefined, 'domain', eventIds.domain[key], undefined, ({ payload }) => {
      const { dom: _dom, ...rest } = payload as { dom: unknown }
      told.push(`${key} ${Object.values(rest).join('/')}`.trim())
    })
  const tell = (event: string, data: object = {}): void =>
    takeEvent(state, domain, run, { event, data: data as never, timestamp: { seconds: 0, microseconds: 0 } })
  return { domain, told, tell, run }
}

describe('events of QEMU', () => {
  it.each<[string, object, number, string[]]>([
    ['STOP', {}, State.paused, ['lifecycle 3/0']],
    ['RESUME', {}, State.running, []],
    ['RESET', {}, State.running, ['reboot']],
    ['SUSPEND', {}, State.pmsuspended, ['lifecycle 7/0', 'pmsuspend 0']],
    ['GUEST_PANICKED', {}, State.crashed, ['lifecycle 8/0']],
    ['WATCHDOG', { action: 'pause' }, State.paused, ['watchdog 1', 'lifecycle 3/3']],
    ['WATCHDOG', { action: 'reset' }, State.running, ['watchdog 2']],
    ['RTC_CHANGE', { offset: 3600 }, State.running, ['rtcChange 3600']],
    ['BALLOON_CHANGE', { actual: 2097152 }, State.running, ['balloonChange 2048']],
    ['DEVICE_DELETED', { device: 'net0', path: '/machine' }, State.running, ['deviceRemoved net0']],
    ['DEVICE_DELETED', { path: '/machine' }, State.running, []],
    ['NOBODY_KNOWS_IT', {}, State.running, []],
  ])('%s %j', async (event, data, state, expected) => {
    const { domain, told, tell } = await guest()
    tell(event, data)
    expect(domain.state).toBe(state)
    await delivered()
    expect(told).toEqual(expected)
  })

  it('are no news where they answer what was asked for', async () => {
    const { domain, told, tell, run } = await guest()
    run.expected = 'stop'
    tell('STOP')
    await delivered()
    expect(told).toEqual([])
    expect(domain.state).toBe(State.running)
  })

  it('wake a guest that sleeps', async () => {
    const { domain, told, tell } = await guest()
    tell('SUSPEND')
    await delivered()
    told.length = 0
    tell('WAKEUP')
    expect(domain.state).toBe(State.running)
    await delivered()
    expect(told).toEqual(['pmwakeup 0', 'lifecycle 2/4'])
  })

  it('end a guest that powers down', async () => {
    const { domain, told, tell, run } = await guest()
    tell('SHUTDOWN', { guest: true, reason: 'guest-shutdown' })
    expect(domain.state).toBe(State.shutdown)
    await delivered()
    expect(told).toEqual(['lifecycle 6/1'])
    expect(run.ending).toMatchObject({ reason: 1, detail: 0 })
    await run.process.wait()
  })

  it('show who is at the other end of a channel', async () => {
    const { domain, tell } = await guest()
    tell('VSERPORT_CHANGE', { id: 'channel0', open: true })
    expect(domain.xml(false, {})).toContain("state='connected'")
    tell('VSERPORT_CHANGE', { id: 'channel0', open: false })
    expect(domain.xml(false, {})).toContain("state='disconnected'")
  })

  it('of a run that is over change nothing', async () => {
    const { domain, told, tell } = await guest()
    domain.run = undefined
    for (const event of knownEvents) tell(event, { id: 'channel0', device: 'net0', offset: 1, actual: 1 })
    await delivered()
    expect(told).toEqual([])
    expect(domain.state).toBe(State.running)
  })
})
