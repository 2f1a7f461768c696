// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@virt/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { View } from '../src/mib/view.js'
import { Engine, startEngine } from '../src/standalone/engine.js'
import {
  MessageFlag,
  PduTag,
  readMessage,
  readScoped,
  type SnmpPdu,
  type V3Message,
  writeScoped,
  writeV2,
  writeV3,
} from '../src/standalone/message.js'
import { Responder } from '../src/standalone/responder.js'
import { UserKeys, type UsmUser } from '../src/standalone/usm.js'
import { BerReader } from '../src/wire/ber.js'
import { integer, type Value } from '../src/wire/value.js'

const folder = mkdtempSync(join(tmpdir(), 'snmp-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('BER', () => {
  const u32 = fc.integer({ min: 0, max: 0xffffffff })
  const oid = fc
    .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 39 }), fc.array(u32, { maxLength: 20 }))
    .map(([a, b, rest]) => [a, b, ...rest])
  const bytes = fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b))
  const value: fc.Arbitrary<Value> = fc.oneof(
    fc.integer().map((n) => ({ type: 2 as const, value: n })),
    fc.tuple(fc.constantFrom(65 as const, 66 as const, 67 as const), u32).map(([type, n]) => ({ type, value: n })),
    fc.tuple(fc.constantFrom(4 as const, 64 as const, 68 as const), bytes).map(([type, b]) => ({ type, value: b })),
    oid.map((o) => ({ type: 6 as const, value: o })),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n) => ({ type: 70 as const, value: n })),
    fc.constantFrom(5 as const, 128 as const, 129 as const, 130 as const).map((type) => ({ type })),
  )
  const pdu: fc.Arbitrary<SnmpPdu> = fc.record({
    tag: fc.constantFrom(...Object.values(PduTag)),
    id: fc.integer(),
    error: fc.integer({ min: 0, max: 18 }),
    index: fc.integer({ min: 0, max: 1000 }),
    variables: fc.array(fc.record({ oid, value }), { maxLength: 8 }),
  })

  it('reads messages that it has written', () => {
    fc.assert(
      fc.property(pdu, bytes, (one, community) => {
        expect(readMessage(writeV2(community, one))).toEqual({ version: 1, community, pdu: one })
        const name = Buffer.alloc(0)
        const scoped = { contextEngineId: community.subarray(0, 12), contextName: name, pdu: one }
        const security = {
          engineId: Buffer.from('engine'),
          boots: 3,
          time: 70_000,
          user: 'me',
          digest: Buffer.alloc(24, 7),
          salt: name,
        }
        const data = writeScoped(scoped)
        const { bytes: message, digestAt } = writeV3({ id: 9, maxSize: 1500, flags: 5, security, data })
        expect(message.subarray(digestAt, digestAt + 24)).toEqual(security.digest)
        expect(readMessage(message)).toEqual({
          version: 3,
          id: 9,
          maxSize: 1500,
          flags: 5,
          security,
          digestAt,
          sealed: undefined,
          scoped,
        })
        expect(readScoped(new BerReader(data))).toEqual(scoped)
      }),
    )
  })
})

/** Keys of RFC 3414, A.3, and RFC 7860 have no test vectors of SHA-2; A.3.1 and A.3.2 stand here. */
describe('USM', () => {
  const engineId = Buffer.from('000000000000000000000002', 'hex')
  it.each([
    ['MD5', '526f5eed9fcce26f8964c2930787d82b'],
    ['SHA', '6695febc9288e36282235fc7151f128497b38f3f'],
  ] as const)('makes the key of RFC 3414 of a passphrase, with %s', async (protocol, key) => {
    const keys = new UserKeys({ name: 'u', auth: { protocol, passphrase: 'maplesyrup' } }, engineId)
    const { createHmac } = await import('node:crypto')
    const message = Buffer.concat([Buffer.from('some message '), Buffer.alloc(12), Buffer.from(' and its end')])
    const right = createHmac(protocol === 'MD5' ? 'md5' : 'sha1', Buffer.from(key, 'hex'))
      .update(message)
      .digest()
    keys.sign(message, 13)
    expect(message.subarray(13, 25)).toEqual(right.subarray(0, 12))
    expect(keys.verify(message, 13, right.subarray(0, 12))).toBe(true)
    expect(keys.verify(message, 13, Buffer.alloc(12))).toBe(false)
  })
})

describe('an engine', () => {
  it('counts its starts, keeps its id, and refuses a file that is not its own', async () => {
    const path = join(folder, 'state/engine.json')
    const first = await startEngine(path, systemClock)
    const second = await startEngine(path, systemClock)
    expect(second.id).toEqual(first.id)
    expect([first.boots, second.boots]).toEqual([1, 2])
    writeFileSync(path, '{"engineId":"zz"}')
    await expect(startEngine(path, systemClock)).rejects.toThrow(/does not hold the state of an SNMP engine/)
  })

  it('is another one after the last start that can be counted', async () => {
    const path = join(folder, 'last.json')
    const first = await startEngine(path, systemClock)
    writeFileSync(path, JSON.stringify({ engineId: first.id.toString('hex'), boots: 0x7fffffff }))
    const next = await startEngine(path, systemClock)
    expect(next.boots).toBe(1)
    expect(next.id).not.toEqual(first.id)
  })
})

describe('a responder', () => {
  let now = 1_000_000
  const clock = { now: () => now, after: () => ({ [Symbol.dispose]() {} }) }
  const engine = new Engine(Buffer.from('80001f8805aabbccddeeff', 'hex'), 4, clock)
  const passphrase = 'long enough'
  const users: UsmUser[] = [
    { name: 'reader', auth: { protocol: 'SHA-256', passphrase }, priv: { protocol: 'AES', passphrase } },
    {
      name: 'writer',
      auth: { protocol: 'SHA-512', passphrase },
      priv: { protocol: 'AES-256', passphrase },
      write: true,
    },
    { name: 'plain', auth: { protocol: 'SHA', passphrase } },
  ]
  let sets = 0
  const view = new View([
    {
      root: [1, 3],
      scalars: [{ name: '', oid: [1], syntax: '', access: 'read-only', doc: '', read: () => integer(42) }],
      tables: [
        {
          name: 't',
          oid: [2],
          doc: '',
          index: [],
          rows: { get: () => ({}), next: () => undefined },
          columns: [{ number: 1, name: 'c', syntax: '', access: 'read-write', doc: '', read: () => integer(1) }],
          plan: () => ({
            commit: async () => {
              sets++
              return 0
            },
          }),
        },
      ],
    },
  ])
  let responder: Responder
  beforeAll(() => {
    responder = new Responder(view, engine, clock, {
      users,
      communities: [{ name: 'public' }, { name: 'private', write: true }],
    })
  })

  const get: SnmpPdu = {
    tag: PduTag.get,
    id: 77,
    error: 0,
    index: 0,
    variables: [{ oid: [1, 3, 1, 0], value: { type: 5 } }],
  }
  const change: SnmpPdu = {
    tag: PduTag.set,
    id: 78,
    error: 0,
    index: 0,
    variables: [{ oid: [1, 3, 2, 1, 1, 9], value: integer(3) }],
  }

  interface How {
    user: string
    level?: number
    boots?: number
    time?: number
    engineId?: Buffer
    passphrase?: string
    id?: number
  }
  function sealed(pdu: SnmpPdu, how: How): Buffer {
    const { user, level = 3, boots = engine.boots, time = engine.time, engineId = engine.id, id = 5 } = how
    const known = users.find(({ name }) => name === user) as UsmUser
    const spelled = (one: { protocol: never; passphrase: string } | undefined) =>
      one === undefined ? undefined : { ...one, passphrase: how.passphrase ?? passphrase }
    const keys = new UserKeys(
      { ...known, auth: spelled(known?.auth as never), priv: spelled(known?.priv as never), name: user },
      engineId,
    )
    const plain = writeScoped({ contextEngineId: engineId, contextName: Buffer.alloc(0), pdu })
    const secret = (level & 2) !== 0 ? keys.encrypt(plain, boots, time) : undefined
    const digest = Buffer.alloc((level & 1) !== 0 ? keys.digestSize : 0)
    const security = { engineId, boots, time, user, digest, salt: secret?.salt ?? Buffer.alloc(0) }
    const { bytes, digestAt } = writeV3({
      id,
      maxSize: 1500,
      flags: level | MessageFlag.reportable,
      security,
      data: secret?.sealed ?? plain,
    })
    if (digest.length > 0) keys.sign(bytes, digestAt)
    return bytes
  }
  /** What a message is answered, in short: the value, or which counter the report shows. */
  async function ask(message: Buffer, user = 'reader'): Promise<string> {
    const reply = await responder.respond(Buffer.from(message))
    if (reply === undefined) return 'silence'
    const read = readMessage(reply) as V3Message
    const keys = new UserKeys(users.find(({ name }) => name === user) as UsmUser, engine.id)
    const { sealed: data, security } = read
    const scoped =
      data === undefined
        ? read.scoped
        : readScoped(new BerReader(keys.decrypt(data, security.boots, security.time, security.salt)))
    const { pdu } = scoped ?? {}
    if (pdu?.tag === PduTag.report) return `report ${pdu.variables[0]?.oid.at(-2)}`
    return `${pdu?.error} ${pdu?.variables[0]?.value.value}`
  }

  it('answers who has the right keys', async () => {
    expect(await ask(sealed(get, { user: 'reader' }))).toBe('0 42')
    expect(await ask(sealed(get, { user: 'writer' }), 'writer')).toBe('0 42')
  })

  it('answers a community, and is silent to others', async () => {
    const reply = readMessage((await responder.respond(writeV2(Buffer.from('public'), get))) as Buffer)
    expect(reply).toMatchObject({ version: 1, pdu: { id: 77, error: 0, variables: [{ value: { value: 42 } }] } })
    expect(await responder.respond(writeV2(Buffer.from('guess'), get))).toBeUndefined()
    const refused = readMessage((await responder.respond(writeV2(Buffer.from('public'), change))) as Buffer)
    expect(refused).toMatchObject({ pdu: { error: 6, index: 1 } })
  })

  it.each<[string, How, string]>([
    ['whose passphrase is wrong', { user: 'reader', passphrase: 'another one' }, 'report 5'],
    ['whom nobody knows', { user: 'nobody', level: 0 }, 'report 3'],
    ['who talks to another engine', { user: 'reader', engineId: Buffer.from('80001f8805000000', 'hex') }, 'report 4'],
    ['who does not encrypt where that is asked for', { user: 'reader', level: 1 }, 'report 1'],
    ['who has no key to encrypt with', { user: 'plain', level: 1 }, 'report 1'],
    ['who speaks of an earlier start', { user: 'reader', boots: 3 }, 'report 2'],
    ['who is late', { user: 'reader', time: 0 }, 'report 2'],
    ['who is early', { user: 'reader', time: 1200 }, 'report 2'],
  ])('tells %s what is wrong', async (_, how, report) => {
    now += 1_000_000
    expect(await ask(sealed(get, { time: engine.time, ...how }))).toBe(report)
    now -= 1_000_000
  })

  it('refuses a changed message, at whatever byte', async () => {
    const good = sealed(change, { user: 'writer' })
    sets = 0
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good)
      bad[at] = (bad[at] as number) ^ 0x41
      await responder.respond(bad)
    }
    expect(sets).toBe(0)
  })

  it('sets for who may, and only once when a message comes again', async () => {
    sets = 0
    const message = sealed(change, { user: 'writer', id: 99 })
    expect(await ask(message, 'writer')).toBe('0 3')
    expect(await ask(message, 'writer')).toBe('0 3')
    expect(sets).toBe(1)
    expect(await ask(sealed(change, { user: 'reader' }))).toBe('6 3')
    expect(sets).toBe(1)
  })

  it('lives through anything', async () => {
    const good = [
      sealed(get, { user: 'reader' }),
      writeV2(Buffer.from('public'), get),
      sealed(change, { user: 'writer' }),
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b)),
          fc
            .tuple(
              fc.constantFrom(...good),
              fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
              fc.nat(),
            )
            .map(([from, changes, cut]) => {
              const bytes = Buffer.from(from)
              for (const [at, by] of changes) bytes[at % bytes.length] = by
              return bytes.subarray(0, bytes.length - (cut % 3 === 0 ? cut % bytes.length : 0))
            }),
        ),
        async (bytes) => {
          await responder.respond(bytes)
        },
      ),
      { numRuns: process.env.VIRT_LONG === '1' ? 200_000 : 3000 },
    )
  })
})
