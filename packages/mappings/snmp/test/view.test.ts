// SPDX-License-Identifier: LGPL-2.1-or-later
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyTable, column, type Table } from '../src/mib/module.js'
import { ChildRows, SortedRows } from '../src/mib/rows.js'
import { View } from '../src/mib/view.js'
import { compareOids, type Oid } from '../src/wire/oid.js'
import { integer, type VarBind } from '../src/wire/value.js'

interface Thing {
  readonly n: number
  readonly parts: readonly { number: number }[]
}

/** Two tables, one below the rows of the other, and a scalar before and one after; and all names in order. */
function world(things: readonly Thing[]): { view: View; names: readonly Oid[] } {
  const rows = new SortedRows<Thing>()
  for (const thing of things) rows.set([thing.n, 7], thing)
  const top: Table<Thing> = {
    name: 'top',
    oid: [2],
    doc: '',
    index: [],
    rows,
    columns: [
      { number: 1, name: 'index', syntax: '', access: 'not-accessible', doc: '' },
      column(2, 'n', '', '', ({ n }) => integer(n)),
      column(5, 'm', '', '', ({ n }) => integer(-n)),
    ],
  }
  const children = new ChildRows(rows, 2, (thing: Thing) => thing.parts)
  const below: Table<{ owner: Thing; item: { number: number } }> = {
    name: 'below',
    oid: [3],
    doc: '',
    index: [],
    rows: children,
    columns: [column(1, 'part', '', '', ({ item }) => integer(item.number))],
  }
  const scalar = (n: number) => ({
    name: '',
    oid: [n],
    syntax: '',
    access: 'read-only' as const,
    doc: '',
    read: () => integer(n),
  })
  const view = new View([{ root: [1, 9], scalars: [scalar(4), scalar(1)], tables: [anyTable(below), anyTable(top)] }])
  const sorted = [...things].sort((a, b) => a.n - b.n)
  const names = [
    [1, 9, 1, 0],
    ...[2, 5].flatMap((c) => sorted.map(({ n }) => [1, 9, 2, 1, c, n, 7])),
    ...sorted.flatMap(({ n, parts }) => parts.map(({ number }) => [1, 9, 3, 1, 1, n, 7, number])),
    [1, 9, 4, 0],
  ]
  return { view, names }
}

const things = fc
  .uniqueArray(fc.integer({ min: 0, max: 6 }), { maxLength: 5 })
  .chain((ns) =>
    fc.tuple(
      ...ns.map((n) =>
        fc
          .uniqueArray(fc.integer({ min: 0, max: 4 }), { maxLength: 3 })
          .map((numbers): Thing => ({ n, parts: numbers.sort((a, b) => a - b).map((number) => ({ number })) })),
      ),
    ),
  )
const anyOid = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 9 }),
  fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 7 }).map((rest) => [1, 9, ...rest]),
)

describe('a view', () => {
  it('is walked in order, each name once', () => {
    fc.assert(
      fc.property(things, (list) => {
        const { view, names } = world(list as Thing[])
        const seen: Oid[] = []
        for (let at: VarBind = view.next([], false, []); at.value.type !== 130; at = view.next(at.oid, false, []))
          seen.push(at.oid)
        expect(seen).toEqual(names)
      }),
    )
  })

  it('finds the first name after any other, within any end', () => {
    fc.assert(
      fc.property(things, anyOid, fc.boolean(), anyOid, (list, start, include, end) => {
        const { view, names } = world(list as Thing[])
        const right = names.find((name) => {
          const order = compareOids(name, start)
          return order > 0 || (include && order === 0)
        })
        const inside = right !== undefined && (end.length === 0 || compareOids(right, end) < 0)
        const found = view.next(start, include, end)
        if (inside) expect(found.oid).toEqual(right)
        else expect(found).toEqual({ oid: start, value: { type: 130 } })
      }),
      { numRuns: 2000 },
    )
  })

  it('has exactly the names that are walked', () => {
    fc.assert(
      fc.property(things, anyOid, (list, oid) => {
        const { view, names } = world(list as Thing[])
        const there = names.some((name) => compareOids(name, oid) === 0)
        expect(view.get(oid).type < 128).toBe(there)
        for (const name of names) expect(view.get(name).type).toBe(2)
      }),
    )
  })
})
