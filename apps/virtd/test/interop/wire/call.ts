// SPDX-License-Identifier: GPL-2.0-or-later
// Calls by the names of the protocol's own description, for callers that want to say what no API would let them.
import { readFileSync } from 'node:fs'
import { FrameStatus, FrameType, FrameWriter, Program, type XdrWriter } from '@virt/rpc'

/** A type as the description has it. */
export type Type =
  | { k: 'ref'; name: string }
  | { k: 'optional' | 'list' | 'array'; of: Type; len?: number }
  | { k: 'int' | 'uint' | 'hyper' | 'uhyper' | 'short' | 'ushort' | 'char' | 'uchar' | 'bool' | 'double' | 'void' }
  | { k: 'string' | 'opaque'; len?: number }

interface Field {
  readonly name: string
  readonly type: Type
}

type Definition =
  | { kind: 'typedef'; type: Type }
  | { kind: 'enum' }
  | { kind: 'struct'; fields: readonly Field[] }
  | { kind: 'union'; arms: readonly { value: number; type: Type }[] }

/** A procedure as the description has it. */
export interface Described {
  readonly number: number
  readonly name: string
  readonly kind: string
  readonly args: string | null
  readonly stream: unknown
  readonly fds?: unknown
}

interface Description {
  readonly types: Readonly<Record<string, Definition>>
  readonly procedures: readonly Described[]
}

const read = (name: string): Description =>
  JSON.parse(
    readFileSync(new URL(`../../../../../packages/api/rpc/spec/${name}.json`, import.meta.url), 'utf8'),
  ) as Description

/** The remote program's description. */
export const description: Description = read('remote')
const byName = new Map(description.procedures.map((p) => [p.name, p]))

/** A value of the protocol: structs are objects, unions are `[discriminant, value]`. */
export type Value =
  | string
  | number
  | bigint
  | Uint8Array
  | null
  | readonly Value[]
  | { readonly [field: string]: Value }

/** Fields of the arguments of a procedure. */
export function fieldsOf(procedure: Described): readonly Field[] {
  const definition = procedure.args === null ? undefined : description.types[procedure.args]
  return definition?.kind === 'struct' ? definition.fields : []
}

/** Whether a value is too long is the daemon's to find out. */
const room = 1 << 24

function put(w: XdrWriter, type: Type, value: Value): void {
  switch (type.k) {
    case 'ref':
      return putDefined(w, description.types[type.name] as Definition, value)
    case 'optional':
      w.int(value === null ? 0 : 1)
      if (value !== null) put(w, type.of, value)
      return
    case 'list':
    case 'array':
      if (type.k === 'list') w.int((value as readonly Value[]).length)
      for (const one of value as readonly Value[]) put(w, type.of, one)
      return
    case 'string':
      return w.string(value as string, room)
    case 'opaque':
      return type.len === undefined
        ? w.bytesMax(value as Uint8Array, room)
        : w.bytesFixed(value as Uint8Array, type.len)
    case 'hyper':
    case 'uhyper':
      return w.int64(BigInt(value as bigint))
    case 'double':
      return w.double(value as number)
    case 'void':
      return
    default:
      return w.int(value as number)
  }
}

function putDefined(w: XdrWriter, definition: Definition, value: Value): void {
  switch (definition.kind) {
    case 'typedef':
      return put(w, definition.type, value)
    case 'enum':
      return w.int(value as number)
    case 'struct':
      for (const { name, type } of definition.fields) put(w, type, (value as Record<string, Value>)[name] as Value)
      return
    case 'union': {
      const [arm, inner] = value as readonly [number, Value]
      w.int(arm)
      const type = definition.arms.find((one) => one.value === arm)?.type
      if (type !== undefined) put(w, type, inner)
    }
  }
}

/** The packet of a call. */
export function callPacket(name: string, args: Value, serial: number): Buffer {
  const procedure = byName.get(name)
  if (procedure === undefined) throw new Error(`no procedure is called ${name}`)
  const w = new FrameWriter()
  w.begin(Program.remote, procedure.number, FrameType.call, serial, FrameStatus.ok)
  if (procedure.args !== null) putDefined(w, description.types[procedure.args] as Definition, args)
  w.end()
  return w.take()
}
