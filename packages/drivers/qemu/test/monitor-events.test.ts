// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { State } from '../src/domain/states.js'
import { knownEvents } from '../src/process/monitor-events.js'
import { delivered, runningGuest } from './guest.js'

describe('events of QEMU', () => {
  it.each<[string, object, number, string[]]>([
    ['STOP', {}, State.paused, ['lifecycle 3/0']],
    ['RESUME', {}, State.running, []],
    ['RESET', {}, State.running, ['reboot']],
    ['SUSPEND', {}, State.pmsuspended, ['pmsuspend 0', 'lifecycle 7/0']],
    ['GUEST_PANICKED', {}, State.crashed, ['lifecycle 8/0']],
    ['WATCHDOG', { action: 'pause' }, State.paused, ['watchdog 1', 'lifecycle 3/3']],
    ['WATCHDOG', { action: 'reset' }, State.running, ['watchdog 2']],
    ['RTC_CHANGE', { offset: 3600 }, State.running, ['rtcChange 3600']],
    ['BALLOON_CHANGE', { actual: 2097152 }, State.running, ['balloonChange 2048']],
    ['DEVICE_DELETED', { device: 'net0', path: '/machine' }, State.running, ['deviceRemoved net0']],
    ['DEVICE_DELETED', { path: '/machine' }, State.running, []],
    ['NOBODY_KNOWS_IT', {}, State.running, []],
  ])('%s %j', async (event, data, state, expected) => {
    const { domain, told, tell } = await runningGuest()
    tell(event, data)
    expect(domain.state).toBe(state)
    await delivered()
    expect(told).toEqual(expected)
  })

  it('are no news where they answer what was asked for', async () => {
    const { domain, told, tell, run } = await runningGuest()
    run.expected = 'stop'
    tell('STOP')
    await delivered()
    expect(told).toEqual([])
    expect(domain.state).toBe(State.running)
  })

  it('wake a guest that sleeps', async () => {
    const { domain, told, tell } = await runningGuest()
    tell('SUSPEND')
    await delivered()
    told.length = 0
    tell('WAKEUP')
    expect(domain.state).toBe(State.running)
    await delivered()
    expect(told).toEqual(['pmwakeup 0', 'lifecycle 2/4'])
  })

  it('end a guest that powers down', async () => {
    const { domain, told, tell, run } = await runningGuest()
    tell('SHUTDOWN', { guest: true, reason: 'guest-shutdown' })
    expect(domain.state).toBe(State.shutdown)
    await delivered()
    expect(told).toEqual(['lifecycle 6/1'])
    expect(run.ending).toMatchObject({ reason: 1, detail: 0 })
    await run.process.wait()
  })

  it('show who is at the other end of a channel', async () => {
    const { domain, tell } = await runningGuest()
    tell('VSERPORT_CHANGE', { id: 'channel0', open: true })
    expect(domain.xml(false, {})).toContain("state='connected'")
    tell('VSERPORT_CHANGE', { id: 'channel0', open: false })
    expect(domain.xml(false, {})).toContain("state='disconnected'")
  })

  it('of a run that is over change nothing', async () => {
    const { domain, told, tell } = await runningGuest()
    domain.run = undefined
    for (const event of knownEvents) tell(event, { id: 'channel0', device: 'net0', offset: 1, actual: 1 })
    await delivered()
    expect(told).toEqual([])
    expect(domain.state).toBe(State.running)
  })
})
