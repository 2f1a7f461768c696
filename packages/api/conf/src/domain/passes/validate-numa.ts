// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules for the guest's NUMA nodes: whose the processors are, how far they are from each other, how fast their memory is.
import { readSet } from '../../lang/value.js'
import type { Pass } from '../../runtime/context.js'
import type { CpuNuma, Domain, NumaCell, NumaInterconnects } from '../types.gen.js'
import { pass } from './devices.js'
import { badValue, internalError, unsupported, xmlError } from './report.js'

/** A node is this far from itself, and nothing is nearer. */
const nearest = 10
/** Farther than that cannot be said in ACPI. */
const farthest = 254

const levelsOfCaches = 3

function checkCells(cells: readonly NumaCell[], vcpus: number): void {
  const owner = new Map<number, number>()
  for (const [i, cell] of cells.entries())
    for (const cpu of readSet(cell.cpus ?? '') ?? []) {
      if (cpu >= vcpus) internalError('CPU IDs in <numa> exceed the <vcpu> count')
      const other = owner.get(cpu)
      if (other !== undefined) unsupported(`NUMA cells ${i} and ${other} have overlapping vCPU ids`)
      owner.set(cpu, i)
    }
}

function checkCell(cell: NumaCell): void {
  for (const { id, value } of cell.distances)
    if (value < nearest || value > farthest || (value === nearest) !== (id === cell.id))
      xmlError(`'value ${value}' is invalid for 'sibling id ${id}' under NUMA 'cell id ${cell.id}'`)
  const levels = new Set<number>()
  for (const { level } of cell.caches) {
    if (level === 0) badValue("Invalid value for attribute 'level' in element 'cache': Zero is not permitted")
    if (level > levelsOfCaches) xmlError("Ain't nobody heard of that much cache level")
    if (levels.has(level)) xmlError(`Cache level '${level}' already defined`)
    levels.add(level)
  }
}

function checkLinks({ latencies, bandwidths }: NumaInterconnects, cells: readonly NumaCell[]): void {
  for (const links of [latencies, bandwidths]) {
    const seen = new Set<string>()
    for (const { initiator, target, cache = 0, type } of links) {
      const [from, to] = [cells[initiator], cells[target]]
      if (from === undefined) xmlError("'initiator' refers to a non-existent NUMA node")
      if (to === undefined) xmlError("'target' refers to a non-existent NUMA node")
      if ((from.cpus ?? '') === '') xmlError("NUMA nodes without CPUs can't be initiator")
      if (cache > 0 && !to.caches.some(({ level }) => level === cache))
        xmlError("'cache' refers to a non-existent NUMA node cache")
      const key = [initiator, target, cache, type].join('/')
      // parity: bandwidths are called latencies, too.
      if (seen.has(key)) xmlError('Duplicate info for NUMA latencies')
      seen.add(key)
    }
  }
}

function checkNuma({ cells, interconnects }: CpuNuma, vcpus: number): void {
  if (cells.length === 0) xmlError('NUMA topology defined without NUMA cells')
  checkCells(cells, vcpus)
  for (const cell of cells) checkCell(cell)
  if (interconnects !== undefined) checkLinks(interconnects, cells)
}

export const numaRules: readonly Pass<Domain>[] = [
  pass('NUMA nodes', ({ cpu, vcpu }) => {
    if (cpu?.numa !== undefined) checkNuma(cpu.numa, vcpu?.count ?? 1)
  }),
]
