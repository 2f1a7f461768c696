// SPDX-License-Identifier: LGPL-2.1-or-later
// Values and bytes of every type of every program, made from the spec data alone.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { admin, lxc, qemu, remote, type XdrReader, type XdrWriter } from '../src/index.js'

interface Type {
  k: string
  name?: string
  of?: Type
  max?: number
  len?: number
}
interface Definition {
  kind: 'typedef' | 'enum' | 'struct' | 'union'
  type?: Type
  fields?: { name: string; type: Type }[]
  role?: string
}
interface Program {
  types: Record<string, Definition>
}
const folder = resolve(import.meta.dirname, '../spec')
const load = (name: string): Program => JSON.parse(readFileSync(resolve(folder, `${name}.json`), 'utf8')) as Program
const specs: Record<string, Program> = Object.fromEntries(
  ['remote', 'qemu', 'lxc', 'admin'].map((name) => [name, load(name)]),
)
const modules: Record<string, Record<string, unknown>> = { remote, qemu, lxc, admin }

/** One struct with its generated codec. */
export interface Struct {
  readonly program: string
  readonly name: string
  readonly encode: (w: XdrWriter, value: never) => void
  readonly decode: (r: XdrReader) => unknown
  /** Whether 64-bit fields are bigint always (arguments) or only where a number is not exact. */
  readonly big: boolean
}

const pascal = (text: string): string =>
  text
    .replace(/^(remote|qemu|lxc|admin)_/, '')
    .split('_')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')
const camel = (text: string): string => text.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase())

const typedParam = (name: string): boolean => /_typed_param$/.test(name)

/** All structs that have a codec. */
export const structs: readonly Struct[] = Object.entries(specs).flatMap(([program, spec]) =>
  Object.entries(spec.types)
    .filter(([name, def]) => def.kind === 'struct' && !typedParam(name))
    .map(([name, def]) => {
      const module = modules[program] as Record<string, unknown>
      const wanted = pascal(name).toLowerCase()
      const find = (verb: string): unknown =>
        Object.entries(module).find(([key]) => {
          const k = key.toLowerCase()
          return k === verb + wanted || k === `${verb}${wanted.replace(/^nonnull/, '')}ref`
        })?.[1]
      const encode = find('encode') as Struct['encode'] | undefined
      const decode = find('decode') as Struct['decode'] | undefined
      if (encode === undefined || decode === undefined) throw new Error(`no codec for ${program} ${name}`)
      return { program, name, encode, decode, big: def.role === 'args' || name.endsWith('_args') }
    }),
)

function lookup(program: string, name: string): Definition {
  return (specs[program]?.types[name] ?? specs.remote?.types[name]) as Definition
}

const safe = (v: bigint): bigint | number =>
  v >= BigInt(Number.MIN_SAFE_INTEGER) && v <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(v) : v
const text = (max: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: 'grapheme', maxLength: Math.min(max, 60) })
    .filter((s) => Buffer.byteLength(s) <= max && !s.includes('\0'))
const bytes = (min: number, max: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: min, maxLength: Math.min(max, Math.max(min, 40)) }).map((a) => Buffer.from(a))
const int64 = (signed: boolean, big: boolean): fc.Arbitrary<bigint | number> => {
  const min = signed ? -(2n ** 63n) : 0n
  const max = signed ? 2n ** 63n - 1n : 2n ** 64n - 1n
  const any = fc.oneof(
    fc.bigInt({ min, max }),
    fc.bigInt({ min: signed ? -5n : 0n, max: 2n ** 54n }),
    fc.constantFrom(min, max),
  )
  return big ? any : any.map(safe)
}

const paramValues = fc.oneof(
  fc.tuple(fc.constant(1), fc.integer()),
  fc.tuple(fc.constant(2), fc.nat({ max: 0xffffffff })),
  fc.tuple(fc.constant(3), int64(true, false)),
  fc.tuple(fc.constant(4), int64(false, false)),
  fc.tuple(fc.constant(5), fc.double()),
  fc.tuple(fc.constant(6), fc.boolean()),
  fc.tuple(fc.constant(7), text(100)),
)
const params = fc
  .array(fc.tuple(fc.string({ unit: 'grapheme-ascii', maxLength: 30 }), paramValues), { maxLength: 8 })
  .map((rows) => ({
    shape: { names: rows.map(([name]) => name), types: rows.map(([, [type]]) => type) },
    values: rows.map(([, [, value]]) => value),
  }))
const cstring = (max: number): fc.Arbitrary<string> => text(max)
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((a) => {
  const h = Buffer.from(a).toString('hex')
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`
})

/** Values of a struct as the generated decoder gives them. */
export function valuesOf(struct: Struct): fc.Arbitrary<object> {
  return ofStruct(struct.program, struct.name, struct.big)
}

function ofStruct(program: string, name: string, big: boolean): fc.Arbitrary<object> {
  const def = lookup(program, name)
  const auth = name.includes('auth_')
  return fc.record(
    Object.fromEntries((def.fields ?? []).map((f) => [camel(f.name), ofType(program, f.type, big, auth, f.name)])),
  )
}

function ofType(program: string, type: Type, big: boolean, auth: boolean, field = ''): fc.Arbitrary<unknown> {
  switch (type.k) {
    case 'int':
      return fc.integer()
    case 'uint':
      return fc.nat({ max: 0xffffffff })
    case 'short':
      return fc.integer({ min: -32768, max: 32767 })
    case 'ushort':
      return fc.nat({ max: 65535 })
    case 'char':
      return fc.integer({ min: -128, max: 127 })
    case 'uchar':
      return fc.nat({ max: 255 })
    case 'bool':
      return fc.boolean()
    case 'hyper':
      return int64(true, big)
    case 'uhyper':
      return int64(false, big)
    case 'double':
      return fc.double()
    case 'string':
      return text(type.max as number)
    case 'opaque':
      return type.len === undefined ? bytes(0, type.max as number) : bytes(type.len, type.len)
    case 'optional':
      return fc.option(ofType(program, type.of as Type, big, auth, field), { nil: undefined })
    case 'array':
      return cstring((type.len as number) - 1)
    case 'list':
      if (type.of?.k === 'char') return auth ? bytes(0, type.max as number) : cstring((type.max as number) - 1)
      if (type.of?.k === 'ref' && typedParam(type.of.name as string)) return params
      return fc.array(ofType(program, type.of as Type, big, auth), { maxLength: Math.min(type.max as number, 5) })
  }
  const name = type.name as string
  if (name === 'remote_uuid') return uuid
  const def = lookup(program, name)
  if (def.kind === 'typedef') return ofType(program, def.type as Type, big, auth, field)
  if (def.kind === 'enum') return fc.integer()
  return ofStruct(program, name, def.role === 'args' || name.endsWith('_args'))
}

/** A place in a struct's smallest encoding that holds a length, and the most it may say. */
export interface Bound {
  readonly path: string
  readonly at: number
  readonly max: number
}

/** The smallest encoding of a struct in which every length that it can hold appears (with the length 0 or 1). */
export function boundsOf(struct: Struct): { bytes: Buffer; bounds: Bound[] } {
  const words: Buffer[] = []
  const bounds: Bound[] = []
  let at = 0
  const put = (b: Buffer): void => {
    words.push(b)
    at += b.length
  }
  const word = (n: number): void => {
    const b = Buffer.alloc(4)
    b.writeInt32BE(n)
    put(b)
  }
  const write = (type: Type, path: string, depth: number): void => {
    switch (type.k) {
      case 'hyper':
      case 'uhyper':
      case 'double':
        return put(Buffer.alloc(8))
      case 'string':
        bounds.push({ path, at, max: type.max as number })
        return word(0)
      case 'opaque':
        if (type.len !== undefined) return put(Buffer.alloc((type.len + 3) & ~3))
        bounds.push({ path, at, max: type.max as number })
        return word(0)
      case 'optional':
        word(depth > 6 ? 0 : 1)
        return depth > 6 ? undefined : write(type.of as Type, path, depth + 1)
      case 'array':
        return put(Buffer.alloc(4 * (type.len as number)))
      case 'list':
        bounds.push({ path, at, max: type.max as number })
        if (type.of?.k === 'char' || depth > 6) return word(0)
        word(1)
        return write(type.of as Type, `${path}[]`, depth + 1)
      case 'ref': {
        const name = type.name as string
        const def = lookup(struct.program, name)
        if (name === 'remote_uuid') return put(Buffer.alloc(16))
        if (def.kind === 'typedef') return write(def.type as Type, path, depth)
        if (def.kind === 'union') {
          word(7)
          return write({ k: 'string', max: 4194304 }, `${path}.value`, depth)
        }
        if (def.kind === 'enum') return word(0)
        for (const f of def.fields ?? []) write(f.type, `${path}.${f.name}`, depth + 1)
        return undefined
      }
    }
    return word(0)
  }
  for (const f of lookup(struct.program, struct.name).fields ?? []) write(f.type, f.name, 0)
  return { bytes: Buffer.concat(words), bounds }
}
