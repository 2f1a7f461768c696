// SPDX-License-Identifier: LGPL-2.1-or-later
// MIB modules as data: what the agent answers with and what the MIB files are written from.
import type { Oid } from '../wire/oid.js'
import type { ErrorStatus, Value } from '../wire/value.js'
import type { Rows } from './rows.js'

/** What a manager may do with an object. */
export type Access = 'read-only' | 'read-write' | 'read-create' | 'not-accessible' | 'accessible-for-notify'

/** A column of a table. */
export interface Column<Row> {
  readonly number: number
  readonly name: string
  /** In the words of SMIv2. */
  readonly syntax: string
  readonly access: Access
  readonly doc: string
  /** Absent: the column cannot be read. */
  readonly read?: ((row: Row) => Value) | undefined
}

/** What a SET would do: found good, not yet done. */
export interface Plan {
  /** Does it. Resolves, and never rejects, with what came of it. */
  commit(): Promise<ErrorStatus>
  /** Takes it back, where that can be done. */
  undo?(): Promise<ErrorStatus>
}
/** Why a SET is refused, and which column is to blame. */
export interface Refusal {
  readonly error: ErrorStatus
  readonly column: number
}

/** A table. */
export interface Table<Row> {
  readonly name: string
  /** Of the table, below the module's root: a row is at `.1` below it. */
  readonly oid: Oid
  /** Name of the row's object; the table's with `Entry` for `Table` without it. */
  readonly entry?: string
  readonly doc: string
  readonly index: readonly string[]
  /** Columns are in the order of their numbers. */
  readonly columns: readonly Column<Row>[]
  readonly rows: Rows<Row>
  /** Whether the values of one row may be set together to these; absent: nothing can be set. */
  plan?(row: Row | undefined, values: ReadonlyMap<number, Value>): Plan | Refusal
}

/** A table beside tables of other rows: it gets only rows of its own to see, so nobody else needs to know their type. */
export function anyTable<Row>(table: Table<Row>): Table<unknown> {
  return table as unknown as Table<unknown>
}

/** An object that there is one of. */
export interface Scalar {
  readonly name: string
  readonly oid: Oid
  readonly syntax: string
  readonly access: Access
  readonly doc: string
  readonly read?: (() => Value) | undefined
}

/** A notification. */
export interface Notification {
  readonly name: string
  readonly oid: Oid
  readonly objects: readonly string[]
  readonly doc: string
}

/** A type of values that a module makes for its objects. */
export interface Convention {
  readonly name: string
  readonly hint?: string
  readonly doc: string
  readonly syntax: string
}

/** What only the text of a module says. */
export interface Identity {
  /** Name of the module's root. */
  readonly name: string
  /** Where the root hangs, in the words of SMIv2. */
  readonly parent: string
  /** `YYYYMMDDHHMMZ`, the latest first. */
  readonly revisions: readonly { readonly date: string; readonly doc: string }[]
  readonly organization: string
  readonly contact: string
  readonly doc: string
  readonly conventions: readonly Convention[]
  /** Nodes that hold others, with names; parents come before their children. */
  readonly nodes: readonly { readonly name: string; readonly oid: Oid }[]
  readonly compliance: { readonly name: string; readonly oid: Oid }
  readonly objectGroup: { readonly name: string; readonly oid: Oid }
  readonly notificationGroup: { readonly name: string; readonly oid: Oid }
}

/** A MIB module. */
export interface Module {
  readonly name: string
  readonly root: Oid
  readonly identity: Identity
  readonly scalars: readonly Scalar[]
  readonly tables: readonly Table<unknown>[]
  readonly notifications: readonly Notification[]
}

/** Shorthand for a column that can be read. */
export function column<Row>(
  number: number,
  name: string,
  syntax: string,
  doc: string,
  read: (row: Row) => Value,
  access: Access = 'read-only',
): Column<Row> {
  return { number, name, syntax, access, doc, read }
}

/** Shorthand for a column of the index. */
export function indexColumn(
  number: number,
  name: string,
  syntax: string,
  doc: string,
  access: Access = 'not-accessible',
): Column<unknown> {
  return { number, name, syntax, access, doc }
}
