// SPDX-License-Identifier: LGPL-2.1-or-later
// What a guest's balloon tells of its memory.
import type { Json } from '@virt/core'
import { asObject, bigintOf } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'

/** Where QEMU has the balloon, for what only its properties tell. */
export const balloonPath = (alias: string): string => `/machine/peripheral/${alias}`

/** `virDomainMemoryStatTags`, with QEMU's names and units of bytes; KiB here unless it is a number of things. */
const guestStats: readonly (readonly [tag: number, name: string, unit: bigint])[] = [
  [0, 'stat-swap-in', 1024n],
  [1, 'stat-swap-out', 1024n],
  [2, 'stat-major-faults', 1n],
  [3, 'stat-minor-faults', 1n],
  [4, 'stat-free-memory', 1024n],
  [5, 'stat-total-memory', 1024n],
  [8, 'stat-available-memory', 1024n],
  // When it told, which QEMU notes beside what it told.
  [9, 'last-update', 1n],
  [10, 'stat-disk-caches', 1024n],
  [11, 'stat-htlb-pgalloc', 1n],
  [12, 'stat-htlb-pgfail', 1n],
]
export const Tag = { balloon: 6, resident: 7 } as const
/** How QEMU says that a guest told nothing. */
const untold = 2n ** 64n - 1n

/** What the guest has told last. */
export function toldStats(answer: Json): { tag: number; val: bigint }[] {
  const about = asObject(answer) ?? {}
  const stats: JsonObject = { ...asObject(about.stats), ...about }
  return guestStats.flatMap(([tag, name, unit]) => {
    const value = bigintOf(stats, name)
    return value === undefined || value === -1n || value === untold ? [] : [{ tag, val: value / unit }]
  })
}
