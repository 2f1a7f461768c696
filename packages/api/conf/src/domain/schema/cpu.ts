// SPDX-License-Identifier: LGPL-2.1-or-later
// <cpu> of a guest with its NUMA cells.
import { ErrorDomain, ErrorNumber } from '@virt/core'
import {
  attr,
  body,
  child,
  children,
  type Element,
  element,
  type Field,
  leaf,
  scaledAttr,
  wrapped,
} from '../../lang/field.js'
import { form, within } from '../../lang/forms.js'
import { inKiB } from '../../lang/scale.js'
import { narrow, numberSet, oneOf, onOff, text, uint, ulong, type Value, yesNo } from '../../lang/value.js'
import type { ReadContext } from '../../runtime/context.js'
import type { Cpu, CpuFeature, CpuModel, CpuNuma, NumaCache } from '../types.gen.js'
import { notPositive } from './device.js'

export const cpuMode: Value = oneOf('custom', 'host-model', 'host-passthrough', 'maximum')
export const cpuMatch: Value = oneOf('minimum', 'exact', 'strict')
export const cpuPolicy: Value = oneOf('force', 'require', 'optional', 'disable', 'forbid')

const unsupported = (message: string) => ({ number: ErrorNumber.CONFIG_UNSUPPORTED, message })

export const cpuModel: Element = element('model', {
  fallback: attr(oneOf('allow', 'forbid'))
    .orEmpty()
    .bad(unsupported('Invalid fallback attribute'))
    .if(({ name }: CpuModel) => name !== undefined),
  vendor_id: attr(form(text, /[^,]{12}/)),
  name: body(text),
}).finish((model: CpuModel, context: ReadContext) => {
  const { vendor_id: id } = model
  if (id !== undefined && id.length !== 12) context.fail('vendor_id must be exactly 12 characters long')
  // It is an argument of QEMU's, between commas.
  if (id?.includes(',')) context.fail('vendor id is invalid')
  if (model.name === '') delete model.name
})

const positive = narrow(uint, (n: number) => n > 0)

/** How many there are of a part of the topology. */
function count(name: string): Field {
  return attr({ ...positive, strict: (raw) => /^[0-9]+$/.test(raw) && Number(raw) > 0 }).bad(
    notPositive('topology', name),
  )
}

export const cpuTopology: Element = element('topology', {
  sockets: count('sockets').required(),
  dies: count('dies').default(1),
  clusters: count('clusters').default(1),
  cores: count('cores').required(),
  threads: count('threads').required(),
})

export const cpuFeature: Element = element('feature', {
  policy: attr(cpuPolicy).must().bad(unsupported('Invalid CPU feature policy')).default('require'),
  name: attr(form(text, /[a-zA-Z0-9\-_.]+/)).must(),
}).finish(({ name }: CpuFeature, context: ReadContext) => {
  if (!name) context.fail('Invalid CPU feature name')
})

export const numaCache: Element = element('cache', {
  level: attr(uint).required(),
  associativity: attr(oneOf('none', 'direct', 'full')).required(),
  policy: attr(oneOf('none', 'writeback', 'writethrough')).required(),
  size: child(element('size', { value: scaledAttr(inKiB).must() })),
  line: child(element('line', { value: scaledAttr({ standard: 1n, step: 1n, unit: 'B' }).must() })),
}).finish(({ size, line }: NumaCache, context: ReadContext) => {
  if (size?.value === undefined) context.reject("missing element or attribute './size/@value'")
  if (line?.value === undefined) context.reject("missing element or attribute './line/@value'")
})

export const numaCell: Element = element('cell', {
  id: attr(uint),
  cpus: attr(numberSet),
  memory: scaledAttr(inKiB).must(),
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
  latencies: children(element('latency', { ...initiator, value: attr(ulong).required().may() })),
  bandwidths: children(element('bandwidth', { ...initiator, value: scaledAttr(inKiB) })),
})

/** Distances are the same both ways unless both are given; a node is 10 from itself. */
function completeDistances(numa: CpuNuma): void {
  const given = numa.cells.map((cell) => new Map(cell.distances.map(({ id, value }) => [id, value])))
  const all = given.map((distances) => new Map(distances))
  // parity: of several distances to one node the first is that of the way back.
  for (const [from, { distances }] of numa.cells.entries())
    for (const { id: to, value } of distances) {
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
})
  .strict(({ children: parts }) => (parts.has('cell') ? undefined : 'cell is missing'))
  .finish((numa: CpuNuma, context: ReadContext) => {
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
    for (const { memory } of numa.cells)
      if (memory === undefined) context.reject("missing element or attribute './@memory'")
    numa.cells = [...numa.cells].sort((a, b) => (a.id ?? 0) - (b.id ?? 0))
    for (const cell of numa.cells)
      for (const sibling of cell.distances) {
        if (!ids.has(sibling.id))
          context.fail(`'sibling_id ${sibling.id}' does not refer to a valid cell within NUMA 'cell id ${cell.id}'`)
      }
    completeDistances(numa)
  })

/** Where the host's own is taken there is no other model. */
const showsModel = ({ mode, model }: Cpu) =>
  (model?.name !== undefined || model?.vendor_id !== undefined) && (mode ?? 'custom') in { custom: 1, 'host-model': 1 }
/** A guest that says nothing of its model is of no mode either. */
const showsMode = ({ mode, model }: Cpu) => mode !== 'custom' || model?.name !== undefined

function checkFeatures({ mode, model, features }: Cpu, context: ReadContext): void {
  if (features.length > 0 && (mode ?? 'custom') === 'custom' && model?.name === undefined)
    context.fail('Non-empty feature list specified without CPU model')
  const names = new Set<string>()
  for (const { name = '' } of features) {
    if (names.has(name)) context.fail(`CPU feature '${name}' specified more than once`)
    names.add(name)
  }
}

export const cpu: Element = element('cpu', {
  mode: attr(cpuMode).bad(unsupported("Invalid mode attribute '%s'")).if(showsMode),
  match: attr(cpuMatch),
  check: attr(oneOf('default', 'none', 'partial', 'full')).omit('default'),
  migratable: attr(onOff),
  deprecated_features: attr(onOff),
  model: child(cpuModel).if(showsModel),
  vendor: leaf(text),
  topology: child(cpuTopology),
  cache: child(
    element('cache', {
      level: attr(within(uint, 1, 3)),
      mode: attr(oneOf('emulate', 'passthrough', 'disable')).required(),
    }),
  ).once('at most one CPU cache element may be specified'),
  maxphysaddr: child(
    element('maxphysaddr', {
      mode: attr(oneOf('emulate', 'passthrough')).required(),
      bits: attr(uint),
      limit: attr(uint),
    }),
  ),
  features: children(cpuFeature),
  numa: child(cpuNuma),
}).finish((cpu: Cpu, context: ReadContext) => {
  const { model, mode } = cpu
  if (cpu.migratable !== undefined && mode !== 'host-passthrough' && mode !== 'maximum')
    context.fail(
      "Attribute migratable is only allowed for 'host-passthrough' / 'maximum' CPU mode",
      ErrorNumber.CONFIG_UNSUPPORTED,
      ErrorDomain.CPU,
    )
  if ((mode ?? 'custom') === 'custom') delete cpu.deprecated_features
  if (cpu.vendor !== undefined && model?.name === undefined) context.fail('CPU vendor specified without CPU model')
  checkFeatures(cpu, context)
  const { level } = cpu.cache ?? {}
  if (level !== undefined && (level < 1 || level > 3)) context.fail('invalid CPU cache level, must be in range [1,3]')
  if (model?.name !== undefined) {
    cpu.mode ??= 'custom'
    model.fallback ??= 'allow'
  }
  if (cpu.mode === 'custom' && model?.name !== undefined) cpu.match ??= 'exact'
  else delete cpu.match
})
