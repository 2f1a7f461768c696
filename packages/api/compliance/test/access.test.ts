// SPDX-License-Identifier: LGPL-2.1-or-later
// Access control of a server: what it answers by itself, events, lists, and daemons that ask for somebody else.
import type { Duplex } from 'node:stream'
import {
  type AccessCheck,
  type Connection,
  connect,
  DriverSet,
  ErrorDomain,
  ErrorNumber,
  type Identity,
  processServices,
  virtError,
} from '@virt/core'
import { remote } from '@virt/remote'
import { type AccessCaller, identityParams, Server } from '@virt/server'
import { test as testDriver } from '@virt/test'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { duplexPair } from '../src/duplex.js'

interface Asked {
  readonly who: Identity
  readonly driver: string
  readonly what: string
  readonly name: string | undefined
  readonly filter: boolean
}

let server: Server
let asked: Asked[]
let refuses: (asked: Asked) => boolean | Promise<boolean>
let log: string[]
const open: Connection[] = []
beforeEach(() => {
  asked = []
  refuses = () => false
  log = []
  const say = (text: string): void => void log.push(text)
  const access =
    (caller: AccessCaller): AccessCheck =>
    (object, subject, perm, filter = false) => {
      const { name } = (subject ?? {}) as { name?: string }
      const one = { who: caller.identity, driver: caller.driverName, what: `${object}.${perm}`, name, filter }
      asked.push(one)
      const denied = (refused: boolean): void => {
        if (refused) throw virtError(ErrorNumber.ACCESS_DENIED, ErrorDomain.ACCESS, 'no')
      }
      const verdict = refuses(one)
      return typeof verdict === 'boolean' ? denied(verdict) : verdict.then(denied)
    }
  server = new Server({
    drivers: new DriverSet([testDriver()(processServices())]),
    log: { debug: say, info: say, warn: say, error: say },
    limits: { keepaliveInterval: -1 },
    access,
  })
})
afterEach(async () => {
  for (const conn of open.splice(0)) await conn.close().catch(() => {})
  await server.close(0)
})

async function client(identity: Identity = {}, readOnly = false): Promise<Connection> {
  const transport = async (): Promise<{ duplex: Duplex; secure: boolean; encrypted: boolean }> => {
    const [ours, theirs] = duplexPair()
    server.accept(theirs, { identity, readOnly })
    return { duplex: ours, secure: true, encrypted: false }
  }
  const conn = await connect('test:///default', { drivers: [remote({ transport, keepAlive: false })] })
  open.push(conn)
  return conn
}
const whats = (): string[] => asked.map((a) => a.what)
const settled = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
}
const xml = (name: string): string =>
  `<domain type='test'><name>${name}</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>`

describe('what a server answers by itself', () => {
  it('opens only for those who may, and closes what it has opened', async () => {
    refuses = (a) => a.what === 'connect.getattr'
    await expect(client()).rejects.toMatchObject({ number: 88, domain: 55, message: 'access denied: no' })
    expect(asked.map((a) => a.driver)).toEqual(['Test'])
    refuses = () => false
    expect(await (await client()).type()).toBe('TEST')
  })

  it('asks before it lets anybody listen, and before it ends that', async () => {
    const conn = await client()
    await settled()
    refuses = (a) => a.what === 'connect.search_domains'
    asked = []
    await expect(conn.events('lifecycle').next()).rejects.toMatchObject({ number: 88 })
    expect(whats()).toEqual(['connect.search_domains'])
    refuses = () => false
    const listener = (): void => {}
    conn.on('lifecycle', listener)
    await conn.subscribed('lifecycle')
    asked = []
    conn.off('lifecycle', listener)
    await settled()
    expect(whats()).toEqual(['connect.read'])
  })

  it('tells its URI only to those who may see the connection', async () => {
    const conn = await client()
    refuses = (a) => a.what === 'connect.getattr'
    await expect(conn.raw.call('CONNECT_GET_URI', undefined as never)).rejects.toMatchObject({ number: 88 })
    await expect(conn.raw.call('CONNECT_REGISTER_CLOSE_CALLBACK', undefined as never)).rejects.toMatchObject({
      number: 88,
    })
  })
})

describe('events', () => {
  it('come only to those who may see what they are about, in order', async () => {
    const [a, b] = [await client({ userName: 'a' }), await client({ userName: 'b' })]
    const seen: string[] = []
    for (const [who, conn] of [
      ['a', a],
      ['b', b],
    ] as const)
      conn.on('lifecycle', (dom, event) => void seen.push(`${who} ${dom.name} ${event.type}`))
    await settled()
    // Nobody sees a domain of the other; whoever has to ask first still tells in order.
    const slow = new Set(['a1', 'b1'])
    refuses = ({ what, who, name, filter }) => {
      if (what !== 'domain.getattr' || !filter) return false
      const hidden = name?.[0] !== who.userName
      return slow.has(name ?? '') ? settled().then(() => hidden) : hidden
    }
    const root = await client()
    for (const name of ['a1', 'b1', 'a2', 'b2']) await root.domains.define(xml(name))
    await settled()
    await settled()
    await settled()
    expect(seen.filter((s) => s.startsWith('a '))).toEqual(['a a1 defined', 'a a2 defined'])
    expect(seen.filter((s) => s.startsWith('b '))).toEqual(['b b1 defined', 'b b2 defined'])
  })

  it('that wait for a verdict are bounded: who has too many is disconnected, and that is logged', async () => {
    const conn = await client()
    conn.on('lifecycle', () => {})
    await settled()
    refuses = ({ filter }) => (filter ? new Promise(() => {}) : false)
    const gone = new Promise((resolve) => conn.on('close', resolve))
    const root = await client()
    const dom = await root.domains.byName('test')
    for (let i = 0; i < 2100; i++) {
      await dom.suspend()
      await dom.resume()
    }
    await gone
    expect(log.join('\n')).toContain('too many events wait until access is decided')
    expect(await root.type()).toBe('TEST')
  })
})

describe('lists', () => {
  it('leave out what one may not see', async () => {
    const conn = await client()
    await conn.domains.define(xml('hidden'))
    refuses = ({ name, what }) => what === 'domain.getattr' && name === 'hidden'
    expect((await conn.domains.list().toArray()).map((d) => d.name)).toEqual(['test'])
    await expect(conn.domains.byName('hidden')).rejects.toMatchObject({ number: 88 })
  })
})

describe('a daemon that asks for somebody else', () => {
  const proxy = { unixUserId: process.getuid?.() ?? 0, processId: 10 }
  const fred: Identity = {
    userName: 'fred',
    unixUserId: 1000,
    groupName: 'users',
    unixGroupId: 100,
    processId: 4711,
    processTime: 1n << 60n,
    saslUserName: 'fred@example',
    x509DistinguishedName: 'CN=fred',
    selinuxContext: 'user_u:user_r:user_t:s0',
  }
  const tell = (conn: Connection, params = identityParams(fred), flags = 0): Promise<unknown> =>
    conn.raw.call('CONNECT_SET_IDENTITY', { params, flags } as never)

  it('is asked about that one from then on', async () => {
    const conn = await client(proxy)
    await tell(conn)
    asked = []
    await conn.domains.byName('test')
    expect(asked.map((a) => a.who)).toEqual([fred])
  })

  it.each([
    ['another user', { unixUserId: 12_345 }],
    ['somebody from the net', { saslUserName: 'root' }],
    ['nobody knows who', {}],
  ])('is not believed when it is %s', async (_, identity) => {
    const conn = await client(identity)
    await expect(tell(conn)).rejects.toMatchObject({
      number: 88,
      domain: 55,
      message: "access denied: 'Test' denied access",
    })
    asked = []
    await conn.type()
    expect(asked[0]?.who).toEqual(identity)
    expect(log.join('\n')).toContain('a user who is not trusted wants to be somebody else')
  })

  it('needs the permission to write, too', async () => {
    const conn = await client(proxy)
    refuses = (a) => a.what === 'connect.write'
    await expect(tell(conn)).rejects.toMatchObject({ number: 88 })
    refuses = () => false
    asked = []
    await conn.type()
    expect(asked[0]?.who).toEqual(proxy)
  })

  it('may do so on a connection that is for reading only', async () => {
    const conn = await client(proxy, true)
    await tell(conn)
    asked = []
    await conn.type()
    expect(asked[0]?.who).toEqual(fred)
  })

  it.each([
    [['who'], [7], ['x'], 74, "argument unsupported: parameter 'who' not supported"],
    [
      ['process-id'],
      [4],
      [4n],
      8,
      "invalid argument: invalid type 'ullong' for parameter 'process-id', expected 'llong'",
    ],
    [
      ['user-name', 'user-name'],
      [7, 7],
      ['a', 'b'],
      8,
      "invalid argument: parameter 'user-name' occurs multiple times",
    ],
  ])('changes nothing with %s', async (names, types, values, number, message) => {
    const conn = await client(proxy)
    await expect(tell(conn, { shape: { names, types: types as never }, values })).rejects.toMatchObject({
      number,
      message,
    })
    await expect(tell(conn, identityParams(fred), 4)).rejects.toMatchObject({
      message: 'unsupported flags (0x4) in function remoteDispatchConnectSetIdentity',
    })
    asked = []
    await conn.type()
    expect(asked[0]?.who).toEqual(proxy)
  })
})
