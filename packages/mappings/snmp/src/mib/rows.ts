// SPDX-License-Identifier: LGPL-2.1-or-later
// The rows of tables, in the order of their indexes.
import { compareOids, type Oid } from '../wire/oid.js'

/** A row with its index. */
export interface IndexedRow<Row> {
  readonly index: Oid
  readonly row: Row
}

/** Rows that can be found and walked. */
export interface Rows<Row> {
  /** The row whose index is `oid` from `offset` on. */
  get(oid: Oid, offset: number): Row | undefined
  /** The first row whose index comes after `oid` from `offset` on, or is it, with `include`. */
  next(oid: Oid, offset: number, include: boolean): IndexedRow<Row> | undefined
}

/** As `compareOids` of an index and the rest of a name, without cutting that off. */
function compareTail(index: Oid, oid: Oid, offset: number): number {
  const rest = oid.length - offset
  const shared = Math.min(index.length, rest)
  for (let i = 0; i < shared; i++) {
    const d = (index[i] as number) - (oid[offset + i] as number)
    if (d !== 0) return d
  }
  return index.length - rest
}

/** Rows in an array, sorted by index. */
export class SortedRows<Row> implements Rows<Row> {
  #rows: IndexedRow<Row>[] = []

  get size(): number {
    return this.#rows.length
  }

  at(position: number): IndexedRow<Row> | undefined {
    return this.#rows[position]
  }

  /** Adds a row, or puts it in the place of the one of this index. */
  set(index: Oid, row: Row): void {
    const last = this.#rows.at(-1)
    // Lists come in order more often than not.
    if (last !== undefined && compareOids(last.index, index) < 0) return void this.#rows.push({ index, row })
    const at = this.position(index, 0, true)
    const same = this.#rows[at] !== undefined && compareOids((this.#rows[at] as IndexedRow<Row>).index, index) === 0
    this.#rows.splice(at, same ? 1 : 0, { index, row })
  }

  delete(index: Oid): void {
    const at = this.position(index, 0, true)
    const found = this.#rows[at]
    if (found !== undefined && compareOids(found.index, index) === 0) this.#rows.splice(at, 1)
  }

  /** All rows anew, sorted or not. */
  replace(rows: IndexedRow<Row>[]): void {
    this.#rows = rows.sort((a, b) => compareOids(a.index, b.index))
  }

  /** Where the first row stands that comes after the name, or is it, with `include`. */
  position(oid: Oid, offset: number, include: boolean): number {
    let low = 0
    let high = this.#rows.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = compareTail((this.#rows[middle] as IndexedRow<Row>).index, oid, offset)
      if (order < 0 || (order === 0 && !include)) low = middle + 1
      else high = middle
    }
    return low
  }

  get(oid: Oid, offset: number): Row | undefined {
    const found = this.#rows[this.position(oid, offset, true)]
    return found !== undefined && compareTail(found.index, oid, offset) === 0 ? found.row : undefined
  }

  next(oid: Oid, offset: number, include: boolean): IndexedRow<Row> | undefined {
    return this.#rows[this.position(oid, offset, include)]
  }
}

/** A thing that belongs to another, with its number: rows are numbered in ascending order. */
interface Numbered {
  readonly number: number
}
/** A child row and its owner. */
export interface Owned<Parent, Child> {
  readonly owner: Parent
  readonly item: Child
}

/** Rows that belong to rows of another table: the index is the owner's and a number. */
export class ChildRows<Parent, Child extends Numbered> implements Rows<Owned<Parent, Child>> {
  readonly #parents: SortedRows<Parent>
  readonly #size: number
  readonly #children: (parent: Parent) => readonly Child[]

  /**
   * @param size sub-identifiers of the owner's index
   * @param children of an owner, in the order of their numbers
   */
  constructor(parents: SortedRows<Parent>, size: number, children: (parent: Parent) => readonly Child[]) {
    this.#parents = parents
    this.#size = size
    this.#children = children
  }

  get(oid: Oid, offset: number): Owned<Parent, Child> | undefined {
    if (oid.length !== offset + this.#size + 1) return undefined
    const owner = this.#parents.get(oid.slice(0, -1), offset)
    const item = owner === undefined ? undefined : this.#children(owner).find((one) => one.number === oid.at(-1))
    return owner === undefined || item === undefined ? undefined : { owner, item }
  }

  next(oid: Oid, offset: number, include: boolean): IndexedRow<Owned<Parent, Child>> | undefined {
    const whole = oid.length > offset + this.#size
    const owner = oid.slice(offset, offset + this.#size)
    let position = this.#parents.position(owner, 0, true)
    const first = this.#parents.at(position)
    if (whole && first !== undefined && compareOids(first.index, owner) === 0) {
      const number = oid[offset + this.#size] as number
      const exact = oid.length === offset + this.#size + 1
      const found = this.#childFrom(first, number, include && exact)
      if (found !== undefined) return found
      position++
    }
    for (let parent = this.#parents.at(position); parent !== undefined; parent = this.#parents.at(++position)) {
      const found = this.#childFrom(parent, -1, false)
      if (found !== undefined) return found
    }
    return undefined
  }

  #childFrom(
    parent: IndexedRow<Parent>,
    number: number,
    include: boolean,
  ): IndexedRow<Owned<Parent, Child>> | undefined {
    const item = this.#children(parent.row).find((one) => one.number > number || (include && one.number === number))
    return item === undefined ? undefined : { index: [...parent.index, item.number], row: { owner: parent.row, item } }
  }
}
