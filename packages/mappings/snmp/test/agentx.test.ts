// SPDX-License-Identifier: LGPL-2.1-or-later
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AgentxFormatError, decodePdu, PduReader } from '../src/agentx/decode.js'
import { encodePdu } from '../src/agentx/encode.js'
import type { Pdu } from '../src/agentx/pdu.js'
import type { Value } from '../src/wire/value.js'

const u32 = fc.integer({ min: 0, max: 0xffffffff })
const oid = fc.oneof(
  fc.array(u32, { maxLength: 20 }),
  fc.array(u32, { maxLength: 20 }).map((rest) => [1, 3, 6, 1, 4, ...rest]),
)
const bytes = fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b))
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.integer().map((n) => ({ type: 2 as const, value: n })),
  fc.tuple(fc.constantFrom(65 as const, 66 as const, 67 as const), u32).map(([type, n]) => ({ type, value: n })),
  fc.tuple(fc.constantFrom(4 as const, 64 as const, 68 as const), bytes).map(([type, b]) => ({ type, value: b })),
  oid.map((o) => ({ type: 6 as const, value: o })),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n) => ({ type: 70 as const, value: n })),
  fc.constantFrom(5 as const, 128 as const, 129 as const, 130 as const).map((type) => ({ type })),
)
const variables = fc.array(fc.record({ oid, value }), { maxLength: 6 })
const ranges = fc.array(fc.record({ start: oid, include: fc.boolean(), end: oid }), { maxLength: 6 })
const u8 = fc.integer({ min: 0, max: 255 })
const u16 = fc.integer({ min: 0, max: 65_535 })
const text = fc.string({ maxLength: 20 })

const bodies = [
  fc.record({ type: fc.constant(1 as const), timeout: u8, id: oid, description: text }),
  fc.record({ type: fc.constant(2 as const), reason: u8 }),
  fc.record({ type: fc.constant(3 as const), timeout: u8, priority: u8, rangeSubid: fc.constant(0), subtree: oid }),
  fc.record({
    type: fc.constant(3 as const),
    timeout: u8,
    priority: u8,
    rangeSubid: fc.constant(4),
    subtree: oid,
    upperBound: u32,
  }),
  fc.record({ type: fc.constant(4 as const), priority: u8, rangeSubid: fc.constant(0), subtree: oid }),
  fc.record({ type: fc.constantFrom(5 as const, 6 as const), ranges }),
  fc.record({ type: fc.constant(7 as const), nonRepeaters: u16, maxRepetitions: u16, ranges }),
  fc.record({ type: fc.constantFrom(8 as const, 12 as const, 14 as const, 15 as const), variables }),
  fc.record({ type: fc.constantFrom(9 as const, 10 as const, 11 as const, 13 as const) }),
  fc.record({ type: fc.constant(16 as const), id: oid, description: text }),
  fc.record({ type: fc.constant(17 as const), id: oid }),
  fc.record({ type: fc.constant(18 as const), sysUpTime: u32, error: u16, index: u16, variables }),
]
const pdu = fc
  .tuple(fc.oneof(...bodies), u32, u32, u32, fc.option(bytes, { nil: undefined }))
  .map(([body, session, transaction, packet, context]) => {
    const flags = 16 | (context === undefined ? 0 : 8)
    return { ...body, flags, session, transaction, packet, context } as Pdu
  })

const plain = (one: unknown): unknown =>
  JSON.parse(JSON.stringify(one, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v)))

describe('AgentX', () => {
  it('reads what it has written', () => {
    fc.assert(
      fc.property(pdu, (one) => {
        expect(plain(decodePdu(encodePdu(one)))).toEqual(plain(one))
      }),
    )
  })

  it('is read from a stream however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(pdu, { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 50 })),
        (all, sizes) => {
          const stream = Buffer.concat(all.map(encodePdu))
          const reader = new PduReader()
          const out: Pdu[] = []
          for (let at = 0; at < stream.length; ) {
            const size = sizes.next().value as number
            reader.push(stream.subarray(at, at + size), (one) => out.push(one))
            at += size
          }
          expect(plain(out)).toEqual(plain(all))
        },
      ),
    )
  })

  it('is refused, and nothing worse, when it was changed on the way', () => {
    fc.assert(
      fc.property(pdu, fc.array(fc.tuple(fc.nat(), u8), { minLength: 1, maxLength: 8 }), (one, changes) => {
        const stream = encodePdu(one)
        for (const [at, by] of changes) stream[at % stream.length] = by
        try {
          new PduReader().push(stream, () => {})
        } catch (error) {
          expect(error).toBeInstanceOf(AgentxFormatError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('is read in the other byte order', () => {
    // A response, little endian: sysUpTime 500, error 257, index 2, one Integer -2 at 1.3.6.1.4.1.
    const hex =
      '0112000007000000080000000900000018000000f401000001010200' + '02000000' + '0104000001000000' + 'feffffff'
    expect(decodePdu(Buffer.from(hex, 'hex'))).toMatchObject({
      type: 18,
      session: 7,
      transaction: 8,
      packet: 9,
      sysUpTime: 500,
      error: 257,
      index: 2,
      variables: [{ oid: [1, 3, 6, 1, 4, 1], value: { type: 2, value: -2 } }],
    })
  })

  it.each([
    ['of a length that nobody sends', '01050010000000000000000000000000ffffffff'],
    ['of a length that is no multiple of four', '010500100000000000000000000000000000000500000000'],
    ['of another version', '0205001000000000000000000000000000000000'],
    ['of no known type', '0163001000000000000000000000000000000000'],
    [
      'with a string longer than itself',
      '01100010000000000000000000000000000000080000000000000fffffff'.padEnd(56, '0'),
    ],
  ])('refuses a message %s', (_, hex) => {
    expect(() => new PduReader().push(Buffer.from(hex, 'hex'), () => {})).toThrow(AgentxFormatError)
  })
})
