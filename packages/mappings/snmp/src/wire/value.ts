// SPDX-License-Identifier: LGPL-2.1-or-later
// Values of SNMP variables. The numbers are those of AgentX and, but for the exceptions' form, of BER.
import type { Oid } from './oid.js'

/** Types of values. */
export const ValueType = {
  integer: 2,
  octets: 4,
  null: 5,
  oid: 6,
  ipAddress: 64,
  counter32: 65,
  gauge32: 66,
  timeTicks: 67,
  opaque: 68,
  counter64: 70,
  noSuchObject: 128,
  noSuchInstance: 129,
  endOfMibView: 130,
} as const
export type ValueType = (typeof ValueType)[keyof typeof ValueType]

/** A value with its type. */
export type Value =
  | { readonly type: 2 | 65 | 66 | 67; readonly value: number }
  | { readonly type: 4 | 64 | 68; readonly value: Buffer }
  | { readonly type: 6; readonly value: Oid }
  | { readonly type: 70; readonly value: bigint }
  | { readonly type: 5 | 128 | 129 | 130; readonly value?: undefined }

/** A variable: a name and a value. */
export interface VarBind {
  readonly oid: Oid
  readonly value: Value
}

export const noSuchObject: Value = Object.freeze({ type: 128 })
export const noSuchInstance: Value = Object.freeze({ type: 129 })
export const endOfMibView: Value = Object.freeze({ type: 130 })

/** A signed number of 32 bits. */
export const integer = (value: number): Value => ({ type: 2, value: value | 0 })
/** An unsigned number of 32 bits that goes up and down; what does not fit is the largest. */
export const gauge = (value: number): Value => ({
  type: 66,
  value: Math.min(Math.max(0, Math.trunc(value)), 0xffffffff),
})
/** A counter of 64 bits, which begins anew after the last. */
export const counter64 = (value: bigint): Value => ({ type: 70, value: BigInt.asUintN(64, value) })
/** Hundredths of seconds. */
export const timeTicks = (value: number): Value => ({ type: 67, value: value >>> 0 })
/** Bytes. */
export const octets = (value: Buffer): Value => ({ type: 4, value })
/** An object identifier. */
export const oidValue = (value: Oid): Value => ({ type: 6, value })

/**
 * Text of at most `limit` bytes, cut between characters.
 */
export function text(value: string, limit = 255): Value {
  const bytes = Buffer.from(value)
  if (bytes.length <= limit) return { type: 4, value: bytes }
  let end = limit
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--
  return { type: 4, value: bytes.subarray(0, end) }
}
/** `TruthValue`: true(1), false(2). */
export const truth = (value: boolean): Value => integer(value ? 1 : 2)

/** Errors of SNMP, by their names in RFC 3416. */
export const ErrorStatus = {
  noError: 0,
  tooBig: 1,
  noSuchName: 2,
  badValue: 3,
  readOnly: 4,
  genErr: 5,
  noAccess: 6,
  wrongType: 7,
  wrongLength: 8,
  wrongEncoding: 9,
  wrongValue: 10,
  noCreation: 11,
  inconsistentValue: 12,
  resourceUnavailable: 13,
  commitFailed: 14,
  undoFailed: 15,
  authorizationError: 16,
  notWritable: 17,
  inconsistentName: 18,
} as const
export type ErrorStatus = (typeof ErrorStatus)[keyof typeof ErrorStatus]
