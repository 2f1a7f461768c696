// SPDX-License-Identifier: LGPL-2.1-or-later
// What ties a procedure to a slot, in both directions.
import type { Answer, Call, Family, Session, SlotName, TypedParams } from '@virt/core'
import type { XdrReader, XdrWriter } from './xdr.js'

/** One procedure that serves a slot. Made by tools/rpcgen. */
export interface Binding {
  readonly slot: SlotName
  readonly program: 'remote' | 'qemu' | 'lxc'
  readonly number: number
  readonly name: string
  readonly family: Family
  readonly priority: string
  /** The call opens a stream; the slot answers a ByteStream, or `{ stream, … }` when the reply has fields too. */
  readonly stream?: string
  /** Flag bit of the arguments that makes the stream sparse. */
  readonly sparseFlag?: number
  readonly fdsIn?: boolean
  readonly fdsOut?: boolean
  /** The reply's size must be asked for first: a request with 0 answers the count. */
  readonly counted?: boolean
  /** Bit 4 of the flags, the last argument, says that the caller takes typed parameters that are strings. */
  readonly typedStrings?: boolean
  decodeArgs(r: XdrReader): unknown
  /** Calls the gate with what `decodeArgs` gave. */
  serve(session: Session, call: Call, args: unknown, fds: readonly number[]): Answer<unknown>
  /** Writes the reply for a slot's answer; `args` are the decoded arguments. */
  encodeReply(w: XdrWriter, value: unknown, args: unknown): void
  /** Writes the request for a slot's arguments; `count` is the size asked for where `counted`. */
  encodeRequest(w: XdrWriter, args: readonly unknown[], count: number): void
  /** The slot's answer; where `counted`, `{ value, count }`. */
  decodeReply(r: XdrReader): unknown
}

/** At most `max` items of a list; 0 asks for the count alone. */
export function first<T>(items: readonly T[], max: number): readonly T[] {
  return items.length > max ? items.slice(0, Math.max(max, 0)) : items
}

/** At most `max` typed parameters. */
export function firstParams(params: TypedParams, max: number): TypedParams {
  if (params.values.length <= max) return params
  const n = Math.max(max, 0)
  return {
    shape: { names: params.shape.names.slice(0, n), types: params.shape.types.slice(0, n) },
    values: params.values.slice(0, n),
  }
}

/** Typed parameters for a caller that cannot take strings. */
export function withoutStrings(params: TypedParams): TypedParams {
  const { names, types } = params.shape
  if (!types.includes(7)) return params
  const keep = types.map((type, i) => (type === 7 ? -1 : i)).filter((i) => i >= 0)
  return {
    shape: { names: keep.map((i) => names[i] as string), types: keep.map((i) => types[i] as 1) },
    values: keep.map((i) => params.values[i] as number),
  }
}
