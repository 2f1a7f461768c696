// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Duplex } from 'node:stream'
import type { Logger } from '@virt/core'
import { FakeClock, wire } from '@virt/rpc/testing'
import { describe, expect, it } from 'vitest'
import { Entrance, type Prepared } from '../src/entrance.js'
import { defaultLimits, type Limits } from '../src/limits.js'
import { Patience } from '../src/patience.js'
import { Throttle } from '../src/throttle.js'

/** A house whose guests stay anonymous until they are told to leave. */
function house(limits: Partial<Limits> = {}) {
  const clock = new FakeClock()
  const inside: { source: string; duplex: Duplex }[] = []
  const lines: string[] = []
  const log = { debug() {}, info() {}, warn: (line: string) => void lines.push(line), error() {} } as Logger
  const entrance = new Entrance({
    clock,
    log,
    limits: { ...defaultLimits, maxAnonymousClients: 2, handshakeTimeout: 1000, authTimeout: 5000, ...limits },
    get size() {
      return inside.length
    },
    get anonymous() {
      return inside.length
    },
    anonymousFrom: (source) => inside.filter((one) => one.source === source).length,
    accept: (duplex, { source = '' }) => void inside.push({ source, duplex }),
  })
  const arrive = (source: string, prepare?: (signal: AbortSignal) => Promise<Prepared>, anonymous = true) => {
    const { peer: duplex, client } = wire()
    client.resume()
    const accepted = entrance.arrive({
      duplex,
      source,
      anonymous,
      prepare: prepare ?? (() => ({ duplex, peer: {} })),
    })
    return { accepted, duplex }
  }
  const leave = (): void => {
    inside.shift()
    entrance.next()
  }
  return { clock, entrance, inside, lines, arrive, leave, sources: () => inside.map(({ source }) => source) }
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('an entrance', () => {
  it('lets those in first whose source has the fewest inside', () => {
    const { arrive, leave, sources, entrance } = house()
    for (let i = 0; i < 5; i++) arrive('flood')
    arrive('somebody')
    expect([sources(), entrance.waiting]).toEqual([['flood', 'flood'], 4])
    leave()
    expect(sources()).toEqual(['flood', 'somebody'])
    leave()
    expect(sources()).toEqual(['somebody', 'flood'])
  })

  it('lets those pass who are known already', () => {
    const { arrive, sources } = house()
    for (let i = 0; i < 3; i++) arrive('flood')
    arrive('root', undefined, false)
    expect(sources()).toEqual(['flood', 'flood', 'root'])
  })

  it('counts handshakes, and gives up those that do not end', async () => {
    const { arrive, clock, entrance, sources, lines } = house()
    const never = (signal: AbortSignal): Promise<Prepared> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    const half = [arrive('slow', never), arrive('slow', never)]
    arrive('somebody')
    expect([sources(), entrance.waiting]).toEqual([[], 1])
    clock.advance(1000)
    await settled()
    expect(sources()).toEqual(['somebody'])
    expect(half.every(({ duplex }) => duplex.destroyed)).toBe(true)
    expect(lines).toEqual(Array(2).fill('client from slow: no handshake within 1000 ms'))
  })

  it('ends a connection whose handshake fails, and goes on', async () => {
    const { arrive, sources, lines } = house({ maxAnonymousClients: 1 })
    const { duplex } = arrive('odd', () => Promise.reject(new Error('that is no certificate')))
    arrive('somebody')
    await settled()
    expect([duplex.destroyed, sources(), lines]).toEqual([
      true,
      ['somebody'],
      ['client from odd: that is no certificate'],
    ])
  })

  it('lets nobody wait for ever, nor too many', () => {
    const { arrive, clock, entrance } = house({ maxQueuedClients: 1 })
    arrive('a')
    arrive('a')
    const waiting = arrive('a')
    expect(arrive('a').accepted).toBe(false)
    clock.advance(5000)
    expect([waiting.duplex.destroyed, entrance.waiting]).toEqual([true, 0])
  })

  it('makes place among those who wait for a source that has fewer of them', () => {
    const { arrive, entrance, lines, leave, sources } = house({ maxQueuedClients: 3 })
    const flood = [0, 1, 2, 3, 4].map(() => arrive('flood'))
    expect([arrive('flood').accepted, arrive('a').accepted, entrance.waiting]).toEqual([false, true, 3])
    // The last that came has gone, and only as long as that leaves more of them.
    expect(flood.map(({ duplex }) => duplex.destroyed)).toEqual([false, false, false, false, true])
    expect(lines).toEqual(['client from flood: too many wait, and fewer from a'])
    expect([arrive('a').accepted, arrive('b').accepted, arrive('c').accepted]).toEqual([false, true, false])
    for (const expected of ['a', 'flood', 'b']) {
      leave()
      expect(sources()[1]).toEqual(expected)
    }
  })

  it('turns everybody away when it is closed', () => {
    const { arrive, entrance } = house()
    arrive('a')
    arrive('a')
    const waiting = arrive('a')
    entrance.close()
    expect([waiting.duplex.destroyed, arrive('b').accepted]).toEqual([true, false])
  })
})

describe('patience', () => {
  it('does not count the time that we take ourselves', () => {
    const clock = new FakeClock()
    const over: string[] = []
    const patience = new Patience(clock, 1000, (why) => over.push(why))
    clock.advance(900)
    patience.asked()
    clock.advance(100_000)
    patience.answered()
    clock.advance(999)
    expect(over).toEqual([])
    clock.advance(1)
    expect(over).toEqual(['no authentication within 1000 ms'])
  })

  it('ends with who has come in, and with who asks without end', () => {
    const clock = new FakeClock()
    const over: string[] = []
    new Patience(clock, 1000, (why) => over.push(why)).end()
    clock.advance(10_000)
    const endless = new Patience(clock, 1000, (why) => over.push(why))
    for (let i = 0; i < 65; i++) {
      endless.asked()
      endless.answered()
    }
    expect(over).toEqual(['authentication takes too many calls'])
  })
})

describe('a throttle', () => {
  const clock = new FakeClock()
  const throttle = new Throttle(clock)
  const turn = async (source: string): Promise<unknown> => {
    let said: boolean | 'waits' = 'waits'
    void throttle.turn(source).then((may) => {
      said = may
    })
    await settled()
    return said
  }

  it('lets ten failures pass, then makes wait, then does not look any more', async () => {
    for (let i = 0; i < 10; i++) throttle.failed('a')
    expect([await turn('a'), await turn('b')]).toEqual([true, true])
    throttle.failed('a')
    expect(await turn('a')).toBe('waits')
    for (let i = 0; i < 30; i++) throttle.failed('a')
    expect([await turn('a'), await turn('b')]).toEqual([false, true])
  })

  it('forgets, after a while that has a bound', async () => {
    for (let i = 0; i < 1000; i++) throttle.failed('a')
    clock.advance(25_000)
    expect(await turn('a')).toBe(true)
  })
})
