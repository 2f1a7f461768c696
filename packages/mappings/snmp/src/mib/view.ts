// SPDX-License-Identifier: LGPL-2.1-or-later
// All modules of an agent as one sorted space of names.
import { compareOids, isBelow, type Oid } from '../wire/oid.js'
import { ErrorStatus, endOfMibView, noSuchInstance, noSuchObject, type Value, type VarBind } from '../wire/value.js'
import type { Column, Module, Plan, Refusal, Scalar, Table } from './module.js'

/** The part of a module that is answered from. */
export type Group = Pick<Module, 'root' | 'scalars' | 'tables'>

/** A column of a table, or a scalar: what values hang below. */
interface Leaf {
  readonly prefix: Oid
  readonly table?: Table<unknown>
  readonly column?: Column<unknown>
  readonly scalar?: Scalar
}

/** Why a set of variables cannot be set, and which is to blame: numbered from 1. */
export interface SetFailure {
  readonly error: ErrorStatus
  readonly index: number
}

/** What is set in one transaction: tested, then done, then perhaps taken back. */
export class SetTransaction {
  readonly #plans: readonly { plan: Plan; index: number }[]
  #done = 0

  constructor(plans: readonly { plan: Plan; index: number }[]) {
    this.#plans = plans
  }

  /** Does all of it in order, until one fails. */
  async commit(): Promise<SetFailure | undefined> {
    for (const { plan, index } of this.#plans) {
      const error = await plan.commit()
      if (error !== ErrorStatus.noError) return { error, index }
      this.#done++
    }
    return undefined
  }

  /** Takes back what was done, the last first. */
  async undo(): Promise<SetFailure | undefined> {
    let failure: SetFailure | undefined
    for (; this.#done > 0; this.#done--) {
      const { plan, index } = this.#plans[this.#done - 1] as { plan: Plan; index: number }
      const error = (await plan.undo?.()) ?? ErrorStatus.undoFailed
      if (error !== ErrorStatus.noError) failure = { error: ErrorStatus.undoFailed, index }
    }
    return failure
  }
}

/** What an agent answers from. */
export class View {
  readonly modules: readonly Group[]
  readonly #leaves: readonly Leaf[]

  constructor(modules: readonly Group[]) {
    this.modules = modules
    this.#leaves = modules.flatMap(leavesOf).sort((a, b) => compareOids(a.prefix, b.prefix))
  }

  /** The value of one name. */
  get(oid: Oid): Value {
    const leaf = this.#leafOf(oid)
    if (leaf === undefined) return noSuchObject
    if (leaf.scalar !== undefined)
      return oid.length === leaf.prefix.length + 1 && oid.at(-1) === 0
        ? (leaf.scalar.read?.() ?? noSuchInstance)
        : noSuchInstance
    const row = leaf.table?.rows.get(oid, leaf.prefix.length)
    return row === undefined ? noSuchInstance : (leaf.column?.read?.(row) ?? noSuchInstance)
  }

  /**
   * The first name after `start`, or itself with `include`, that has a value.
   * @param end names from here on are not asked for; empty: all are
   */
  next(start: Oid, include: boolean, end: Oid): VarBind {
    for (let i = this.#firstFrom(start); i < this.#leaves.length; i++) {
      const leaf = this.#leaves[i] as Leaf
      const inside = isBelow(start, leaf.prefix)
      const found = inside
        ? nextIn(leaf, start, leaf.prefix.length, include && start.length > leaf.prefix.length)
        : nextIn(leaf, start, start.length, true)
      if (found === undefined) continue
      if (end.length > 0 && compareOids(found.oid, end) >= 0) break
      return found
    }
    return { oid: start, value: endOfMibView }
  }

  /** Whether these can all be set together. */
  test(variables: readonly VarBind[]): SetTransaction | SetFailure {
    const groups = new Map<string, RowSet>()
    for (const [i, { oid, value }] of variables.entries()) {
      const leaf = this.#leafOf(oid)
      const { table, column } = leaf ?? {}
      if (leaf === undefined || table === undefined || column === undefined)
        return { error: ErrorStatus.notWritable, index: i + 1 }
      if (column.access !== 'read-write' && column.access !== 'read-create')
        return { error: ErrorStatus.notWritable, index: i + 1 }
      const offset = leaf.prefix.length
      const key = `${table.name} ${oid.slice(offset).join('.')}`
      let group = groups.get(key)
      if (group === undefined) {
        group = { table, row: table.rows.get(oid, offset), values: new Map(), positions: new Map() }
        groups.set(key, group)
      }
      // The same name twice cannot have two values.
      if (group.values.has(column.number)) return { error: ErrorStatus.inconsistentValue, index: i + 1 }
      group.values.set(column.number, value)
      group.positions.set(column.number, i + 1)
    }
    const plans: { plan: Plan; index: number }[] = []
    for (const { table, row, values, positions } of groups.values()) {
      const [first = 1] = positions.values()
      const plan = table.plan?.(row, values) ?? { error: ErrorStatus.notWritable, column: 0 }
      if (isRefusal(plan)) return { error: plan.error, index: positions.get(plan.column) ?? first }
      plans.push({ plan, index: first })
    }
    return new SetTransaction(plans)
  }

  #leafOf(oid: Oid): Leaf | undefined {
    const leaf = this.#leaves[this.#firstFrom(oid)]
    return leaf !== undefined && isBelow(oid, leaf.prefix) ? leaf : undefined
  }

  /** Where the leaf stands that holds the name, or else the first that comes after it. */
  #firstFrom(oid: Oid): number {
    let low = 0
    let high = this.#leaves.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareOids((this.#leaves[middle] as Leaf).prefix, oid) <= 0) low = middle + 1
      else high = middle
    }
    const before = this.#leaves[low - 1]
    return before !== undefined && isBelow(oid, before.prefix) ? low - 1 : low
  }
}

interface RowSet {
  table: Table<unknown>
  row: unknown
  values: Map<number, Value>
  positions: Map<number, number>
}

const isRefusal = (plan: Plan | Refusal): plan is Refusal => 'error' in plan

function nextIn(leaf: Leaf, oid: Oid, offset: number, include: boolean): VarBind | undefined {
  if (leaf.scalar !== undefined) {
    const after = oid.length > offset && !(include && oid.length === offset + 1 && oid[offset] === 0)
    const value = after ? undefined : leaf.scalar.read?.()
    return value === undefined ? undefined : { oid: [...leaf.prefix, 0], value }
  }
  const read = leaf.column?.read
  if (read === undefined || leaf.table === undefined) return undefined
  const found = leaf.table.rows.next(oid, offset, include)
  return found === undefined ? undefined : { oid: leaf.prefix.concat(found.index), value: read(found.row) }
}

function leavesOf(module: Group): Leaf[] {
  return [
    ...module.scalars
      .filter(({ read }) => read !== undefined)
      .map((scalar) => ({ prefix: [...module.root, ...scalar.oid], scalar })),
    ...module.tables.flatMap((table) =>
      table.columns
        .filter(({ read }) => read !== undefined)
        .map((column) => ({ prefix: [...module.root, ...table.oid, 1, column.number], table, column })),
    ),
  ]
}
