// SPDX-License-Identifier: LGPL-2.1-or-later
// NUMA nodes of the host, as guests' memory is asked for on them.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseRanges } from '@virt/stateful'

/** A node and its processors. */
export interface NumaNode {
  readonly id: number
  readonly cpus: readonly number[]
}

/** The nodes of the host; one that has all where the kernel tells of none. */
export function numaNodes(folder = '/sys/devices/system/node'): NumaNode[] {
  try {
    const ids = readdirSync(folder).flatMap((name) => /^node(\d+)$/.exec(name)?.[1] ?? [])
    if (ids.length > 0)
      return ids
        .map(Number)
        .sort((a, b) => a - b)
        .map((id) => ({
          id,
          cpus: parseRanges(readFileSync(join(folder, `node${id}`, 'cpulist'), 'utf8').trim()) ?? [],
        }))
  } catch {
    // A kernel without NUMA.
  }
  return [{ id: 0, cpus: [] }]
}

/** Nodes that processors belong to. */
export function nodesOf(nodes: readonly NumaNode[], cpus: readonly number[]): number[] {
  return nodes.filter((node) => node.cpus.some((cpu) => cpus.includes(cpu))).map(({ id }) => id)
}
