// SPDX-License-Identifier: LGPL-2.1-or-later
// <cpu> of a guest with its NUMA cells.
import { attr, body, child, children, type Element, element, leaf, scaledAttr, wrapped } from '../../lang/field.js'
import { inKiB } from '../../lang/scale.js'
import { narrow, numberSet, oneOf, onOff, text, uint, ulong, type Value, yesNo } from '../../lang/value.js'
import type { ReadContext } from '../../runtime/context.js'
import type { Cpu, CpuNuma } from '../types.gen.js'

export const cpuMode: Value = oneOf('custom', 'host-model', 'host-passthrough', 'maximum')
export const cpuMatch: Value = oneOf('minimum', 'exact', 'strict')
export const cpuPolicy: Value = oneOf('force', 'require', 'optional', 'disable', 'forbid')

export const cpuModel: Element = element('model', {
  fallback: attr(oneOf('allow', 'forbid')),
  vendor_id: attr(text),
  name: body(text),
})

const positive = narrow(uint, (value: number) => value > 0, '. Expected non-zero value')

export const cpuTopology: Element = element('topology', {
  sockets: attr(positive).required(),
  dies: attr(positive).default(1),
  clusters: attr(positive).default(1),
  cores: attr(positive).required(),
  threads: attr(positive).required(),
})

export const cpuFeature: Element = element('feature', {
  policy: attr(cpuPolicy),
  name: attr(text),
})

export const numaCache: Element = element('cache', {
  level: attr(uint).required(),
  associativity: attr(oneOf('none', 'direct', 'full')).required(),
  policy: attr(oneOf('none', 'writeback', 'writethrough')).required(),
  size: child(element('size', { value: scaledAttr(inKiB) })),
  line: child(element('line', { value: scaledAttr({ standard: 1n, step: 1n, unit: 'B' }) })),
})

export const numaCell: Element = element('cell', {
  id: attr(uint),
  cpus: attr(numberSet),
  memory: scaledAttr(inKiB),
  memAccess: attr(oneOf('shared', 'private')),
  discard: attr(yesNo),
  distances: wrapped('distances', element('sibling', { id: attr(uint).required(), value: attr(uint).required() })),
  caches: children(numaCache),
})

const initiator = {
  initiator: attr(uint).required(),
  target: attr(uint).required(),
  cache: attr(uint).omit(0),
  type: attr(oneOf('access', 'read', 'write')).required(),
}
export const numaInterconnects: Element = element('interconnects', {
  latencies: children(element('latency', { ...initiator, value: attr(ulong) })),
  bandwidths: children(element('bandwidth', { ...initiator, value: scaledAttr(inKiB) })),
})

/** Distances are the same both ways unless both are given; a node is 10 from itself. */
function completeDistances(numa: CpuNuma): void {
  const given = numa.cells.map((cell) => new Map(cell.distances.map(({ id, value }) => [id, value])))
  const all = given.map((distances) => new Map(distances))
  for (const [from, distances] of given.entries())
    for (const [to, value] of distances) {
      all[from]?.set(from, given[from]?.get(from) ?? 10)
      if (all[to]?.has(from) === false) all[to]?.set(from, value)
      if (all[to]?.has(to) === false) all[to]?.set(to, 10)
    }
  for (const [i, cell] of numa.cells.entries())
    cell.distances = [...(all[i] ?? [])].sort(([a], [b]) => a - b).map(([id, value]) => ({ id, value }))
}

export const cpuNuma: Element = element('numa', {
  cells: children(numaCell),
  interconnects: child(numaInterconnects),
}).finish((numa: CpuNuma, context: ReadContext) => {
  for (const [i, cell] of numa.cells.entries()) cell.id ??= i
  const ids = new Set<number>()
  for (const { id = 0 } of numa.cells) {
    if (id >= numa.cells.length)
      context.fail(
        "Exactly one 'cell' element per guest NUMA cell allowed, non-contiguous ranges or ranges not starting from 0 are not allowed",
      )
    if (ids.has(id)) context.fail(`Duplicate NUMA cell info for cell id '${id}'`)
    ids.add(id)
  }
  numa.cells = [...numa.cells].sort((a, b) => (a.id ?? 0) - (b.id ?? 0))
  for (const cell of numa.cells)
    for (const sibling of cell.distances) {
      if (!ids.has(sibling.id))
        context.fail(`'sibling_id ${sibling.id}' does not refer to a valid cell within NUMA 'cell id ${cell.id}'`)
    }
  completeDistances(numa)
})

/** Models are printed with their names only, and not where the host's own is taken. */
const showsModel = ({ mode, model }: Cpu) => model?.name !== undefined && (mode === 'custom' || mode === 'host-model')

export const cpu: Element = element('cpu', {
  mode: attr(cpuMode),
  match: attr(cpuMatch),
  check: attr(oneOf('default', 'none', 'partial', 'full')).omit('default'),
  migratable: attr(onOff),
  deprecated_features: attr(onOff),
  model: child(cpuModel).if(showsModel),
  vendor: leaf(text),
  topology: child(cpuTopology),
  cache: child(element('cache', { level: attr(uint), mode: attr(oneOf('emulate', 'passthrough', 'disable')) })),
  maxphysaddr: child(
    element('maxphysaddr', {
      mode: attr(oneOf('emulate', 'passthrough')).required(),
      bits: attr(uint),
      limit: attr(uint),
    }),
  ),
  features: children(cpuFeature),
  numa: child(cpuNuma),
}).finish((cpu: Cpu) => {
  if (cpu.model?.name !== undefined) cpu.mode ??= 'custom'
  if (cpu.model?.name !== undefined) cpu.model.fallback ??= 'allow'
  if (cpu.mode !== 'custom') return
  if (cpu.model?.name !== undefined) cpu.match ??= 'exact'
  for (const feature of cpu.features) feature.policy ??= 'require'
})
