// SPDX-License-Identifier: LGPL-2.1-or-later
// JSON whose numbers survive: 64-bit integers are bigints, other numbers keep their text, objects keep their order.
// What is accepted, and the texts of errors, are libvirt's.
import { ErrorDomain, ErrorNumber } from './error-table.gen.js'
import { type VirtError, virtError } from './errors.js'

/** A number that is no integer, as it was written. */
export class JsonFloat {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  valueOf(): number {
    return Number(this.text)
  }

  toString(): string {
    return this.text
  }
}

/** A JSON value as plain JavaScript: integers beyond 2^53 are bigints. */
export type Json =
  | null
  | boolean
  | string
  | number
  | bigint
  | JsonFloat
  | readonly Json[]
  | { readonly [key: string]: Json }
/** A JSON value with maps for objects: any key, in its order. */
export type JsonTree = null | boolean | string | number | bigint | JsonFloat | JsonTree[] | JsonMap
export type JsonMap = Map<string, JsonTree>

/** Levels of lists and objects that may lie in one another. */
const depthLimit = 32
const int64 = { min: -(2n ** 63n), max: 2n ** 64n - 1n }

/**
 * Reads JSON into plain values.
 * @param text characters, or bytes that have to be UTF-8
 * @throws VirtError `internal-error` with libvirt's text
 * @since 0.1.0, `virJSONValueFromString`
 */
export function parseJson(text: string | Uint8Array): Json {
  return new Reader<Json>(text, plainObject).document()
}

/** Reads JSON, objects as maps. @throws VirtError as `parseJson` @since 0.1.0 */
export function parseJsonTree(text: string | Uint8Array): JsonTree {
  return new Reader<JsonTree>(text, (entries) => new Map(entries)).document()
}

function plainObject(entries: [string, Json][]): Json {
  // Not an assignment: `__proto__` is a key like any other.
  return Object.fromEntries(entries)
}

/** What may begin a value, by its first character. */
const words: Readonly<Record<string, { word: string; value: null | boolean | JsonFloat; error: string }>> = {
  n: { word: 'null', value: null, error: 'null expected' },
  t: { word: 'true', value: true, error: 'boolean expected' },
  f: { word: 'false', value: false, error: 'boolean expected' },
  N: { word: 'NaN', value: new JsonFloat('NaN'), error: 'null expected' },
  I: { word: 'Infinity', value: new JsonFloat('Infinity'), error: 'unexpected character' },
}
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

class Reader<V> {
  readonly #text: string
  readonly #object: (entries: [string, V][]) => V
  /** What it means when the text ends too early. */
  readonly #end: string
  #at = 0
  #depth = 0

  constructor(text: string | Uint8Array, object: (entries: [string, V][]) => V) {
    const { valid, whole } = typeof text === 'string' ? { valid: text, whole: true } : decode(text)
    this.#text = valid
    this.#end = whole ? 'continue' : 'invalid utf-8 string'
    this.#object = object
  }

  document(): V {
    const value = this.#value()
    // The end of a number or a word shows in what follows; a list, an object or a string ends by itself.
    const open = typeof value === 'object' && !(value instanceof JsonFloat) ? value === null : typeof value !== 'string'
    if (open && this.#at >= this.#text.length) throw this.#error(this.#end)
    this.#blank()
    if (this.#at < this.#text.length) throw this.#error('unexpected character')
    if (this.#end !== 'continue') throw this.#error(this.#end)
    return value
  }

  #error(detail: string): VirtError {
    return virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.NONE, `failed to parse JSON: ${detail}`)
  }

  #blank(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at)
      if (c !== 0x20 && !(c >= 0x09 && c <= 0x0d)) return
      this.#at++
    }
  }

  /** The next character that is not blank; the text must have one. */
  #next(): string {
    this.#blank()
    const c = this.#text[this.#at]
    if (c === undefined) throw this.#error(this.#end)
    return c
  }

  #value(): V {
    const c = this.#next()
    if (c === '"') return this.#string() as V
    if (c === '{') return this.#nested(() => this.#members())
    if (c === '[') return this.#nested(() => this.#items())
    if (c === '-' || (c >= '0' && c <= '9')) return this.#number() as V
    const word = words[c]
    if (word === undefined) throw this.#error('unexpected character')
    this.#word(word.word, word.error)
    return word.value as V
  }

  #nested(read: () => V): V {
    if (this.#depth >= depthLimit) throw this.#error('nesting too deep')
    this.#depth++
    this.#at++
    const value = read()
    this.#depth--
    return value
  }

  #word(word: string, error: string): void {
    const found = this.#text.slice(this.#at, this.#at + word.length)
    if (found !== word) throw this.#error(word.startsWith(found) ? this.#end : error)
    this.#at += word.length
  }

  #items(): V {
    const items: V[] = []
    if (this.#next() === ']') {
      this.#at++
      return items as V
    }
    for (;;) {
      items.push(this.#value())
      const c = this.#next()
      this.#at++
      if (c === ']') return items as V
      if (c !== ',') throw this.#error("array value separator ',' expected")
    }
  }

  #members(): V {
    const entries: [string, V][] = []
    if (this.#next() === '}') {
      this.#at++
      return this.#object(entries)
    }
    for (;;) {
      const quote = this.#next()
      if (quote === '}') throw this.#error('unexpected character')
      if (quote !== '"') throw this.#error('quoted object property name expected')
      const key = this.#string()
      if (this.#next() !== ':') throw this.#error("object property name separator ':' expected")
      this.#at++
      entries.push([key, this.#value()])
      const c = this.#next()
      this.#at++
      if (c === '}') return this.#object(entries)
      if (c !== ',') throw this.#error("object value separator ',' expected")
    }
  }

  #string(): string {
    let text = ''
    this.#at++
    for (;;) {
      plainRun.lastIndex = this.#at
      const run = plainRun.exec(this.#text)?.[0] ?? ''
      text += run
      this.#at += run.length
      const c = this.#text[this.#at++]
      if (c === '"') return text
      if (c === undefined) throw this.#error(this.#end)
      if (c !== '\\') throw this.#error('invalid string sequence')
      const kind = this.#text[this.#at++]
      if (kind === undefined) throw this.#error(this.#end)
      if (kind === 'u') text += this.#unicode()
      else {
        const plain = escapes[kind]
        if (plain === undefined) throw this.#error('invalid string sequence')
        text += plain
      }
    }
  }

  /** After `\u`: one character; half of a pair alone becomes U+FFFD. */
  #unicode(): string {
    const first = this.#hex(true)
    if (first >= 0xd800 && first < 0xdc00 && this.#text.startsWith('\\u', this.#at)) {
      this.#at += 2
      const second = this.#hex(false)
      if (second >= 0xdc00 && second < 0xe000) {
        this.#at += 4
        return String.fromCharCode(first, second)
      }
      this.#at -= 2
    }
    return first >= 0xd800 && first < 0xe000 ? '\ufffd' : String.fromCharCode(first)
  }

  #hex(take: boolean): number {
    const digits = this.#text.slice(this.#at, this.#at + 4)
    const bad = digits.search(/[^0-9a-fA-F]/)
    if (bad >= 0) throw this.#error('invalid string sequence')
    if (digits.length < 4) throw this.#error(this.#end)
    if (take) this.#at += 4
    return Number.parseInt(digits, 16)
  }

  #number(): number | bigint | JsonFloat {
    numberRun.lastIndex = this.#at
    const text = numberRun.exec(this.#text)?.[0] ?? '-'
    this.#at += text.length
    const next = this.#text[this.#at]
    if (text === '-' && next === 'I') {
      this.#word('Infinity', 'unexpected character')
      return new JsonFloat('-Infinity')
    }
    if (next === undefined) throw this.#error(this.#end)
    const complete = /[0-9.]$/.test(text)
    if (!complete || (this.#depth > 0 && !/[\s,\]}]/.test(next))) throw this.#error('number expected')
    if (/[.eE]/.test(text)) return new JsonFloat(text)
    const small = Number(text)
    if (Number.isSafeInteger(small)) return small === 0 ? 0 : small
    const big = BigInt(text)
    if (big < int64.min || big > int64.max) throw this.#error('number expected')
    return big
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these in strings
const plainRun = /[^"\\\x00-\x1f]*/y
const numberRun = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]*)?/y

/** Bytes as text, up to the first that is not UTF-8. */
function decode(bytes: Uint8Array): { valid: string; whole: boolean } {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    return { valid: decoder.decode(bytes), whole: true }
  } catch {
    // The longest prefix that decodes: halve the distance to the first fault.
    let good = 0
    let bad = bytes.length
    while (bad - good > 1) {
      const middle = (good + bad) >> 1
      try {
        new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, middle), { stream: true })
        good = middle
      } catch {
        bad = middle
      }
    }
    return {
      valid: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, good), { stream: true }),
      whole: false,
    }
  }
}

/**
 * Writes JSON: without blanks, or pretty with two spaces a level.
 * @since 0.1.0, `virJSONValueToString`
 */
export function formatJson(value: Json | JsonTree, pretty = false): string {
  return pretty ? `${write(value, '\n')}\n` : write(value, '')
}

/** `line` is what begins a line of this level; empty where all stays on one. */
function write(value: Json | JsonTree, line: string): string {
  if (value === null) return 'null'
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'object':
      break
    default:
      return String(value)
  }
  if (value instanceof JsonFloat) return value.text
  const inner = line === '' ? '' : `${line}  `
  if (Array.isArray(value))
    return wrap(
      '[',
      ']',
      value.map((item: Json | JsonTree) => write(item, inner)),
      line,
      inner,
    )
  const entries: Iterable<[string, Json | JsonTree]> = value instanceof Map ? value : Object.entries(value)
  const colon = line === '' ? ':' : ': '
  const members = [...entries].map(([key, member]) => `${quote(key)}${colon}${write(member, inner)}`)
  return wrap('{', '}', members, line, inner)
}

function wrap(open: string, close: string, parts: string[], line: string, inner: string): string {
  return parts.length === 0 ? open + close : `${open}${inner}${parts.join(`,${inner}`)}${line}${close}`
}

/** JSON.stringify, but for half pairs: they cannot be written as UTF-8. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/\\ud[89a-f][0-9a-f]{2}/g, (half, at: number, all: string) => {
    let slashes = 0
    while (all[at - 1 - slashes] === '\\') slashes++
    return slashes % 2 === 0 ? '\ufffd' : half
  })
}

/** Kinds of values that a member can be asked for. */
interface Kinds {
  object: JsonMap
  array: JsonTree[]
  string: string
  boolean: boolean
  int: number
  uint: number
  long: bigint
  ulong: bigint
  double: number
}
const ranges = {
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  uint: [0n, 2n ** 32n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
  ulong: [0n, 2n ** 64n - 1n],
} as const

/** A member of an object, if it is there and of that kind. @since 0.1.0, `virJSONValueObjectGet…` */
export function jsonMember<K extends keyof Kinds>(object: JsonTree, key: string, kind: K): Kinds[K] | undefined {
  const value = object instanceof Map ? object.get(key) : undefined
  return value === undefined ? undefined : (asKind(value, kind) as Kinds[K] | undefined)
}

function asKind(value: JsonTree, kind: keyof Kinds): JsonTree | undefined {
  switch (kind) {
    case 'object':
      return value instanceof Map ? value : undefined
    case 'array':
      return Array.isArray(value) ? value : undefined
    case 'string':
    case 'boolean':
      return typeof value === kind ? value : undefined
    case 'double':
      return value instanceof JsonFloat || typeof value === 'number' || typeof value === 'bigint'
        ? Number(value)
        : undefined
    default: {
      if (typeof value !== 'number' && typeof value !== 'bigint') return undefined
      const [min, max] = ranges[kind]
      const whole = BigInt(value)
      if (whole < min || whole > max) return undefined
      return kind === 'int' || kind === 'uint' ? Number(whole) : whole
    }
  }
}

/** Adds a member. @throws VirtError when there is one of that name, or no object @since 0.1.0, `virJSONValueObjectAppend` */
export function addJsonMember(object: JsonTree, key: string, value: JsonTree): void {
  const members = mapOf(object)
  if (members.has(key)) throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.NONE, `duplicate key '${key}'`)
  members.set(key, value)
}

/** Takes a member out. @returns its value, undefined where there was none @since 0.1.0, `virJSONValueObjectRemoveKey` */
export function removeJsonMember(object: JsonTree, key: string): JsonTree | undefined {
  const members = mapOf(object)
  const value = members.get(key)
  members.delete(key)
  return value
}

function mapOf(value: JsonTree): JsonMap {
  if (value instanceof Map) return value
  throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.NONE, 'expecting JSON object')
}

/**
 * Makes nested objects of keys with dots, as QEMU's `file.driver`; objects whose keys count from 0 become lists.
 * The value given stays as it is.
 * @throws VirtError `invalid-arg` where two keys collide, or one is a value and an object
 * @since 0.1.0, `virJSONValueObjectDeflatten`
 */
export function deflattenJson(value: JsonTree): JsonTree {
  if (!(value instanceof Map)) throw invalid('only an object can be deflattened')
  return withLists(nested(value))
}

function nested(object: JsonMap): JsonMap {
  const made: JsonMap = new Map()
  for (const [key, member] of object) insert(made, key, member instanceof Map ? nested(member) : member)
  return made
}

function insert(object: JsonMap, key: string, value: JsonTree): void {
  const dot = key.indexOf('.')
  if (dot < 0) {
    if (object.has(key)) throw invalid(`can't deflatten colliding key '${key}'`)
    object.set(key, value)
    return
  }
  const head = key.slice(0, dot)
  const inner = object.has(head) ? object.get(head) : new Map()
  if (!(inner instanceof Map)) throw invalid('mixing nested objects and values is forbidden in JSON deflattening')
  object.set(head, inner)
  insert(inner, key.slice(dot + 1), value)
}

/** An object whose keys are 0, 1, … in any order is a list; so is an empty one. */
function withLists(value: JsonTree): JsonTree {
  if (!(value instanceof Map)) return value
  const members = new Map([...value].map(([key, member]) => [key, withLists(member)]))
  const items = Array.from(members, (_, i) => members.get(String(i)))
  return items.every((item) => item !== undefined) ? (items as JsonTree[]) : members
}

function invalid(detail: string): VirtError {
  return virtError(ErrorNumber.INVALID_ARG, ErrorDomain.NONE, detail)
}
