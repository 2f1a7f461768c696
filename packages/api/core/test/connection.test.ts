// SPDX-License-Identifier: LGPL-2.1-or-later
// The public face: what a connection is to those who program with it.
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import {
  type Connection,
  connect,
  type Driver,
  DriverSet,
  EventHub,
  type Services,
  type Session,
} from '../src/index.js'

const ref = { name: 'web', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 3 }

interface Bench {
  readonly conn: Connection
  readonly hub: EventHub
  /** Answers the host name that is awaited. */
  readonly answer: (name: string) => void
  readonly closed: () => number
}

async function bench(more: Partial<Session> = {}): Promise<Bench> {
  const hub = new EventHub()
  let closed = 0
  let answer: (name: string) => void = () => {}
  const session: Session = {
    events: hub,
    connectGetHostname: () =>
      new Promise<string>((resolve) => {
        answer = resolve
      }),
    domainLookupByName: (_call, name) => ({ ...ref, name }),
    connectListAllDomains: () => [ref, { ...ref, name: 'db' }],
    domainGetXMLDesc: () => "<domain type='test'><name>web</name></domain>",
    close: () => void closed++,
    ...more,
  }
  const driver = (): Driver => ({
    name: 'one',
    spi: 1,
    schemes: ['one'],
    supports: {},
    families: ['hypervisor'],
    open: () => session,
  })
  const conn = await connect('one:///', { drivers: [driver] })
  return { conn, hub, answer: (name) => answer(name), closed: () => closed }
}
const lifecycle = (event: number): object => ({ dom: ref, event, detail: 0 })
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('calls', () => {
  it('end with their signal, its reason being the cause', async () => {
    const { conn } = await bench()
    const abort = new AbortController()
    const call = conn.hostname({ signal: abort.signal })
    const why = new Error('enough')
    abort.abort(why)
    await expect(call).rejects.toMatchObject({ code: 'aborted', op: 'virConnectGetHostname', cause: why })
    await expect(conn.hostname({ signal: abort.signal })).rejects.toMatchObject({ code: 'aborted' })
  })

  it('that open a connection end with their timeout, whatever is collected meanwhile', async () => {
    const never = (): Driver => ({
      name: 'n',
      spi: 1,
      schemes: ['n'],
      supports: {},
      families: ['hypervisor'],
      open: () => new Promise(() => {}),
    })
    const opening = connect('n:///', { drivers: [never], timeout: 30 })
    // Garbage enough for a signal that nobody holds to go.
    for (let n = 0; n < 20; n++) Array.from({ length: 100_000 }, (_, i) => ({ i }))
    await expect(opening).rejects.toMatchObject({ code: 'timeout' })
  })

  it('end with their timeout', async () => {
    const { conn } = await bench()
    await expect(conn.hostname({ timeout: 1 })).rejects.toMatchObject({ code: 'timeout' })
  })

  it('that are under way are rejected when the connection is destroyed', async () => {
    const { conn, closed } = await bench()
    const call = conn.hostname()
    conn.destroy(new Error('no more'))
    await expect(call).rejects.toThrow('no more')
    await expect(conn.hostname()).rejects.toMatchObject({ code: 'connection-closed' })
    await settled()
    expect(closed()).toBe(1)
  })

  it('by the name of a procedure need a daemon', async () => {
    const { conn } = await bench()
    await expect(conn.raw.call('CONNECT_GET_HOSTNAME' as never)).rejects.toMatchObject({ code: 'no-support' })
    const { conn: remote } = await bench({
      rawCall: async (program, name, args) => ({ program, name, args }),
    })
    expect(await remote.raw.call('qemu:DOMAIN_MONITOR_COMMAND' as never, { cmd: 'x' } as never)).toEqual({
      program: 'qemu',
      name: 'DOMAIN_MONITOR_COMMAND',
      args: { cmd: 'x' },
    })
  })
})

describe('lists and objects', () => {
  it('are iterated, or awaited as arrays', async () => {
    const { conn } = await bench()
    const names: string[] = []
    for await (const dom of conn.domains.list({ active: true })) names.push(dom.name)
    expect(names).toEqual(['web', 'db'])
    expect((await conn.domains.list().toArray()).map((d) => d.id)).toEqual([3, 3])
  })

  it('take sizes with a unit', async () => {
    const asked: unknown[] = []
    const { conn } = await bench({
      domainSetMemoryFlags: (_call, _dom, memory, flags) => void asked.push(memory, flags),
    })
    const dom = await conn.domains.byName('web')
    await dom.setMemory('4 GiB', { live: true, config: true })
    expect(asked).toEqual([4194304n, 3])
    await expect(dom.setMemory('4 bananas')).rejects.toMatchObject({ code: 'invalid-arg' })
  })

  it('give figures as nested objects', async () => {
    const { conn } = await bench({
      connectGetAllDomainStats: () => [
        {
          dom: ref,
          params: {
            shape: { names: ['state.state', 'net.count', 'net.0.rx.bytes', 'net.1.rx.bytes'], types: [1, 2, 4, 4] },
            values: [1, 2, 5, 2n ** 60n],
          },
        },
      ],
    })
    const stats = (await conn.stats({ groups: ['state', 'interface'], noWait: true })).get(ref.uuid)
    expect(stats).toMatchObject({ state: { state: 1 }, net: [{ rx: { bytes: 5n } }, { rx: { bytes: 2n ** 60n } }] })
  })
})

describe('events', () => {
  it('are subscribed to by the first listener, and no longer without any', async () => {
    const { conn, hub } = await bench()
    const seen: string[] = []
    const listener = (dom: { name: string }, event: { type: string }): void =>
      void seen.push(`${dom.name} ${event.type}`)
    conn.on('lifecycle', listener)
    await conn.subscribed('lifecycle')
    expect(hub.has('domain', 0)).toBe(true)
    hub.emit('domain', 'lifecycle', lifecycle(2) as never)
    await settled()
    expect(seen).toEqual(['web started'])
    conn.removeListener('lifecycle', listener)
    await settled()
    expect(hub.has('domain', 0)).toBe(false)
  })

  it('work with what Node has for emitters', async () => {
    const { conn, hub } = await bench()
    const next = once(conn as never, 'lifecycle')
    await conn.subscribed('lifecycle')
    hub.emit('domain', 'lifecycle', lifecycle(4) as never)
    expect((await next)[1]).toMatchObject({ type: 'resumed' })
    expect(conn.listenerCount('lifecycle')).toBe(0)
    conn.on('lifecycle', () => {}).on('reboot', () => {})
    conn.removeAllListeners()
    expect([conn.listenerCount('lifecycle'), conn.listenerCount('reboot')]).toEqual([0, 0])
  })

  it('are iterated through a buffer that drops the oldest, and counts them', async () => {
    const { conn, hub } = await bench()
    const events = conn.events('lifecycle', { limit: 2 })
    await conn.subscribed('lifecycle')
    for (const event of [0, 2, 3, 4, 5]) hub.emit('domain', 'lifecycle', lifecycle(event) as never)
    await settled()
    const got: string[] = []
    for await (const [, event] of events) {
      got.push(event.type)
      if (got.length === 2) break
    }
    expect([got, events.dropped]).toEqual([['resumed', 'stopped'], 3])
    await settled()
    expect(hub.has('domain', 0)).toBe(false)
  })

  it('end with their signal, and with the connection', async () => {
    const { conn } = await bench()
    const abort = new AbortController()
    const first = conn.events('lifecycle', { signal: abort.signal }).next()
    const second = conn.events('lifecycle').next()
    abort.abort()
    expect((await first).done).toBe(true)
    await conn.close()
    expect((await second).done).toBe(true)
  })
})

describe('closing', () => {
  it('happens once, whoever asks for it', async () => {
    const { conn, closed } = await bench()
    const reasons: string[] = []
    conn.on('close', (reason) => reasons.push(reason))
    await Promise.all([conn.close(), conn[Symbol.asyncDispose](), conn.close()])
    expect([closed(), reasons, conn.isAlive]).toEqual([1, ['client'], false])
  })
})

describe('a set of drivers', () => {
  const resource = (name: string, opened: string[]): Driver => ({
    name,
    spi: 1,
    schemes: [name],
    supports: {},
    families: ['network'],
    reload: async () => void opened.push('reload'),
    open: (_call, uri) => {
      opened.push(`${uri.scheme}://${uri.path}`)
      return { close: () => void opened.push('close') }
    },
  })

  it('opens the session that others of the place use once, and closes it in the end', async () => {
    const opened: string[] = []
    const set = new DriverSet([resource('network', opened)])
    const [one, two] = await Promise.all([set.peer('network'), set.peer('network')])
    expect(one).toBe(two)
    await set.reload()
    await set.stop()
    expect(opened).toEqual(['network:///system', 'reload', 'close'])
    await expect(set.peer('secret')).rejects.toMatchObject({ code: 'no-connect' })
  })
})

it('services of a process have no daemon’s settings', async () => {
  let services: Services | undefined
  const driver = (given: Services): Driver => {
    services = given
    return { name: 'n', spi: 1, schemes: ['n'], supports: {}, families: ['hypervisor'], open: () => ({ close() {} }) }
  }
  await (await connect('n:///', { drivers: [driver] })).close()
  expect([services?.daemon, services?.host]).toEqual([false, undefined])
})
