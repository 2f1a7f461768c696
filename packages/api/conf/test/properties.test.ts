// SPDX-License-Identifier: LGPL-2.1-or-later
// Documents made of their schemas: what has been read prints and reads as the same, as XML and as JSON.
import { isVirtError, jsonReplacer } from '@virt/core'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kinds } from './documents.js'
import { Maker } from './generate/generate.js'

const runs = process.env.VIRT_LONG === '1' ? 5000 : 250
/** Made documents are thousands of choices each: shrinking one fills the heap long before it finds a smaller one; the seed is enough. */
const report = { endOnFailure: true }

/** A record without what says nothing: an element without content is not printed, and so not read. */
function meaning(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meaning)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).map(([key, one]) => [key, meaning(one)] as const)
  return Object.fromEntries(kept.filter(([, one]) => !isEmpty(one)))
}
const isEmpty = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)

describe.each(Object.entries(kinds))('any %s', (_name, { kind, hooks, always }) => {
  const print = (document: object): string => kind.print(document, { secure: true, hooks })
  const read = (text: string): object => kind.parse(text, { raw: true, hooks })

  it('reads as what it was printed of', { timeout: 60_000 }, () => {
    let taken = 0
    fc.assert(
      fc.property(fc.gen(), fc.constantFrom(3, 10, 30), (choose, share) => {
        let document: object
        try {
          document = read(print(kind.fromInput(new Maker(choose, share, always).record(kind.root, 0), { hooks })))
        } catch (error) {
          // What no document may say together.
          if (isVirtError(error)) return
          throw error
        }
        taken++
        const text = print(document)
        const again = read(text)
        expect(meaning(again)).toEqual(meaning(document))
        expect(print(again)).toBe(text)
        expect(print(kind.fromInput(document, { hooks }))).toBe(text)
      }),
      { ...report, numRuns: runs },
    )
    expect(taken).toBeGreaterThan(runs / 3)
  })

  it('is what its JSON Schema says, and comes back from JSON', { timeout: 60_000 }, () => {
    const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, validateFormats: false })
    const check = ajv.compile(kind.jsonSchema({ hooks }))
    fc.assert(
      fc.property(fc.gen(), fc.constantFrom(3, 10), (choose, share) => {
        let document: object
        try {
          document = kind.fromInput(new Maker(choose, share, always).record(kind.root, 0), { hooks })
        } catch (error) {
          if (isVirtError(error)) return
          throw error
        }
        const json = JSON.parse(JSON.stringify(document, jsonReplacer)) as object
        expect([check(json), check.errors]).toEqual([true, null])
        expect(print(kind.fromInput(json, { hooks }))).toBe(print(document))
        const wrong = { ...json, [choose(fc.constantFrom, 'unknown', 'x-y', '__proto')]: 1 }
        expect(check(wrong)).toBe(false)
        expect(() => kind.fromInput(wrong, { hooks })).toThrow(expect.objectContaining({ code: 'invalid-arg' }))
      }),
      { ...report, numRuns: runs / 2 },
    )
  })
})
