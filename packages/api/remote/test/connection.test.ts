// SPDX-License-Identifier: LGPL-2.1-or-later
import { VirtError } from '@virt/core'
import { later } from '@virt/rpc/testing'
import { describe, expect, it } from 'vitest'
import { bench, dom, settled } from './session-over-memory.js'

const info = { state: 1, maxMem: 1024, memory: 512, nrVirtCpu: 2, cpuTime: 7 }

describe('opening a connection', () => {
  it('authenticates, asks for keepalive, opens, and asks for what events need', async () => {
    const b = await bench()
    await settled()
    expect(b.peer.names).toEqual([
      'AUTH_LIST',
      'CONNECT_SUPPORTS_FEATURE',
      'CONNECT_OPEN',
      'CONNECT_SUPPORTS_FEATURE',
      'CONNECT_REGISTER_CLOSE_CALLBACK',
    ])
    expect(b.peer.calls.map((c) => c.frame.serial)).toEqual([0, 1, 2, 3, 4])
    expect(b.peer.last('CONNECT_OPEN').args).toEqual({ name: 'test:///default', flags: 0 })
    await b.conn.close()
    expect(b.peer.names.at(-1)).toBe('CONNECT_CLOSE')
  })

  it('leaves out of the name what concerns the client alone', async () => {
    const b = await bench({}, { uri: 'qemu+unix:///system?socket=/x&mode=legacy&color=red', readOnly: true })
    expect(b.peer.last('CONNECT_OPEN').args).toEqual({ name: 'qemu:///system?color=red', flags: 1 })
  })

  it('asks the daemon for its URI when the client names none', async () => {
    const b = await bench({ CONNECT_GET_URI: () => ({ uri: 'qemu:///system' }) }, { uri: 'remote:' })
    expect(b.peer.last('CONNECT_OPEN').args).toEqual({ name: '', flags: 0 })
    expect(b.conn.uri).toBe('qemu:///system')
  })

  it('hands on the error of the daemon and leaves nothing behind', async () => {
    const refused = new VirtError('no connection driver available for foo:///', { number: 5, domain: 0 })
    const opening = bench({
      CONNECT_OPEN: () => {
        throw refused
      },
    })
    await expect(opening).rejects.toMatchObject({ code: 'no-connect', message: refused.message })
  })

  it('authenticates by polkit when the daemon wants it', async () => {
    const b = await bench({ AUTH_LIST: () => ({ types: [2] }), AUTH_POLKIT: () => ({ complete: 1 }) })
    expect(b.peer.names.slice(0, 2)).toEqual(['AUTH_LIST', 'AUTH_POLKIT'])
  })

  it.each([
    ['test+unix:///default?auth=polkit', [0], 'authentication failed: requested authentication type polkit rejected'],
    ['test+unix:///default?auth=sasl.PLAIN', [0], 'authentication failed: requested authentication type sasl rejected'],
    ['test+unix:///default?auth=magic', [0], 'authentication failed: unknown authentication type magic'],
    ['test+unix:///default', [9], 'authentication failed: unsupported authentication type 9'],
  ])('refuses what %s cannot have', async (uri, types, message) => {
    const opening = bench({ AUTH_LIST: () => ({ types }) }, { uri })
    await expect(opening).rejects.toMatchObject({ code: 'auth-failed', domain: 13, message })
  })

  it('ends at once when the signal says so, however far it has come', async () => {
    for (const silent of ['AUTH_LIST', 'CONNECT_OPEN']) {
      const abort = new AbortController()
      const opening = bench({ [silent]: () => later }, { signal: abort.signal })
      await settled()
      abort.abort(new Error('enough'))
      await expect(opening).rejects.toMatchObject({ code: 'aborted' })
    }
  })
})

describe('calls', () => {
  it('take their answers in any order', async () => {
    const b = await bench({ DOMAIN_GET_INFO: () => later, CONNECT_GET_HOSTNAME: () => later })
    const session = b.conn.sessions.hypervisor
    const call = { connection: {} as never, slot: undefined, signal: new AbortController().signal }
    const first = session.domainGetInfo?.(call, dom)
    const second = session.connectGetHostname?.(call)
    await settled()
    b.peer.last('CONNECT_GET_HOSTNAME').reply({ hostname: 'here' })
    expect(await second).toBe('here')
    b.peer.last('DOMAIN_GET_INFO').reply(info)
    expect(await first).toEqual(info)
  })

  it('of one tick leave in one write', async () => {
    const b = await bench({ CONNECT_GET_HOSTNAME: () => ({ hostname: 'here' }) })
    await settled()
    const before = b.wire.writes
    const names = await Promise.all(Array.from({ length: 16 }, () => b.conn.hostname()))
    expect(new Set(names)).toEqual(new Set(['here']))
    expect(b.wire.writes).toBe(before + 1)
  })

  it('reject with all that the error of the daemon carries', async () => {
    const error = new VirtError('Domain not found: nope', {
      number: 42,
      domain: 12,
      str1: 'a',
      str2: 'b',
      str3: 'c',
      int1: 5,
      int2: 6,
    })
    const b = await bench({
      DOMAIN_LOOKUP_BY_NAME: () => {
        throw error
      },
    })
    const fields = { number: 42, domain: 12, level: 2, str1: 'a', str2: 'b', str3: 'c', int1: 5, int2: 6 }
    await expect(b.conn.domains.byName('nope')).rejects.toMatchObject({
      ...fields,
      code: 'no-domain',
      op: 'virDomainLookupByName',
    })
  })

  it('say "no support" where the daemon knows no such procedure', async () => {
    const b = await bench()
    await expect(b.conn.hostname()).rejects.toMatchObject({ code: 'no-support', number: 3 })
  })

  it('stop waiting when their signal fires, and a late answer harms nobody', async () => {
    const b = await bench({ CONNECT_GET_HOSTNAME: () => later })
    const abort = new AbortController()
    const call = b.conn.hostname({ signal: abort.signal })
    await settled()
    abort.abort()
    await expect(call).rejects.toMatchObject({ code: 'aborted' })
    b.peer.last('CONNECT_GET_HOSTNAME').reply({ hostname: 'late' })
    const again = b.conn.hostname()
    await settled()
    b.peer.last('CONNECT_GET_HOSTNAME').reply({ hostname: 'in time' })
    expect(await again).toBe('in time')
  })

  it('stop waiting after their timeout', async () => {
    const b = await bench({ CONNECT_GET_HOSTNAME: () => later })
    await expect(b.conn.hostname({ timeout: 5 })).rejects.toMatchObject({ code: 'timeout' })
  })

  it('are not sent when they break a limit of the protocol, and others go on', async () => {
    const b = await bench({ CONNECT_GET_HOSTNAME: () => ({ hostname: 'here' }) })
    await settled()
    const calls = b.peer.calls.length
    await expect(b.conn.domains.byName('x'.repeat(4194305))).rejects.toMatchObject({ code: 'protocol-error' })
    expect(b.peer.calls).toHaveLength(calls)
    expect(await b.conn.hostname()).toBe('here')
  })

  it('ask for the size first where the reply has one', async () => {
    const counts: number[] = []
    const b = await bench({
      CONNECT_SUPPORTS_FEATURE: ({ feature }: { feature: number }) => ({ supported: feature === 9 ? 0 : 1 }),
      DOMAIN_GET_MEMORY_PARAMETERS: ({ nparams, flags }: { nparams: number; flags: number }) => {
        counts.push(nparams)
        expect(flags).toBe(2)
        const params = {
          shape: { names: nparams ? ['hard_limit'] : [], types: nparams ? [4] : [] },
          values: nparams ? [9] : [],
        }
        return { params, nparams: 1 }
      },
    })
    const call = { connection: {} as never, slot: undefined, signal: new AbortController().signal }
    const answer = await b.conn.sessions.hypervisor.domainGetMemoryParameters?.(call, dom, 2)
    expect(counts).toEqual([0, 1])
    expect(answer?.values).toEqual([9])
  })

  it('take strings among typed parameters only from a daemon that offers them', async () => {
    const flags: number[] = []
    const b = await bench({
      DOMAIN_GET_MEMORY_PARAMETERS: (args: { flags: number }) => {
        flags.push(args.flags)
        return { params: { shape: { names: [], types: [] }, values: [] }, nparams: 0 }
      },
    })
    const call = { connection: {} as never, slot: undefined, signal: new AbortController().signal }
    await b.conn.sessions.hypervisor.domainGetMemoryParameters?.(call, dom, 1)
    expect(flags).toEqual([5])
  })

  it('give section and command of a network update in the order the daemon understands', async () => {
    for (const supported of [0, 1]) {
      const b = await bench({
        CONNECT_SUPPORTS_FEATURE: ({ feature }: { feature: number }) => ({ supported: feature === 16 ? supported : 1 }),
        NETWORK_UPDATE: () => undefined,
      })
      const call = { connection: {} as never, slot: undefined, signal: new AbortController().signal }
      const net = { name: 'n', uuid: dom.uuid }
      await b.conn.sessions.network.networkUpdate?.(call, net, 3, 4, -1, '<host/>', 0)
      const sent = supported === 1 ? { command: 3, section: 4 } : { command: 4, section: 3 }
      expect(b.peer.last('NETWORK_UPDATE').args).toMatchObject(sent)
    }
  })

  it('end with the connection when a reply belongs to another procedure', async () => {
    const b = await bench({ CONNECT_GET_HOSTNAME: () => later })
    const call = b.conn.hostname()
    await settled()
    const { frame } = b.peer.last('CONNECT_GET_HOSTNAME')
    b.peer.writer.frame(frame.program, frame.procedure + 1, 1, frame.serial, 0)
    b.peer.flush()
    await expect(call).rejects.toMatchObject({ code: 'protocol-error' })
    expect(b.conn.isAlive).toBe(false)
  })
})

describe('the end of a connection', () => {
  it('rejects what is pending, ends streams and events, and says why', async () => {
    const b = await bench({
      CONNECT_GET_HOSTNAME: () => later,
      DOMAIN_OPEN_CONSOLE: () => undefined,
      CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY: () => ({ callbackID: 3 }),
      DOMAIN_LOOKUP_BY_NAME: () => ({ dom }),
    })
    const reasons: string[] = []
    b.conn.on('close', (reason) => reasons.push(reason))
    const events = b.conn.events('lifecycle')
    const next = events[Symbol.asyncIterator]().next()
    const domain = await b.conn.domains.byName('web')
    const console_ = await domain.openConsole()
    const streamEnd = console_.finished.catch((e: VirtError) => e.code)
    console_.on('error', () => {})
    const pending = b.conn.hostname()
    await settled()
    b.wire.die()
    await expect(pending).rejects.toMatchObject({ code: 'connection-lost' })
    expect(await streamEnd).toBe('connection-lost')
    expect((await next).done).toBe(true)
    expect(reasons).toEqual(['eof'])
    await expect(b.conn.hostname()).rejects.toMatchObject({ code: 'connection-closed' })
  })

  it('comes when the daemon tells that its own connection is gone', async () => {
    const b = await bench()
    const reason = new Promise((resolve) => b.conn.on('close', resolve))
    b.peer.event('CONNECT_EVENT_CONNECTION_CLOSED', { reason: 2 })
    expect(await reason).toBe('keepalive')
  })

  it('does not wait for a registration that is never answered', async () => {
    const b = await bench({ CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY: () => later })
    b.conn.on('lifecycle', () => {})
    const subscribed = b.conn.subscribed('lifecycle').catch((error: VirtError) => error.message)
    await settled()
    b.conn.destroy(new VirtError('enough', { code: 'aborted' }))
    expect(await subscribed).toBe('enough')
    await settled()
    expect([b.conn.isAlive, b.clock.timers]).toEqual([false, 0])
  })

  it('does not wait for a daemon that never answers the good-bye', async () => {
    const b = await bench({ CONNECT_CLOSE: () => later })
    const closing = b.conn.close()
    await settled()
    b.clock.advance(2000)
    await closing
    expect(b.conn.isAlive).toBe(false)
    expect(b.clock.timers).toBe(0)
  })
})

describe('keepalive', () => {
  it('answers pings, in the middle of anything', async () => {
    const b = await bench()
    b.peer.ping()
    b.peer.ping()
    await settled()
    expect(b.peer.keepalive).toEqual([2, 2])
  })

  it('pings a silent daemon and gives it up after the agreed number', async () => {
    const b = await bench({ CONNECT_GET_HOSTNAME: () => later }, { keepAlive: { interval: 5, count: 3 } })
    const call = b.conn.hostname()
    await settled()
    b.clock.advance(15_000)
    await settled()
    expect(b.peer.keepalive).toEqual([1, 1, 1])
    expect(b.conn.isAlive).toBe(true)
    b.clock.advance(5_000)
    await expect(call).rejects.toMatchObject({
      code: 'connection-lost',
      message: 'internal error: connection closed due to keepalive timeout',
    })
  })

  it('stays off when it is told to, or when the daemon has none', async () => {
    const off = await bench({}, { keepAlive: false })
    const none = await bench({ CONNECT_SUPPORTS_FEATURE: () => ({ supported: 0 }) })
    for (const b of [off, none]) {
      b.clock.advance(100_000)
      await settled()
      expect(b.peer.keepalive).toEqual([])
    }
  })
})
