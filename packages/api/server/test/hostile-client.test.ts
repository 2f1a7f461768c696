// SPDX-License-Identifier: LGPL-2.1-or-later
// Clients that ask for more than they take: what they make grow has a bound, and others get their turn.
import { Duplex } from 'node:stream'
import { type Driver, DriverSet } from '@virt/core'
import { type Frame, FrameParser, FrameStatus, FrameType, FrameWriter, keepFrame, Program, procedures } from '@virt/rpc'
import { FakeClock } from '@virt/rpc/testing'
import { describe, expect, it } from 'vitest'
import { Budget } from '../src/budget.js'
import { AuthType, noAuth, Server } from '../src/index.js'
import type { Limits } from '../src/limits.js'

const numberOf = (name: string): number =>
  procedures().find((p) => p.program === 'remote' && p.name === name)?.number ?? 0
const settled = async (rounds = 20): Promise<void> => {
  for (let i = 0; i < rounds; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** The daemon's end of a connection whose client reads only when it is told to. */
class Slow extends Duplex {
  readonly replies: Frame[] = []
  /** Bytes that the client has not taken. */
  taken = 0
  reading = true
  readonly #parser = new FrameParser()
  #held: (() => void) | undefined

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const take = (): void => {
      this.taken += chunk.length
      this.#parser.push(chunk, (frame) => this.replies.push(keepFrame(frame)))
      done()
    }
    if (this.reading) take()
    else this.#held = take
  }

  read_(): void {
    this.reading = true
    const held = this.#held
    this.#held = undefined
    held?.()
  }
}

const w = new FrameWriter()
function calls(name: string, count: number, encode: (w: FrameWriter) => void = () => {}): Buffer {
  for (let serial = 0; serial < count; serial++) {
    w.begin(Program.remote, numberOf(name), FrameType.call, serial, FrameStatus.ok)
    encode(w)
    w.end()
  }
  return w.take()
}

const document = 'x'.repeat(20_000)
const driver = (): Driver => ({
  name: 'talker',
  spi: 1,
  schemes: ['talker'],
  supports: { connectGetCapabilities: {} },
  families: ['hypervisor'],
  open: () => ({
    supports: { connectGetCapabilities: {} },
    connectGetCapabilities: () => document,
    connectGetLibVersion: () => 11003000n,
    close() {},
  }),
})

async function bench(limits: Partial<Limits> = {}) {
  const clock = new FakeClock()
  const log: string[] = []
  const add = (text: string): void => void log.push(text)
  const server = new Server({
    drivers: new DriverSet([driver()]),
    limits,
    clock,
    log: { debug: add, info: add, warn: add, error: add },
  })
  const client = async (): Promise<Slow> => {
    const duplex = new Slow()
    server.accept(duplex)
    duplex.push(
      calls('CONNECT_OPEN', 1, (x) => {
        x.int(1)
        x.string('talker:///', 100)
        x.int(0)
      }),
    )
    await settled()
    duplex.replies.length = 0
    duplex.taken = 0
    return duplex
  }
  return { server, client, log }
}

describe('a client that asks without reading', () => {
  it('is answered only as far as little waits for it, and in full when it reads', async () => {
    const { server, client } = await bench()
    const slow = await client()
    slow.reading = false
    slow.push(calls('CONNECT_GET_CAPABILITIES', 1000))
    await settled()
    expect(server.held.total).toBeGreaterThan(0)
    expect(server.held.total).toBeLessThan(1024 * 1024)
    slow.read_()
    await settled(2000)
    expect(slow.replies.map((r) => r.serial)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    expect(server.held.total).toBe(0)
  })

  it('does not keep others from their answers', async () => {
    const { client } = await bench()
    const [greedy, modest] = [await client(), await client()]
    greedy.push(calls('CONNECT_GET_CAPABILITIES', 5000))
    modest.push(calls('CONNECT_GET_LIB_VERSION', 1))
    await settled(3)
    expect(modest.replies).toHaveLength(1)
    expect(greedy.replies.length).toBeLessThan(5000)
  })

  it('costs nothing any more when it is gone', async () => {
    const { server, client } = await bench()
    const slow = await client()
    slow.reading = false
    slow.push(calls('CONNECT_GET_CAPABILITIES', 1000))
    await settled()
    slow.destroy()
    await settled()
    expect([server.held.total, server.clients.size]).toEqual([0, 0])
  })
})

describe('many clients that hold much together', () => {
  it('lose the one that holds most', async () => {
    const { server, client, log } = await bench({ maxHeld: 300_000 })
    const all = [await client(), await client(), await client()]
    for (const [i, one] of all.entries()) {
      one.reading = false
      one.push(calls('CONNECT_GET_CAPABILITIES', 4 + i))
    }
    await settled()
    expect(server.held.total).toBeLessThanOrEqual(300_000)
    expect(all.map((one) => one.destroyed).filter(Boolean)).toHaveLength(1)
    expect(log.join()).toContain('too much waits for all clients')
  })

  it('hold packets that never come whole, too', async () => {
    const { server, client } = await bench({ maxHeld: 600_000 })
    const all = [await client(), await client()]
    const part = Buffer.alloc(400_000)
    part.writeUInt32BE(33_000_000)
    for (const one of all) one.push(part)
    await settled()
    expect(all.map((one) => one.destroyed).sort()).toEqual([false, true])
    expect(server.held.total).toBe(400_000)
  })
})

describe('a client that has not said who it is', () => {
  it('may not send long packets', async () => {
    const { server } = await bench()
    const duplex = new Slow()
    duplex.on('error', () => {})
    server.accept(duplex, { auth: { ...noAuth, types: [AuthType.sasl], done: false } })
    const head = Buffer.alloc(28)
    head.writeUInt32BE(1_000_000)
    duplex.push(head)
    await settled()
    expect(duplex.destroyed).toBe(true)
  })
})

describe('a budget', () => {
  it('counts what each holds, and lets the largest go', () => {
    const gone: string[] = []
    const budget = new Budget<string>(10, (who, bytes) => gone.push(`${who} ${bytes}`))
    budget.hold('a', 4)
    budget.hold('b', 5)
    budget.hold('a', 2)
    expect([budget.total, gone]).toEqual([7, []])
    budget.hold('c', 4)
    expect([budget.total, gone]).toEqual([6, ['b 5']])
    budget.hold('a', 0)
    budget.hold('c', 0)
    expect(budget.total).toBe(0)
  })
})
