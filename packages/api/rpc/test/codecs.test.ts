// SPDX-License-Identifier: LGPL-2.1-or-later
import { isVirtError } from '@virt/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { procedures, XdrError, XdrReader, XdrWriter } from '../src/index.js'
import { boundsOf, structs, valuesOf } from './arbitrary.js'

const long = process.env.VIRT_LONG === '1'

describe('the codecs of every type', () => {
  it.each(structs.map((s) => [`${s.program} ${s.name}`, s] as const))('read back what they wrote: %s', (_, struct) => {
    fc.assert(
      fc.property(valuesOf(struct), (value) => {
        const w = new XdrWriter(16)
        struct.encode(w, value as never)
        expect(w.position % 4).toBe(0)
        const r = new XdrReader(Buffer.from(w.bytes()))
        expect(struct.decode(r)).toEqual(value)
        expect(r.left).toBe(0)
      }),
      { numRuns: long ? 200 : 12 },
    )
  })

  it('refuse every length beyond its limit', () => {
    let checked = 0
    for (const struct of structs) {
      const { bytes, bounds } = boundsOf(struct)
      expect(() => struct.decode(new XdrReader(bytes)), `${struct.program} ${struct.name}`).not.toThrow()
      for (const bound of bounds) {
        const mutated = Buffer.from(bytes)
        mutated.writeUInt32BE(bound.max + 1, bound.at)
        const label = `${struct.program} ${struct.name} ${bound.path}`
        expect(() => struct.decode(new XdrReader(mutated)), label).toThrow(/limit/)
        expect(() => struct.decode(new XdrReader(mutated)), label).toThrow(XdrError)
        mutated.writeUInt32BE(0xffffffff, bound.at)
        expect(() => struct.decode(new XdrReader(mutated)), label).toThrow(XdrError)
        checked++
      }
    }
    expect(checked).toBeGreaterThan(1000)
  })

  it('refuse what ends too early at every byte', () => {
    for (const struct of structs) {
      const { bytes } = boundsOf(struct)
      for (let end = 0; end < Math.min(bytes.length, 200); end++)
        expect(() => struct.decode(new XdrReader(bytes.subarray(0, end))), `${struct.name} ${end}`).toThrow(XdrError)
    }
  })

  it('never throw anything but a VirtError for bytes of any kind', () => {
    const codecs = procedures().flatMap((p) => [p.args, p.ret, p.msg].filter((c) => c !== undefined))
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.array(fc.constantFrom(0, 0, 0, 1, 2, 7, 0xff), { maxLength: 400 }).map((a) => Uint8Array.from(a)),
    )
    fc.assert(
      fc.property(fc.constantFrom(...codecs), bytes, (codec, input) => {
        try {
          codec.decode(new XdrReader(Buffer.from(input)))
        } catch (error) {
          expect(isVirtError(error)).toBe(true)
        }
      }),
      { numRuns: long ? 200_000 : 5_000 },
    )
  })
})
