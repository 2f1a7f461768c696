// SPDX-License-Identifier: LGPL-2.1-or-later
// How many may come in, how long they may take, and how they are let out.
import type { Duplex } from 'node:stream'
import { type Driver, DriverSet, processServices, type Services } from '@virt/core'
import { type Frame, FrameParser, FrameStatus, FrameType, FrameWriter, keepFrame, Program, procedures } from '@virt/rpc'
import { FakeClock, wire } from '@virt/rpc/testing'
import { describe, expect, it } from 'vitest'
import { type Authenticator, AuthType, noAuth, Server } from '../src/index.js'
import type { Limits } from '../src/limits.js'

const numberOf = (name: string): number =>
  procedures().find((p) => p.program === 'remote' && p.name === name)?.number ?? 0
const settled = async (): Promise<void> => {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** A driver whose host name comes when the test says so. */
function slow(): { driver: (services: Services) => Driver; answer: () => void } {
  let answer = (): void => {}
  const waiting = new Promise<string>((resolve) => {
    answer = () => resolve('here')
  })
  const driver = (): Driver => ({
    name: 'slow',
    spi: 1,
    schemes: ['slow'],
    supports: { connectGetHostname: {} },
    families: ['hypervisor'],
    open: () => ({ supports: { connectGetHostname: {} }, connectGetHostname: () => waiting, close() {} }),
  })
  return { driver, answer }
}

function bench(limits: Partial<Limits> = {}) {
  const clock = new FakeClock()
  const { driver, answer } = slow()
  const server = new Server({ drivers: new DriverSet([driver(processServices())]), limits, clock })
  return { server, clock, answer }
}

/** A client on the bare wire. */
class Raw {
  readonly replies: Frame[] = []
  readonly duplex: Duplex
  readonly served: Duplex
  readonly #writer = new FrameWriter()
  #serial = 0

  constructor() {
    const { client, peer } = wire()
    this.duplex = client
    this.served = peer
    // A listener of a daemon hands its sockets over unread.
    peer.pause()
    const parser = new FrameParser()
    client.on('data', (chunk: Buffer) => parser.push(chunk, (frame) => this.replies.push(keepFrame(frame))))
    client.on('error', () => {})
  }

  get gone(): boolean {
    return this.duplex.readableEnded || this.duplex.destroyed
  }

  call(name: string, encode?: (w: FrameWriter) => void): void {
    const w = this.#writer
    w.begin(Program.remote, numberOf(name), FrameType.call, this.#serial++, FrameStatus.ok)
    encode?.(w)
    w.end()
    this.duplex.write(w.take())
  }

  open(): void {
    this.call('CONNECT_OPEN', (w) => {
      w.int(1)
      w.string('slow:///', 100)
      w.int(0)
    })
  }
}

/** Lets in whoever says so by its polkit call. */
const asking = (): Authenticator => {
  let done = false
  return {
    ...noAuth,
    types: [AuthType.polkit],
    get done() {
      return done
    },
    polkit: () => {
      done = true
      return { complete: 1 }
    },
  }
}

describe('a server that is full', () => {
  it('lets the next wait unanswered, and serves it when there is room', async () => {
    const { server } = bench({ maxClients: 1 })
    const [first, second] = [new Raw(), new Raw()]
    expect(server.offer(first.served)).toBe(true)
    expect(server.offer(second.served)).toBe(true)
    first.call('AUTH_LIST')
    second.call('AUTH_LIST')
    await settled()
    expect([first.replies.length, second.replies.length, server.queued]).toEqual([1, 0, 1])
    first.duplex.destroy()
    await settled()
    expect([second.replies.length, server.clients.size, server.queued]).toEqual([1, 1, 0])
  })

  it('lets only so many wait', () => {
    const { server } = bench({ maxClients: 1, maxQueuedClients: 2 })
    const all = [new Raw(), new Raw(), new Raw(), new Raw()]
    expect(all.map((raw) => server.offer(raw.served))).toEqual([true, true, true, false])
  })

  it('forgets those who leave while they wait', async () => {
    const { server } = bench({ maxClients: 1 })
    const [first, second, third] = [new Raw(), new Raw(), new Raw()]
    for (const raw of [first, second, third]) server.offer(raw.served)
    second.served.destroy()
    await settled()
    expect(server.queued).toBe(1)
    first.duplex.destroy()
    third.call('AUTH_LIST')
    await settled()
    expect(third.replies).toHaveLength(1)
  })

  it('counts those who have not said who they are apart', async () => {
    const { server } = bench({ maxAnonymousClients: 1 })
    const [first, second] = [new Raw(), new Raw()]
    for (const raw of [first, second]) {
      server.offer(raw.served, { auth: asking() })
      raw.call('AUTH_LIST')
    }
    await settled()
    expect([server.anonymous, server.queued, second.replies.length]).toEqual([1, 1, 0])
    first.call('AUTH_POLKIT')
    await settled()
    expect([server.anonymous, server.queued, second.replies.length]).toEqual([1, 0, 1])
    second.duplex.destroy()
    await settled()
    expect(server.anonymous).toBe(0)
  })
})

describe('a client that does not say who it is', () => {
  it('is gone after a while', async () => {
    const { server, clock } = bench({ authTimeout: 1000 })
    const raw = new Raw()
    server.accept(raw.served, { auth: asking() })
    clock.advance(999)
    await settled()
    expect(raw.gone).toBe(false)
    clock.advance(1)
    await settled()
    expect(raw.gone).toBe(true)
    expect(clock.timers).toBe(0)
  })

  it('stays when it has said so in time', async () => {
    const { server, clock } = bench({ authTimeout: 1000 })
    const raw = new Raw()
    server.accept(raw.served, { auth: asking() })
    raw.call('AUTH_POLKIT')
    await settled()
    clock.advance(10_000)
    await settled()
    expect(raw.gone).toBe(false)
  })
})

describe('a server that closes', () => {
  it('lets calls under way be answered first', async () => {
    const { server, answer, clock } = bench()
    const raw = new Raw()
    server.accept(raw.served)
    raw.open()
    raw.call('CONNECT_GET_HOSTNAME')
    await settled()
    const closing = server.close(1000)
    raw.call('CONNECT_GET_HOSTNAME')
    await settled()
    expect(raw.replies).toHaveLength(1)
    answer()
    await closing
    await settled()
    expect(raw.replies.map((r) => r.status)).toEqual([FrameStatus.ok, FrameStatus.ok])
    expect(raw.gone).toBe(true)
    expect(clock.timers).toBe(0)
  })

  it('does not wait for ever', async () => {
    const { server, clock } = bench()
    const raw = new Raw()
    server.accept(raw.served)
    raw.open()
    raw.call('CONNECT_GET_HOSTNAME')
    await settled()
    const closing = server.close(1000)
    await settled()
    expect(raw.gone).toBe(false)
    clock.advance(1000)
    await closing
    expect(server.clients.size).toBe(0)
  })

  it('turns away those who wait', async () => {
    const { server } = bench({ maxClients: 1 })
    const [first, second] = [new Raw(), new Raw()]
    for (const raw of [first, second]) server.offer(raw.served)
    await server.close()
    await settled()
    expect([first.gone, second.gone, server.clients.size]).toEqual([true, true, 0])
  })
})
