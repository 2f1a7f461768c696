// SPDX-License-Identifier: LGPL-2.1-or-later
// What every agent has: the system group, its engine, and what USM has refused.

import type { Scalar } from '../mib/module.js'
import type { Group } from '../mib/view.js'
import type { Oid } from '../wire/oid.js'
import { integer, octets, oidValue, text, timeTicks, type Value } from '../wire/value.js'
import type { Engine } from './engine.js'

/** What USM counts, in the order of its objects: RFC 3414, 5. */
export const usmCounters = [
  'unsupportedSecLevels',
  'notInTimeWindows',
  'unknownUserNames',
  'unknownEngineIds',
  'wrongDigests',
  'decryptionErrors',
] as const
export type UsmCounter = (typeof usmCounters)[number]
const usmStats: Oid = [1, 3, 6, 1, 6, 3, 15, 1, 1]

/** Name of the counter of a refusal. */
export const usmCounterOid = (counter: UsmCounter): Oid => [...usmStats, usmCounters.indexOf(counter) + 1, 0]

/** What the system group says. */
export interface SystemFacts {
  readonly description: string
  readonly objectId: Oid
  readonly upTime: () => number
  readonly contact: string
  readonly name: string
  readonly location: string
}

function group(root: Oid, values: Readonly<Record<number, () => Value>>): Group {
  const scalars = Object.entries(values).map(
    ([n, read]): Scalar => ({ name: '', oid: [Number(n)], syntax: '', access: 'read-only', doc: '', read }),
  )
  return { root, scalars, tables: [] }
}

/** The groups of an agent of its own. */
export function systemGroups(
  facts: SystemFacts,
  engine: Engine,
  counted: () => Readonly<Record<UsmCounter, number>>,
): readonly Group[] {
  return [
    group([1, 3, 6, 1, 2, 1, 1], {
      1: () => text(facts.description),
      2: () => oidValue(facts.objectId),
      3: () => timeTicks(facts.upTime()),
      4: () => text(facts.contact),
      5: () => text(facts.name),
      6: () => text(facts.location),
      7: () => integer(72),
    }),
    group([1, 3, 6, 1, 6, 3, 10, 2, 1], {
      1: () => octets(engine.id),
      2: () => integer(engine.boots),
      3: () => integer(engine.time),
      4: () => integer(65_507),
    }),
    group(
      usmStats,
      Object.fromEntries(
        usmCounters.map((name, i) => [i + 1, (): Value => ({ type: 65, value: counted()[name] >>> 0 })]),
      ),
    ),
  ]
}
