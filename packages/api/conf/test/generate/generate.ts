// SPDX-License-Identifier: LGPL-2.1-or-later
// Documents made of the schemas: each field may be there, with a value of its form.
import fc from 'fast-check'
import type { fields, values } from '../../src/index.js'

type Rec = Record<string, unknown>
type Element = fields.Element
type Field = fields.Field
type Value = values.Value

/** How deep elements are filled with what they need not have. */
const deepest = 5

const texts = [
  'a',
  'name-1',
  'a & b <c>',
  'it\'s "so"',
  'é',
  '/dev/sda1',
  '/a/b.img',
  'x86_64',
  '1',
  '10',
  '0-3,5',
  '52:54:00:aa:bb:cc',
  '192.168.1.7',
  'fe80::1',
  '3e3fce45-4f53-4fa7-bb32-11f34168b82b',
  '0x5000c50015ea71ad',
  '0xff',
  '2024-01-02 03:04:05 +0000',
  'yes',
  'on',
  'all',
  '0000:00:1f.2',
  'vda',
  'example.org',
  '5900',
  '1-2',
  'tcp',
]
const numbers = [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 31, 64, 100, 255, 256, 512, 1000, 1024, 4096, 65535, 2147483647, -1]
const amounts = [0n, 1n, 2n, 512n, 1000n, 1024n, 4096n, 4194304n, 1n << 40n]

const known = new Map<Value, fc.Arbitrary<unknown> | undefined>()
/** Values of a form that reading gives back as they are; nothing for forms that none of the samples has. */
function arbitraryOf(form: Value): fc.Arbitrary<unknown> | undefined {
  if (known.has(form)) return known.get(form)
  const print = (value: unknown): string => (form.print === undefined ? String(value) : form.print(value as never))
  const samples: unknown[] = [
    ...(form.members ?? []).map((word) => form.parse(word)),
    ...texts,
    ...numbers,
    ...numbers.map(BigInt),
    ...amounts,
    true,
    false,
  ]
  const fit = samples.filter((sample) => {
    try {
      return sample !== undefined && form.parse(print(sample)) === sample
    } catch {
      return false
    }
  })
  const made = fit.length === 0 ? undefined : fc.constantFrom(...new Set(fit))
  known.set(form, made)
  return made
}

/** Fills records from what a generator of fast-check chooses. */
export class Maker {
  readonly #choose: fc.GeneratorValue
  readonly #share: number
  readonly #always: Readonly<Record<string, readonly unknown[]>>
  /** Fields that have been given a value, as element and key. */
  readonly made: Set<string> = new Set()

  /**
   * @param share out of a hundred, of the fields that need not be there
   * @param always by element and key (`cpu.arch`): what is there always, with one of these values; any where there are none
   */
  constructor(choose: fc.GeneratorValue, share: number, always: Readonly<Record<string, readonly unknown[]>> = {}) {
    this.#choose = choose
    this.#share = share
    this.#always = always
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#choose(fc.integer, { min: 0, max: list.length - 1 })] as T
  }

  record(element: Element, depth: number, tags: Rec = {}): Rec {
    const record: Rec = { ...tags }
    const all = Object.entries(element.fields)
    const guards = new Set(all.flatMap(([, { only, shape }]) => only?.key ?? (shape.kind === 'by' ? shape.key : [])))
    for (const [key, field] of all) if (guards.has(key)) this.#field(element, record, key, field, depth)
    for (const [key, field] of all) if (!guards.has(key)) this.#field(element, record, key, field, depth)
    return record
  }

  #field(element: Element, record: Rec, key: string, field: Field, depth: number): void {
    const { shape } = field
    if (key in record || (field.only !== undefined && !field.only.values.has(record[field.only.key]))) return
    // What only hypervisors and passes say is not in a definition.
    if ([...(field.modes ?? []), ...(field.readModes ?? [])].some((mode) => !mode.startsWith('!'))) return
    if (shape.kind === 'by') {
      const form = shape.table[String(record[shape.key])]
      if (form !== undefined) this.#field(element, record, key, form, depth)
      return
    }
    const samples = this.#always[`${element.name}.${key}`] ?? this.#always[`*.${key}`]
    const wanted =
      samples !== undefined ||
      field.isRequired ||
      shape.kind === 'tag' ||
      shape.kind === 'body' ||
      shape.kind === 'scaledBody'
    const likely = depth > deepest ? 0 : this.#share
    if (!wanted && this.#choose(fc.integer, { min: 0, max: 99 }) >= likely) return
    const value = samples?.length ? this.#pick(samples) : this.#value(field, depth)
    if (value === undefined) return
    this.made.add(`${element.name}.${key}`)
    if (shape.kind === 'tagOf') record[shape.key] = value
    else record[key] = value
  }

  #list<T>(depth: number, one: () => T): T[] {
    const length = this.#choose(fc.integer, { min: 1, max: depth > 2 ? 1 : 3 })
    return Array.from({ length }, one)
  }

  #word(form: Value): unknown {
    const arbitrary = arbitraryOf(form)
    return arbitrary === undefined ? undefined : this.#choose(() => arbitrary)
  }

  #value(field: Field, depth: number): unknown {
    const { shape } = field
    switch (shape.kind) {
      case 'attr':
      case 'leaf':
      case 'body':
      case 'only':
      case 'tag':
        return this.#word(shape.value)
      case 'leaves': {
        const list = this.#list(depth, () => this.#word(shape.value))
        return list.includes(undefined) ? undefined : list
      }
      case 'scaled':
      case 'scaledAttr':
      case 'scaledBody':
        return this.#pick(amounts)
      case 'flag':
        return true
      case 'child':
        return this.record(elementOf(shape.element), depth + 1)
      case 'children':
      case 'wrapped':
        return this.#list(depth, () => this.record(elementOf(shape.element), depth + 1))
      case 'choice': {
        const one = (): Rec => {
          const inner = this.#pick(shape.elements)
          return this.record(inner, depth + 1, { [shape.tag]: inner.name })
        }
        return shape.many ? this.#list(depth, one) : one()
      }
      case 'tagOf': {
        const word = this.#word(shape.value)
        return word === undefined ? undefined : this.record(elementOf(shape.element), depth + 1, { [shape.tag]: word })
      }
      case 'opaque':
        return { name: 'any', attributes: { a: this.#pick(texts) }, children: ['text'] }
      default:
        return undefined
    }
  }
}

function elementOf(ref: fields.ElementRef): Element {
  return typeof ref === 'function' ? ref() : ref
}
