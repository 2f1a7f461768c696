// SPDX-License-Identifier: LGPL-2.1-or-later
// Plain objects that people write: amounts with units, numbers for bigints, lists and defaults left out, typing errors.
// What comes out is a record as the reader makes it.
import { ErrorDomain, ErrorNumber, sizeOf, virtError } from '@virt/core'
import type { Element, Field } from '../lang/field.js'
import { readScaled, type Scale } from '../lang/scale.js'
import { never, type Value } from '../lang/value.js'
import type { DocumentHooks, Rec } from './context.js'
import { elementOf, planOf } from './plan.js'
import { parseTree } from './tree-read.js'

/** A unit of an amount: `KiB` counts by 1,024, `KB` by 1,000. */
type AmountUnit = 'B' | 'bytes' | `${'K' | 'M' | 'G' | 'T' | 'P' | 'E'}${'' | 'B' | 'iB'}` | 'k'
/** An amount: a number in the unit that the document counts in, or a text with a unit of its own, as `'4 GiB'`. */
export type Amount = bigint | number | `${number}${'' | ' '}${AmountUnit}`

class Converter {
  readonly #hooks: DocumentHooks
  readonly #path: (string | number)[] = []

  constructor(name: string, hooks: DocumentHooks) {
    this.#path.push(name)
    this.#hooks = hooks
  }

  #refuse(reason: string): never {
    const path = this.#path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
    throw virtError(ErrorNumber.INVALID_ARG, ErrorDomain.XML, `${path.slice(1)}: ${reason}`)
  }

  #inside<T>(step: string | number, run: () => T): T {
    this.#path.push(step)
    const made = run()
    this.#path.pop()
    return made
  }

  element(element: Element, given: unknown, tags: Readonly<Rec> = {}): Rec {
    const fields = Object.entries(element.fields)
    const source = this.#object(fields, given)
    const record: Rec = { ...planOf(element).fresh(), ...tags }
    this.#checkKeys(element, source, new Set([...fields.map(([key]) => key), ...Object.keys(tags)]))
    // Fields that say which others there are come first.
    const guards = new Set(fields.flatMap(([, { only, shape }]) => only?.key ?? (shape.kind === 'by' ? shape.key : [])))
    for (const [key, field] of fields) if (guards.has(key)) this.#field(record, source, key, field)
    for (const [key, field] of fields) if (!guards.has(key)) this.#field(record, source, key, field)
    if (element.hasNamespaces && source.namespaces !== undefined)
      record.namespaces = this.#namespaces(source.namespaces)
    return record
  }

  /** An element with a text may be given as that alone. */
  #object(fields: readonly [string, Field][], given: unknown): Rec {
    if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as Rec
    const body = fields.find(([, { shape }]) => shape.kind === 'body' || shape.kind === 'scaledBody')
    if (body === undefined || typeof given === 'object' || given === undefined) this.#refuse('an object is wanted')
    return { [body[0]]: given }
  }

  #checkKeys(element: Element, source: Rec, known: ReadonlySet<string>): void {
    for (const key of Object.keys(source)) {
      if (known.has(key) || source[key] === undefined || (key === 'namespaces' && element.hasNamespaces)) continue
      const close = [...known].find((one) => one.toLowerCase() === key.toLowerCase() || distance(one, key) === 1)
      this.#refuse(`there is no '${key}' in <${element.name}>${close === undefined ? '' : `; is it '${close}'?`}`)
    }
  }

  #field(record: Rec, source: Rec, key: string, field: Field): void {
    const { shape } = field
    if (shape.kind === 'tagOf') {
      this.#outer(record, source, shape.key, shape.tag, field)
      return
    }
    if (shape.kind === 'by') {
      const form = Object.hasOwn(shape.table, String(record[shape.key]))
        ? shape.table[String(record[shape.key])]
        : undefined
      if (form !== undefined && !isNever(form)) this.#field(record, source, key, form)
      else if (source[key] !== undefined && !isEmptyList(source[key]))
        this.#inside(key, () => this.#refuse(`it does not belong to ${shape.key} '${record[shape.key]}'`))
      return
    }
    const given = source[key]
    const exists = field.only === undefined || field.only.values.has(record[field.only.key])
    if (given === undefined) {
      if (exists && field.fallback !== undefined) record[key] ??= field.fallback
      if (exists && field.isRequired && shape.kind === 'attr' && record[key] === undefined)
        this.#refuse(`'${key}' is missing`)
      return
    }
    if (isEmptyList(given) && !exists) return
    this.#inside(key, () => {
      if (!exists) this.#refuse(`it does not belong to ${field.only?.key} '${record[field.only?.key ?? '']}'`)
      // A child that has been made for the value that its parent keeps.
      if (record[key] !== undefined && shape.kind === 'child') return
      record[key] = this.#value(field, given)
    })
  }

  /** A child whose type stands on the parent. */
  #outer(record: Rec, source: Rec, key: string, tag: string, field: Field): void {
    const { shape } = field
    if (shape.kind !== 'tagOf') return
    const given = source[key]
    this.#inside(key, () => {
      const own = typeof given === 'object' && given !== null ? (given as Rec)[tag] : undefined
      const type = own === undefined ? field.fallback : this.#inside(tag, () => this.#checked(shape.value, own))
      if (type === undefined && given === undefined && !field.isRequired) return
      if (type === undefined) this.#refuse(`'${tag}' is missing`)
      record[key] = this.element(elementOf(shape.element), given ?? {}, { [tag]: type })
    })
  }

  #value(field: Field, given: unknown): unknown {
    const { shape } = field
    switch (shape.kind) {
      case 'attr':
      case 'leaf':
      case 'body':
      case 'only':
      case 'tag':
        return field.blank !== undefined && given === field.blank ? given : this.#checked(shape.value, given)
      case 'leaves':
        return this.#list(given, (one) => this.#checked(shape.value, one))
      case 'scaled':
      case 'scaledAttr':
      case 'scaledBody':
        return this.#amount(shape.scale, given)
      case 'flag':
        if (typeof given !== 'boolean') this.#refuse('true or false is wanted')
        return given || undefined
      case 'child':
        return this.element(elementOf(shape.element), given)
      case 'children':
      case 'wrapped':
        return this.#list(given, (one) => this.element(elementOf(shape.element), one))
      case 'choice': {
        const one = (item: unknown): Rec => this.#chosen(shape.tag, shape.elements, item)
        return shape.many ? this.#list(given, one) : one(given)
      }
      case 'opaque':
        return typeof given === 'string' ? parseTree(given, ErrorDomain.XML) : given
      default:
        return given
    }
  }

  #list<T>(given: unknown, one: (item: unknown) => T): T[] {
    if (!Array.isArray(given)) this.#refuse('a list is wanted')
    return given.map((item, i) => this.#inside(i, () => one(item)))
  }

  #chosen(tag: string, elements: readonly Element[], given: unknown): Rec {
    const name = typeof given === 'object' && given !== null ? (given as Rec)[tag] : undefined
    const element = elements.find((one) => one.name === name)
    if (element === undefined) this.#refuse(`'${tag}' has to be one of ${elements.map((one) => one.name).join(', ')}`)
    return this.element(element, given, { [tag]: name })
  }

  #amount(scale: Scale, given: unknown): bigint {
    if (typeof given === 'bigint' && given >= 0n) return given
    if (typeof given === 'number' && Number.isSafeInteger(given) && given >= 0) return BigInt(given)
    if (typeof given === 'string' && /^\s*\d+\.\d+\s*[a-z]+\s*$/i.test(given)) {
      const bytes = sizeOf(given, 'Bytes')
      return (bytes + scale.step - 1n) / scale.step
    }
    const read = typeof given === 'string' ? readScaled(given.trim(), undefined, scale) : undefined
    if (read === undefined || 'wrong' in read) this.#refuse(`an amount as '4 GiB' is wanted, not ${show(given)}`)
    return read.value
  }

  /** The value as reading it would give it. */
  #checked(form: Value, given: unknown): unknown {
    const fits =
      typeof given === form.ts ||
      (form.ts === 'bigint' && typeof given === 'number' && Number.isSafeInteger(given)) ||
      // As JSON has what does not fit into its numbers.
      (form.ts === 'bigint' && typeof given === 'string' && /^-?\d+$/.test(given)) ||
      (!['number', 'bigint', 'boolean', 'string'].includes(form.ts) && typeof given === 'string')
    if (!fits) this.#refuse(`a ${form.members === undefined ? form.ts : 'word'} is wanted, not ${show(given)}`)
    const value = form.ts === 'bigint' ? BigInt(given as number | string) : given
    const read = (form.settled ?? form.parse)(form.print === undefined ? String(value) : form.print(value as never))
    if (read !== undefined) return read
    const words = form.members === undefined ? '' : `; it may be ${form.members.join(', ')}`
    return this.#refuse(`${show(given)} is not of the right form${words}`)
  }

  #namespaces(given: unknown): Rec {
    if (typeof given !== 'object' || given === null) this.#refuse('namespaces are an object')
    const known = this.#hooks.namespaces ?? []
    const made: Rec = {}
    for (const [prefix, value] of Object.entries(given)) {
      if (value === undefined) continue
      const namespace = known.find((one) => one.prefix === prefix)
      if (namespace === undefined) this.#refuse(`there is no namespace '${prefix}'`)
      made[prefix] = this.#inside('namespaces', () =>
        this.#inside(prefix, () => this.element(namespace.element, value)),
      )
    }
    return made
  }
}

const isNever = ({ shape }: Field): boolean => shape.kind === 'attr' && shape.value === never

const isEmptyList = (given: unknown): boolean => Array.isArray(given) && given.length === 0

function show(given: unknown): string {
  if (typeof given === 'string') return `'${given.length > 40 ? `${given.slice(0, 40)}…` : given}'`
  return typeof given === 'object' ? 'an object' : String(given)
}

/** 1 for texts that differ in one letter put in, left out, changed or swapped with its neighbour. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 1) return 2
  let i = 0
  while (i < a.length && a[i] === b[i]) i++
  const rests = [
    [a.slice(i + 1), b.slice(i + 1)],
    [a.slice(i + 1), b.slice(i)],
    [a.slice(i), b.slice(i + 1)],
    [`${a[i + 1]}${a[i]}${a.slice(i + 2)}`, b.slice(i)],
  ]
  return rests.some(([x, y]) => x === y) ? 1 : 2
}

/**
 * Makes a record of an object that somebody wrote. The object stays as it is.
 * @throws VirtError `invalid-arg` that names the place: `domain.devices.disks[0].target.bus: …`
 */
export function fromInput(element: Element, given: object, hooks: DocumentHooks): Rec {
  return new Converter(element.name, hooks).element(element, given)
}
