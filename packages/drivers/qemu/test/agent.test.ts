// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { Agent, refusalOf } from '../src/agent/agent.js'
import { fsFreeze, shutdown } from '../src/agent/commands.js'
import { type FarEnd, pipe } from '../src/testing/pipe.js'
import { FakeClock, settle } from './fake-clock.js'

function channel(answer: (command: { execute: string; arguments?: { id?: number } }, far: FarEnd) => void): {
  agent: Agent
  far: FarEnd
  clock: FakeClock
} {
  const clock = new FakeClock()
  const { near, far } = pipe()
  far.onLine = (line) => answer(JSON.parse(line), far)
  return { agent: new Agent(near, { clock }), far, clock }
}

const sentinel = Buffer.from([0xff])

describe('the guest agent', () => {
  it('is asked only after what an earlier client has left is out of the way', async () => {
    const { agent } = channel(({ execute, arguments: args }, far) => {
      if (execute !== 'guest-sync-delimited') return far.write('{"return": 3}\n')
      far.write('turn": {"old": true}}\n{"return": 99}\n')
      far.write(Buffer.concat([sentinel, Buffer.from(`{"return": ${args?.id}}\n`)]))
    })
    expect(await fsFreeze(agent)).toBe(3)
    expect(await fsFreeze(agent)).toBe(3)
  })

  it('that does not answer the first question is not available', async () => {
    const { agent, clock } = channel(() => {})
    const answer = fsFreeze(agent).catch((error: unknown) => error)
    await clock.pass(5000)
    expect(await answer).toMatchObject({
      number: 86,
      message: 'Guest agent is not responding: Guest agent not available for now',
    })
  })

  it('whose answer was late is brought into step again', async () => {
    let syncs = 0
    let slow = true
    const { agent, far, clock } = channel(({ execute, arguments: args }, end) => {
      if (execute === 'guest-sync-delimited') {
        syncs++
        return end.write(`{"return": ${args?.id}}\n`)
      }
      if (!slow) end.write('{"return": "now"}\n')
    })
    agent.responseTimeout = -1
    const late = agent.command('guest-info').catch((error: unknown) => error)
    await settle()
    await clock.pass(5000)
    expect(await late).toMatchObject({ number: 86 })
    slow = false
    far.write('{"return": "late"}\n')
    expect(await agent.command('guest-info')).toBe('now')
    expect(syncs).toBe(2)
  })

  it('need not answer what ends the guest', async () => {
    const { agent } = channel(({ execute, arguments: args }, far) => {
      if (execute === 'guest-sync-delimited') far.write(`{"return": ${args?.id}}\n`)
      else agent.notify('shutdown')
    })
    await shutdown(agent, 'powerdown')
  })

  it('tells what it refuses', async () => {
    const { agent } = channel(({ execute, arguments: args }, far) => {
      if (execute === 'guest-sync-delimited') return far.write(`{"return": ${args?.id}}\n`)
      far.write('{"error": {"class": "CommandNotFound", "desc": "no such command"}}\n')
    })
    const error = await agent.command('guest-x').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      message: "internal error: unable to execute QEMU agent command 'guest-x': no such command",
    })
    expect(refusalOf(error)).toBe('CommandNotFound')
  })

  it('that disappears leaves nobody waiting', async () => {
    const { agent, far, clock } = channel(() => {})
    const answer = agent.command('guest-info').catch((error: unknown) => error)
    await settle()
    far.end()
    expect(await answer).toMatchObject({ number: 86 })
    await expect(agent.command('guest-info')).rejects.toMatchObject({ number: 86 })
    expect(clock.pending).toBe(0)
  })
})
