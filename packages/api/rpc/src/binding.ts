// SPDX-License-Identifier: LGPL-2.1-or-later
// What ties a procedure to a slot, in both directions.
import {
  type Answer,
  type Call,
  ErrorDomain,
  ErrorNumber,
  type Family,
  type Session,
  type SlotName,
  type TypedParams,
  VirtError,
  virtError,
} from '@virt/core'
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

/** @throws VirtError `internal-error` when a client asks for more than the protocol lets a reply hold */
export function limit(name: string, value: number, max: number): void {
  if (value > max) throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.RPC, `${name} too large`)
}

/** @throws VirtError `internal-error` for a length above what the protocol can carry, which is called so */
export function atMost(excess: string, value: number, max: number): void {
  if (value > max) throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.RPC, excess)
}

/** @throws VirtError `internal-error` for a length that is negative */
export function notNegative(name: string, value: number): void {
  if (value < 0) throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.RPC, `${name} must be non-negative`)
}

/** @throws VirtError `rpc` for the length of a list that is negative */
export function notNegativeLength(name: string, value: number): void {
  if (value < 0) throw virtError(ErrorNumber.RPC, ErrorDomain.RPC, `${name} must be non-negative`)
}

/** @throws VirtError `invalid-arg` for a client that asks how many there are where the C function cannot be asked */
export function needRoom(value: number, fn: string, domain: number): void {
  if (value === 0)
    throw new VirtError(`params in ${fn} must not be NULL`, {
      number: ErrorNumber.INVALID_ARG,
      domain,
      str1: fn,
      str2: 'params',
      int1: 0,
      int2: 0,
    })
}

/** The call of a client that has room for so many. */
export function asked(call: Call, count: number): Call {
  if (count === 0) call.countOnly = true
  call.room = count
  return call
}

const noParams: TypedParams = { shape: { names: [], types: [] }, values: [] }

/** Parameters of an answer that may be their number alone. */
export const paramsOf = (value: TypedParams | number): TypedParams => (typeof value === 'number' ? noParams : value)
/** Items of an answer that may be their number alone. */
export const itemsOf = <T>(value: readonly T[] | number): readonly T[] => (typeof value === 'number' ? [] : value)
/** How many there are. */
export const totalOf = (value: unknown, all: readonly unknown[]): number =>
  typeof value === 'number' ? value : all.length

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
