// SPDX-License-Identifier: LGPL-2.1-or-later
// AgentX, RFC 2741: its messages as data.
import type { Oid } from '../wire/oid.js'
import type { VarBind } from '../wire/value.js'

/** Types of messages. */
export const PduType = {
  open: 1,
  close: 2,
  register: 3,
  unregister: 4,
  get: 5,
  getNext: 6,
  getBulk: 7,
  testSet: 8,
  commitSet: 9,
  undoSet: 10,
  cleanupSet: 11,
  notify: 12,
  ping: 13,
  indexAllocate: 14,
  indexDeallocate: 15,
  addAgentCaps: 16,
  removeAgentCaps: 17,
  response: 18,
} as const
export type PduType = (typeof PduType)[keyof typeof PduType]

/** Bits of the header's flags. */
export const PduFlag = { instanceRegistration: 1, newIndex: 2, anyIndex: 4, context: 8, networkOrder: 16 } as const

/** Why a session ends. */
export const CloseReason = {
  other: 1,
  parseError: 2,
  protocolError: 3,
  timeouts: 4,
  shutdown: 5,
  byManager: 6,
} as const

/** Errors of AgentX itself, beside those of SNMP. */
export const AgentxError = {
  openFailed: 256,
  notOpen: 257,
  indexWrongType: 258,
  indexAlreadyAllocated: 259,
  indexNoneAvailable: 260,
  indexNotAllocated: 261,
  unsupportedContext: 262,
  duplicateRegistration: 263,
  unknownRegistration: 264,
  unknownAgentCaps: 265,
  parseError: 266,
  requestDenied: 267,
  processingError: 268,
} as const

const names = new Map([...Object.entries(AgentxError)].map(([name, number]) => [number as number, name]))
/** What an error of AgentX is called. */
export const agentxErrorName = (number: number): string => names.get(number) ?? `error ${number}`

/** From `start`, itself included or not, up to but without `end`; an empty end is none. */
export interface SearchRange {
  readonly start: Oid
  readonly include: boolean
  readonly end: Oid
}

/** One body for each of some types. */
type Of<T extends number, Body> = T extends unknown ? { readonly type: T } & Readonly<Body> : never

/** What each type of message holds beside the header. */
export type PduBody =
  | Of<1, { timeout: number; id: Oid; description: string }>
  | Of<2, { reason: number }>
  | Of<3, { timeout: number; priority: number; rangeSubid: number; subtree: Oid; upperBound?: number | undefined }>
  | Of<4, { priority: number; rangeSubid: number; subtree: Oid; upperBound?: number | undefined }>
  | Of<5 | 6, { ranges: readonly SearchRange[] }>
  | Of<7, { nonRepeaters: number; maxRepetitions: number; ranges: readonly SearchRange[] }>
  | Of<8 | 12 | 14 | 15, { variables: readonly VarBind[] }>
  | Of<9 | 10 | 11 | 13, object>
  | Of<16, { id: Oid; description: string }>
  | Of<17, { id: Oid }>
  /** `sysUpTime`: hundredths of seconds since the master began. */
  | Of<18, { sysUpTime: number; error: number; index: number; variables: readonly VarBind[] }>

/** A message. */
export type Pdu = PduBody & {
  readonly flags: number
  readonly session: number
  readonly transaction: number
  readonly packet: number
  /** Absent: the default context. */
  readonly context?: Buffer | undefined
}

/** Bytes of a header. */
export const headerSize = 20
/** Longest message that is read. */
export const maxPayload = 1_048_576
