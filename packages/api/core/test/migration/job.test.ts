// SPDX-License-Identifier: LGPL-2.1-or-later
// Migrations as those who program with them have them, between two hosts that answer by a script.
import { describe, expect, it } from 'vitest'
import {
  type Connection,
  connect,
  type Driver,
  ErrorDomain,
  ErrorNumber,
  noSupport,
  type PlainParams,
  type Session,
  type TypedParams,
  virtError,
} from '../../src/index.js'

const ref = { name: 'web', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 3 }
const noCookie = new Uint8Array(0)
const invalid = (text: string): Error => virtError(ErrorNumber.OPERATION_INVALID, ErrorDomain.QEMU, text)
const lost = (): Error => virtError(ErrorNumber.OPERATION_FAILED, ErrorDomain.QEMU, 'failed in post-copy phase')

function plain(params: TypedParams): Record<string, unknown> {
  return Object.fromEntries(params.shape.names.map((name, i) => [name, params.values[i]]))
}

/** A host; `opened` counts how often somebody connected. */
async function host(more: Partial<Session>, features: readonly number[] = [4, 6, 7, 12, 13]) {
  const calls: string[] = []
  let opened = 0
  const sessions: Session[] = []
  const note =
    <A extends unknown[], T>(name: string, run: ((...args: A) => T) | undefined) =>
    (...args: A): T => {
      calls.push(name)
      if (run === undefined) throw noSupport(name)
      return run(...args)
    }
  const session = (): Session => ({
    close: () => {},
    connectSupportsFeature: (_call, one) => (features.includes(one) ? 1 : 0),
    domainLookupByName: () => ref,
    domainLookupByUUID: () => ref,
    domainGetState: () => ({ state: 1, reason: 1 }),
    domainMigrateBegin3Params: note('begin', more.domainMigrateBegin3Params),
    domainMigratePrepare3Params: note('prepare', more.domainMigratePrepare3Params),
    domainMigratePerform3Params: note('perform', more.domainMigratePerform3Params),
    domainMigrateFinish3Params: note('finish', more.domainMigrateFinish3Params),
    domainMigrateConfirm3Params: note('confirm', more.domainMigrateConfirm3Params),
    domainMigrateBegin3: note('begin', more.domainMigrateBegin3),
    domainMigratePrepare3: note('prepare', more.domainMigratePrepare3),
    domainMigratePerform3: note('perform', more.domainMigratePerform3),
    domainMigrateFinish3: note('finish', more.domainMigrateFinish3),
    domainMigrateConfirm3: note('confirm', more.domainMigrateConfirm3),
    ...Object.fromEntries(Object.entries(more).filter(([name]) => !name.startsWith('domainMigrate'))),
  })
  const driver = (): Driver => ({
    name: 'one',
    spi: 1,
    schemes: ['one'],
    supports: {},
    families: ['hypervisor'],
    open: () => {
      opened++
      const one = session()
      sessions.push(one)
      return one
    },
  })
  const conn = await connect('one:///', { drivers: [driver] })
  return { conn, calls, opened: () => opened }
}

/** Both hosts of a migration that works. */
async function pair(source: Partial<Session> = {}, destination: Partial<Session> = {}) {
  const a = await host({
    domainMigrateBegin3Params: () => ({ xml: '<domain/>', cookieOut: noCookie }),
    domainMigratePerform3Params: () => noCookie,
    domainMigrateConfirm3Params: () => {},
    ...source,
  })
  const b = await host({
    domainMigratePrepare3Params: () => ({ uriOut: 'tcp:b:49152', cookieOut: noCookie }),
    domainMigrateFinish3Params: () => ({ dom: { ...ref, id: 9 }, cookieOut: noCookie }),
    ...destination,
  })
  return { a, b, dom: await a.conn.domains.byName('web') }
}

describe('a migration', () => {
  it('driven here gives the domain of the other host', async () => {
    const given: Record<string, unknown>[] = []
    const { a, b, dom } = await pair(
      {
        domainMigratePerform3Params: (_call, _dom, uri, params) => {
          expect(uri).toBeUndefined()
          given.push(plain(params))
          return noCookie
        },
      },
      {
        domainMigrateFinish3Params: (_call, params) => {
          given.push(plain(params))
          return { dom: { ...ref, id: 9 }, cookieOut: noCookie }
        },
      },
    )
    const moved = await dom.migrate(b.conn, {
      live: true,
      bandwidth: '1 GiB',
      disks: ['vda', 'vdb'],
      parallelConnections: 4,
      compressionXbzrleCache: '64 MiB',
    })
    expect(moved.id).toBe(9)
    expect(moved.connection).toBe(b.conn)
    expect([a.calls, b.calls]).toEqual([
      ['begin', 'perform', 'confirm'],
      ['prepare', 'finish'],
    ])
    expect(given[0]).toEqual({
      bandwidth: 1024n,
      migrate_disks: 'vdb',
      'parallel.connections': 4,
      'compression.xbzrle.cache': 67_108_864n,
      migrate_uri: 'tcp:b:49152',
    })
    expect(given[1]).toMatchObject({ destination_name: 'web' })
  })

  it('speaks with fixed arguments where an end knows no others', async () => {
    const calls = { begin: [] as unknown[], finish: [] as unknown[] }
    const a = await host(
      {
        domainMigrateBegin3: (_call, _dom, ...rest) => {
          calls.begin = rest
          return { xml: '<domain/>', cookieOut: noCookie }
        },
        domainMigratePerform3: () => noCookie,
        domainMigrateConfirm3: () => {},
      },
      [6],
    )
    const b = await host({
      domainMigratePrepare3: () => ({ uriOut: 'tcp:b:49152', cookieOut: noCookie }),
      domainMigrateFinish3: (_call, ...rest) => {
        calls.finish = rest
        return { dom: ref, cookieOut: noCookie }
      },
    })
    const dom = await a.conn.domains.byName('web')
    await dom.migrate(b.conn, { name: 'new', bandwidth: 30 })
    expect(calls.begin).toEqual([undefined, 0, 'new', 30n])
    expect(calls.finish).toEqual(['new', noCookie, undefined, 'tcp:b:49152', 0, 0])
    await expect(dom.migrate(b.conn, { disks: ['vda'] })).rejects.toMatchObject({ code: 'argument-unsupported' })
  })

  it('driven by the source is one call', async () => {
    const seen: unknown[] = []
    const { a, dom } = await pair({
      domainMigratePerform3Params: (_call, _dom, uri, params, cookie, flags) => {
        seen.push(uri, plain(params), cookie.length, flags)
        return noCookie
      },
    })
    expect(await dom.migrate('one+tls://b/system', { live: true, uri: 'tcp:b' })).toBeUndefined()
    expect(a.calls).toEqual(['perform'])
    expect(seen).toEqual(['one+tls://b/system', { migrate_uri: 'tcp:b' }, 0, 3])
  })

  it.each([
    [{ nonSharedDisk: true, nonSharedInc: true }, 'invalid-arg', "Flags 'VIR_MIGRATE_NON_SHARED_DISK' and"],
    [
      { nonSharedSynchronousWrites: true },
      'invalid-arg',
      "Flag 'VIR_MIGRATE_NON_SHARED_DISK | VIR_MIGRATE_NON_SHARED_INC'",
    ],
    [{ peer2peer: true }, 'invalid-arg', 'use virDomainMigrateToURI3 for peer-to-peer migration'],
    [{ tunnelled: true }, 'invalid-arg', 'cannot perform tunnelled migration without using peer2peer flag'],
    [{ name: '' }, 'invalid-arg', 'dname'],
    [{ bandwidth: 'much' }, 'invalid-arg', 'no size'],
  ] as const)('is refused before anybody is asked: %o', async (options, code, message) => {
    const { a, b, dom } = await pair()
    await expect(dom.migrate(b.conn, options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    })
    expect([...a.calls, ...b.calls]).toEqual([])
  })

  it.each([
    ['one:///b', { tunnelled: true, parallel: true }, "Flags 'VIR_MIGRATE_TUNNELLED' and 'VIR_MIGRATE_PARALLEL'"],
    ['one:///b', {}, 'Attempt to migrate guest to the same host'],
    ['one+tcp://localhost/b', {}, 'Attempt to migrate guest to the same host'],
  ] as const)('to %s is refused: %o', async (uri, options, message) => {
    const { dom } = await pair()
    await expect(dom.migrate(uri, options)).rejects.toMatchObject({
      code: 'invalid-arg',
      message: expect.stringContaining(message),
    })
  })

  it.each([
    [[6, 13], [6, 13], { offline: true }, 'offline migration is not supported by the source host'],
    [[6, 12, 13], [6, 13], { offline: true }, 'offline migration is not supported by the destination host'],
    [[6, 13], [6, 13], { changeProtection: true }, 'cannot enforce change protection'],
    [[6], [6, 13], { graphicsUri: 'spice://b' }, 'Migration APIs with extensible parameters'],
    [[13], [6], {}, 'not supported by the connection driver: virDomainMigrate3'],
  ] as const)('needs features: %o %o %o', async (source, destination, options, message) => {
    const a = await host({}, source)
    const b = await host({}, destination)
    const dom = await a.conn.domains.byName('web')
    await expect(dom.migrate(b.conn, options)).rejects.toThrow(message)
    const alone = await host({}, [6, 13])
    const other = await alone.conn.domains.byName('web')
    await expect(other.migrate('one+tcp://b/')).rejects.toThrow('p2p migration is not supported by the source host')
  })

  it('tells its figures until it ends', async () => {
    const held = deferred<Uint8Array>()
    let asked = 0
    const { b, dom } = await pair({
      domainMigratePerform3Params: () => held.promise,
      domainGetJobStats: () => {
        if (++asked === 3) held.resolve(noCookie)
        const shape = { names: ['memory_processed'], types: [4] as const }
        return { type: 2, params: { shape, values: [BigInt(asked)] } }
      },
    })
    const job = dom.migrate(b.conn)
    const seen: PlainParams[] = []
    for await (const figures of job.progress({ interval: 1 })) seen.push(figures)
    expect(seen.length).toBeGreaterThanOrEqual(2)
    expect(seen[1]).toEqual({ memoryProcessed: 2n })
    expect((await job).id).toBe(9)
  })

  it('throws what ends it to those who watch it', async () => {
    const { b, dom } = await pair({
      domainMigratePerform3Params: () => {
        throw lost()
      },
    })
    const watch = async (): Promise<void> => {
      for await (const _ of dom.migrate(b.conn).progress({ interval: 1 }));
    }
    await expect(watch()).rejects.toThrow('failed in post-copy phase')
  })
})

describe('aborting', () => {
  it.each(['abort', 'signal'])('by %s ends the job at the source', async (way) => {
    const held = deferred<Uint8Array>()
    const { b, dom } = await pair({
      domainMigratePerform3Params: () => held.promise,
      domainAbortJobFlags: () =>
        held.reject(virtError(ErrorNumber.OPERATION_ABORTED, ErrorDomain.QEMU, 'canceled by client')),
    })
    const controller = new AbortController()
    const job = dom.migrate(b.conn, { signal: controller.signal })
    const outcome = expect(job).rejects.toMatchObject({ code: 'operation-aborted' })
    await until(() => b.calls.includes('prepare'))
    await settled()
    if (way === 'abort') await job.abort()
    else controller.abort()
    await outcome
    expect(b.calls).toEqual(['prepare', 'finish'])
  })

  it('between the calls makes no further one', async () => {
    const held = deferred<{ uriOut: string; cookieOut: Uint8Array }>()
    const { a, b, dom } = await pair(
      {
        domainAbortJobFlags: () => {
          throw invalid('no job is active on the domain')
        },
        domainGetJobStats: () => ({ type: 0, params: { shape: { names: [], types: [] }, values: [] } }),
      },
      { domainMigratePrepare3Params: () => held.promise },
    )
    const job = dom.migrate(b.conn)
    const outcome = expect(job).rejects.toMatchObject({ code: 'aborted' })
    await until(() => b.calls.includes('prepare'))
    await job.abort()
    held.resolve({ uriOut: 'tcp:b:1', cookieOut: noCookie })
    await outcome
    expect(a.calls).toEqual(['begin', 'confirm'])
    expect(b.calls).toEqual(['prepare', 'finish'])
  })

  it('is refused when it is too late, and the migration goes on', async () => {
    const held = deferred<Uint8Array>()
    const { b, dom } = await pair({
      domainMigratePerform3Params: () => held.promise,
      domainAbortJobFlags: () => {
        throw invalid('cannot abort migration in post-copy mode')
      },
      domainGetJobStats: () => ({ type: 2, params: { shape: { names: [], types: [] }, values: [] } }),
    })
    const job = dom.migrate(b.conn)
    await until(() => b.calls.includes('prepare'))
    await settled()
    await expect(job.abort()).rejects.toMatchObject({ code: 'operation-invalid' })
    held.resolve(noCookie)
    expect((await job).id).toBe(9)
  })
})

describe('recovering', () => {
  const options = { live: true, postcopy: true, recover: { delay: 1 } } as const
  const failed = { state: 3, reason: 13 }

  it('resumes until it is done', async () => {
    const flags: number[] = []
    const attempts: number[] = []
    const { b, dom } = await pair({
      domainGetState: () => failed,
      domainMigratePerform3Params: (_call, _dom, _uri, _params, _cookie, bits) => {
        if (flags.push(bits) < 4) throw lost()
        return noCookie
      },
    })
    const onAttempt = (n: number): void => void attempts.push(n)
    const moved = await dom.migrate(b.conn, { ...options, recover: { delay: 1, onAttempt } })
    expect(moved.id).toBe(9)
    expect(flags.map((bits) => bits & 0x88001)).toEqual([0x8001, 0x88001, 0x88001, 0x88001])
    expect(attempts).toEqual([1, 2, 3])
  })

  it('opens a destination again that was lost', async () => {
    let performed = 0
    let connection: Connection | undefined
    const { b, dom } = await pair({
      domainGetState: () => failed,
      domainMigratePerform3Params: () => {
        if (++performed > 1) return noCookie
        connection?.destroy()
        throw lost()
      },
    })
    connection = b.conn
    const moved = await dom.migrate(b.conn, options)
    expect(b.opened()).toBe(2)
    expect(moved.id).toBe(9)
    expect(performed).toBe(2)
  })

  it.each([
    ['runs on here', { state: 1, reason: 6 }],
    ['was stopped', { state: 5, reason: 1 }],
  ])('leaves a guest alone that %s', async (_, state) => {
    let performed = 0
    const { b, dom } = await pair({
      domainGetState: () => (performed === 0 ? { state: 1, reason: 1 } : state),
      domainMigratePerform3Params: () => {
        performed++
        throw lost()
      },
    })
    await expect(dom.migrate(b.conn, options)).rejects.toThrow('failed in post-copy phase')
    expect(performed).toBe(1)
  })

  it('waits for a source that goes on by itself, and finds the guest at the other end', async () => {
    const states = [
      { state: 1, reason: 1 },
      { state: 3, reason: 12 },
      { state: 3, reason: 12 },
      { state: 5, reason: 4 },
    ]
    const { b, dom } = await pair({
      domainGetState: () => (states.length > 1 ? states.shift() : states[0]) as { state: number; reason: number },
      domainMigratePerform3Params: () => {
        throw lost()
      },
    })
    const moved = await dom.migrate(b.conn, options)
    expect(moved.connection).toBe(b.conn)
  })

  it('ends with a refusal that will not change, a number of attempts, or an abort', async () => {
    const hopeless = await pair(
      { domainGetState: () => failed, domainMigratePerform3Params: () => Promise.reject(lost()) },
      {
        domainMigratePrepare3Params: (_call, _params, _cookie, flags) => {
          if ((flags & 0x80000) !== 0) throw virtError(ErrorNumber.NO_DOMAIN, ErrorDomain.QEMU, 'web')
          return { uriOut: 'tcp:b:1', cookieOut: noCookie }
        },
      },
    )
    await expect(hopeless.dom.migrate(hopeless.b.conn, options)).rejects.toMatchObject({ code: 'no-domain' })

    const source = { domainGetState: () => failed, domainMigratePerform3Params: () => Promise.reject(lost()) }
    const limited = await pair(source)
    const twice = { ...options, recover: { delay: 1, attempts: 2 } }
    await expect(limited.dom.migrate(limited.b.conn, twice)).rejects.toThrow('failed in post-copy phase')
    expect(limited.a.calls.filter((name) => name === 'perform')).toHaveLength(3)

    const slow = await pair(source)
    const job = slow.dom.migrate(slow.b.conn, { ...options, recover: { delay: 100_000 } })
    const outcome = expect(job).rejects.toThrow('failed in post-copy phase')
    await until(() => slow.b.calls.includes('finish'))
    await settled()
    await job.abort()
    await outcome
  })
})

function deferred<T>() {
  let resolve: (value: T) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settled()
}
