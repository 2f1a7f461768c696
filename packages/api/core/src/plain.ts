// SPDX-License-Identifier: LGPL-2.1-or-later
// Between the SPI's numbers and what people read: enums as strings, flags as options, typed parameters as plain objects.

import { VirtError } from './errors.js'
import { paramTypes } from './param-types.gen.js'
import type { ParamType, ParamValue, TypedParams } from './spi.js'

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
/** Typed parameters as people read them: camelCase keys, dots become nesting, numbers arrays; unknown names are in `extra`. */
export interface PlainParams {
  [key: string]: PlainValue
}

const camel = (text: string): string => text.replace(/[_-]([a-z0-9])/g, (_, c: string) => c.toUpperCase())
const rawOf = new Map([...paramTypes.keys()].map((raw) => [raw.split('.').map(camel).join('.'), raw]))

/** Typed parameters as a plain object; 64-bit values are bigints. */
export function toPlain(params: TypedParams): PlainParams {
  const out: PlainParams = {}
  const { names, types } = params.shape
  for (let i = 0; i < names.length; i++) {
    const raw = names[i] as string
    const value = params.values[i] as ParamValue
    const plain = types[i] === 3 || types[i] === 4 ? BigInt(value as bigint) : value
    if (/^[\w.-]+$/.test(raw)) place(out, raw.split('.').map(camel), plain)
    else place(out, ['extra', raw], plain)
  }
  return out
}

function place(target: PlainParams, path: readonly string[], value: PlainValue): void {
  let node = target as Record<string, PlainValue>
  for (let i = 0; i < path.length - 1; i++) {
    const key = path[i] as string
    const next = node[key]
    if (typeof next !== 'object')
      node[key] = /^\d+$/.test(path[i + 1] as string) ? [] : next === undefined ? {} : { value: next }
    node = node[key] as Record<string, PlainValue>
  }
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
