// SPDX-License-Identifier: LGPL-2.1-or-later
// Between the SPI's numbers and what people read: enums as strings, flags as options, typed parameters as plain objects.

import { VirtError } from './errors.js'
import { paramTypes } from './param-types.gen.js'
import type { ParamShape, ParamType, ParamValue, TypedParams } from './spi.js'

/** What every call takes. */
export interface CallOptions {
  /** Ends the waiting; work that has begun goes on. */
  signal?: AbortSignal
  /** Milliseconds after which the waiting ends. */
  timeout?: number
}

/** 64-bit input: a bigint, or a number that is exact. */
export type Int64Input = bigint | number

type Kebab<S extends string> = S extends `${infer A}_${infer B}` ? `${Lowercase<A>}-${Kebab<B>}` : Lowercase<S>
/** Strings of an enum: `PM_SUSPENDED` is `'pm-suspended'`. */
export type EnumText<E> = Kebab<keyof E & string>
/** Strings of the bits of a set. */
export type BitNames<E> = EnumText<E>
/** Options of a set of flags. */
export type FlagOptions<B> = { [K in keyof B]?: boolean }

const texts = new WeakMap<object, { byValue: Map<number, string>; byText: Map<string, number> }>()

function tableOf(e: object): { byValue: Map<number, string>; byText: Map<string, number> } {
  let table = texts.get(e)
  if (table === undefined) {
    const pairs = Object.entries(e as Record<string, number>).map(
      ([k, v]) => [k.toLowerCase().replaceAll('_', '-'), v] as const,
    )
    table = { byText: new Map(pairs), byValue: new Map([...pairs].reverse().map(([k, v]) => [v, k])) }
    texts.set(e, table)
  }
  return table
}

/** The string of a number; a number this release does not know becomes `unknown-N`. */
export function enumText<E extends object>(e: E, value: number): EnumText<E> {
  return (tableOf(e).byValue.get(value) ?? `unknown-${value}`) as EnumText<E>
}

/** The number of a string; numbers pass. @throws VirtError `invalid-arg` for an unknown string */
export function enumValue(e: object, value: string | number): number {
  if (typeof value === 'number') return value
  const { byText } = tableOf(e)
  const number = byText.get(value)
  if (number === undefined)
    throw new VirtError(`'${value}' is none of ${[...byText.keys()].join(', ')}`, { code: 'invalid-arg' })
  return number
}

/** The bits of a list of strings; a number passes. */
export function bitsOf(e: object, value: readonly string[] | number): number {
  if (typeof value === 'number') return value >>> 0
  return value.reduce((bits, name) => (bits | enumValue(e, name)) >>> 0, 0)
}

/** The number for an options object; `flags` adds raw bits. */
export function flagsOf(options: object, ...sets: readonly Readonly<Record<string, number>>[]): number {
  const given = options as Record<string, unknown>
  let bits = typeof given.flags === 'number' ? given.flags : 0
  for (const set of sets) for (const key of Object.keys(set)) if (given[key] === true) bits |= set[key] as number
  return bits >>> 0
}

/** A value inside plain typed parameters. */
export type PlainValue = number | bigint | boolean | string | undefined | PlainParams | PlainValue[]
/**
 * Typed parameters as people read them: camelCase keys, dots become nesting, numbers arrays. The `count` of a list is its length; what
 * else stands beside the items of a list is beside the list: `vcpu.maximum` is `vcpuMaximum`. Names of another form are in `extra`.
 */
export interface PlainParams {
  [key: string]: PlainValue
}

const camel = (text: string): string => text.replace(/[_-]([a-z0-9])/g, (_, c: string) => c.toUpperCase())
const rawOf = new Map([...paramTypes.keys()].map((raw) => [raw.split('.').map(camel).join('.'), raw]))

/** Where the parameters of a shape go; many lists share a shape. */
const paths = new WeakMap<ParamShape, readonly Path[]>()
/** Keys down to a value; `list` when it is the length of what is there. */
interface Path {
  readonly keys: readonly string[]
  readonly list: boolean
}

/** Lists that have something beside them also when they have no items. */
const alwaysLists = ['vcpu']

function pathsOf(shape: ParamShape): readonly Path[] {
  let known = paths.get(shape)
  if (known === undefined) {
    const lists = new Set(alwaysLists)
    for (const name of shape.names)
      for (const { index } of name.matchAll(/\.\d+(?=\.|$)/g)) lists.add(name.slice(0, index))
    known = shape.names.map((name) => pathOf(name, lists))
    paths.set(shape, known)
  }
  return known
}

function pathOf(name: string, lists: ReadonlySet<string>): Path {
  if (!/^[\w.-]+$/.test(name)) return { keys: ['extra', name], list: false }
  const parts = name.split('.')
  const list = parts.length > 1 && parts.at(-1) === 'count'
  if (list) parts.pop()
  const keys: string[] = []
  let prefix = ''
  for (const part of parts) {
    const beside = lists.has(prefix) && !/^\d+$/.test(part)
    const key = camel(part)
    if (beside) keys.push(`${keys.pop()}${key.charAt(0).toUpperCase()}${key.slice(1)}`)
    else keys.push(key)
    prefix = prefix === '' ? part : `${prefix}.${part}`
  }
  return { keys, list }
}

/** Typed parameters as a plain object; 64-bit values are bigints. */
export function toPlain(params: TypedParams): PlainParams {
  const out: PlainParams = {}
  const { types } = params.shape
  const where = pathsOf(params.shape)
  for (let i = 0; i < where.length; i++) {
    const { keys, list } = where[i] as Path
    const value = params.values[i] as ParamValue
    if (list) place(out, [...keys, '0'], undefined)
    else place(out, keys, types[i] === 3 || types[i] === 4 ? BigInt(value as bigint) : value)
  }
  return out
}

/** @param value undefined makes only what is to hold it */
function place(target: PlainParams, path: readonly string[], value: PlainValue): void {
  let node = target as Record<string, PlainValue>
  for (let i = 0; i < path.length - 1; i++) {
    const key = path[i] as string
    const next = node[key]
    if (typeof next !== 'object')
      node[key] = /^\d+$/.test(path[i + 1] as string) ? [] : next === undefined ? {} : { value: next }
    node = node[key] as Record<string, PlainValue>
  }
  if (value === undefined) return
  const last = path[path.length - 1] as string
  if (node[last] === undefined) node[last] = value
  else if (Array.isArray(node) || typeof node[last] === 'object')
    node[last] = [...(Array.isArray(node[last]) ? (node[last] as PlainValue[]) : [node[last]]), value]
  else node[last] = [node[last], value]
}

/** Typed parameters from a plain object: known names have their own type, others that of the value. */
export function fromPlain(plain: PlainParams): TypedParams {
  const names: string[] = []
  const types: ParamType[] = []
  const values: ParamValue[] = []
  const add = (name: string, value: number | bigint | boolean | string): void => {
    names.push(name)
    types.push(paramTypes.get(name) ?? guess(value))
    values.push(value)
  }
  const walk = (path: string, value: PlainValue): void => {
    if (value === undefined) return
    if (Array.isArray(value)) {
      const flat = value.every((v) => typeof v === 'string')
      value.forEach((v, i) => void walk(flat ? path : `${path}.${i}`, v))
    } else if (typeof value === 'object')
      for (const [k, v] of Object.entries(value)) walk(path === '' ? k : `${path}.${k}`, v)
    else if (path.startsWith('extra.')) add(path.slice(6), value)
    else add(rawOf.get(path) ?? rawOf.get(camel(path)) ?? path, value)
  }
  walk('', plain)
  return { shape: { names, types }, values }
}

function guess(value: number | bigint | boolean | string): ParamType {
  if (typeof value === 'bigint') return value < 0n ? 3 : 4
  if (typeof value === 'boolean') return 6
  if (typeof value === 'string') return 7
  return Number.isInteger(value) ? 1 : 5
}

/** Replacer for `JSON.stringify`, which refuses bigints: they become numbers where exact, else strings. */
export function jsonReplacer(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value.toString()
}
