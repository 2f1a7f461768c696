// SPDX-License-Identifier: GPL-2.0-or-later
// core/src/api.gen.ts: the methods of the public classes, one per row of packages/api/core/spec/public-api.txt.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildEvents } from './events.mjs'
import { buildSlots, fieldName, spiValue } from './model.mjs'
import { commonPrefix, header, quote } from './names.mjs'

const tableFile = join(import.meta.dirname, '../../../packages/api/core/spec/public-api.txt')

/** Rows of the table: `{ fn, kind: method|hand|alias|none, target, types, doc }`. */
export function readPublicTable() {
  return readFileSync(tableFile, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [fn, ...rest] = line.trim().split(/\s+/)
      if (rest[0] === '=') return { fn, kind: 'alias', target: rest[1], types: {}, doc: '' }
      if (rest[0] === '-') return { fn, kind: 'none', target: '', types: {}, doc: rest.slice(1).join(' ') }
      const kind = rest[0].startsWith('@') ? 'hand' : 'method'
      const types = {}
      let i = 1
      for (; rest[i]?.match(/^\w+:[A-Z]\w+(\[\])?$/); i++) types[rest[i].split(':')[0]] = rest[i].split(':')[1]
      return { fn, kind, target: rest[0].replace('@', ''), types, doc: rest.slice(i).join(' ') }
    })
}

/** Reference type -> public class. */
export const handleOf = {
  DomainRef: 'Domain',
  NetworkRef: 'Network',
  NetworkPortRef: 'NetworkPort',
  NWFilterRef: 'NWFilter',
  NWFilterBindingRef: 'NWFilterBinding',
  InterfaceRef: 'Interface',
  StoragePoolRef: 'StoragePool',
  StorageVolRef: 'StorageVolume',
  NodeDeviceRef: 'NodeDevice',
  SecretRef: 'Secret',
  DomainCheckpointRef: 'DomainCheckpoint',
  DomainSnapshotRef: 'DomainSnapshot',
}
/** Documents that may also be given as typed objects (`@virt/conf`). */
const documents = [
  [/^domain(DefineXMLFlags|CreateXML|CreateXMLWithFiles)$/, 'domain'],
  [/^domain(Save|Restore|ManagedSaveDefine|SaveImageDefine)/, 'domain'],
  [/^connectDomainXMLToNative$/, 'domain'],
  [/^domain((Attach|Detach|Update)DeviceFlags|BlockCopy)$/, 'device'],
  [/^connectCompareCPU$/, 'cpu'],
  [/^network(DefineXMLFlags|CreateXMLFlags)$/, 'network'],
  [/^networkPortCreateXML$/, 'networkport'],
  [/^storagePool(DefineXML|CreateXML)$/, 'pool'],
  [/^storageVolCreateXML(From)?$/, 'volume'],
  [/^interfaceDefineXML$/, 'interface'],
  [/^secretDefineXML$/, 'secret'],
  [/^nwfilterDefineXMLFlags$/, 'nwfilter'],
  [/^nwfilterBindingCreateXML$/, 'nwfilterbinding'],
  [/^nodeDevice(CreateXML|DefineXML|Update)$/, 'nodedev'],
  [/^domainSnapshotCreateXML$/, 'domainsnapshot'],
  [/^domainCheckpointCreateXML$/, 'domaincheckpoint'],
  [/^domainBackupBegin$/, 'domainbackup'],
]

export function emitPublic(spec) {
  const slots = new Map(buildSlots(spec).map((s) => [s.publicName, s]))
  const enums = new Map(spec.api.enums.map((e) => [e.name, e]))
  const classes = new Map()
  const flagSets = new Set()
  const used = { core: new Set(), structs: new Set() }
  const rows = readPublicTable()
  for (const row of rows) {
    if (row.kind !== 'method') continue
    const slot = slots.get(row.fn)
    if (!slot) throw new Error(`${row.fn} has no slot, so it cannot be a generated method`)
    const [cls, method] = row.target.split('.')
    const older = rows
      .filter((r) => r.kind === 'alias' && r.target === row.target)
      .map((r) => slots.get(r.fn))
      .find((o) => o && covers(slot, o))
    classes.set(cls, [...(classes.get(cls) ?? []), emitMethod(spec, slot, method, row, { flagSets, used, cls, older })])
  }
  for (const e of buildEvents(spec)) for (const f of e.fields) outValue(f.v, 'p', undefined, { used })
  for (const f of spec.api.functions)
    for (const n of f.flagEnums?.flags ?? [])
      if (enums.get(n)?.members.some((m) => !m.sentinel && m.value !== 0) && enums.get(n)?.bitmask) flagSets.add(n)
  const structs = emitStructs(spec, used)
  const body = []
  for (const [cls, methods] of classes) {
    const base =
      cls === 'Connection' ? 'Invoker' : Object.values(handleOf).includes(cls) ? `Handle<${refOf(cls)}>` : 'Manager'
    body.push(
      `/** Generated part of \`${cls}\`. */\nexport abstract class ${cls}Methods extends ${base} {\n${methods.join('\n\n')}\n}`,
    )
  }
  const flags = [...flagSets].sort().map((name) => {
    const e = enums.get(name)
    const members = e.members.filter((m) => !m.sentinel && m.value !== 0)
    const prefix = commonPrefix(members.map((m) => m.name))
    return `  ${name.replace(/^vir/, '')}: { ${members.map((m) => `${optionKey(m.name.slice(prefix.length))}: ${m.value}`).join(', ')} },`
  })
  return `${header('public methods')}
import * as gate from './gate.gen.js'
import * as enums from './enums.gen.js'
import { type BitNames, bitsOf, type CallOptions, type EnumText, enumText, enumValue, type FlagOptions, flagsOf, fromPlain, type Int64Input, type PlainParams, toPlain } from './plain.js'
import { Handle, type HandleTypes, Invoker, Manager, type Xml } from './handle.js'
import { type SizeInput, sizeOf } from './size.js'
import { slots } from './spi.gen.js'
import type * as spi from './spi.gen.js'

/** Option names and bits of every set of flags. */
export const flagBits = {
${flags.join('\n')}
} as const

${structs}

${body.join('\n\n')}
`
}

const refOf = (cls) => `spi.${Object.keys(handleOf).find((k) => handleOf[k] === cls)}`
const camelKey = (text) => text.toLowerCase().replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase())

/** Options have a `signal` of their own: the flag to shut down by a signal of the host has another name. */
const optionKey = (text) => (camelKey(text) === 'signal' ? 'initSignal' : camelKey(text))

/** Whether an older slot does the same as a newer one without flags. */
function covers(slot, older) {
  const names = (items) => items.map((i) => i.name).join()
  return (
    names(older.slotArgs) === names(slot.slotArgs.filter((a) => a !== slot.flags)) &&
    (names(older.visible) === names(slot.visible) || older.visible.length === 0) &&
    older.visible.length === slot.visible.length
  )
}

function emitMethod(spec, slot, method, row, context) {
  const args = slot.slotArgs.filter((a) => a !== slot.flags && !(a === slot.subject && isOwn(slot, context.cls)))
  const fnFlags = (slot.fn?.flagEnums?.flags ?? []).filter((n) => n !== 'virTypedParameterFlags')
  const stringOkay = slot.fn?.flagEnums?.flags?.includes('virTypedParameterFlags')
  const sets = fnFlags.filter((n) =>
    spec.api.enums.some((e) => e.name === n && e.members.some((m) => !m.sentinel && m.value !== 0)),
  )
  for (const n of sets) context.flagSets.add(n)
  const params = args.map(
    (a, i) =>
      `${a.name}${a.v.optional && args.slice(i).every((x) => x.v.optional) && !slot.fds?.call ? '?' : ''}: ${inType(slot, a, row)}`,
  )
  if (slot.fds?.call) params.push('fds: readonly number[]')
  const optionType = slot.flags
    ? [
        'CallOptions',
        '{ flags?: number }',
        ...sets.map((n) => `FlagOptions<typeof flagBits.${n.replace(/^vir/, '')}>`),
      ].join(' & ')
    : 'CallOptions'
  params.push(`options: ${optionType} = {}`)
  const value = (a) => {
    if (a === slot.flags)
      return `${sets.length ? `flagsOf(options, ${sets.map((n) => `flagBits.${n.replace(/^vir/, '')}`).join(', ')})` : '(options.flags ?? 0)'}${stringOkay ? ' | 4' : ''}`
    if (a === slot.subject && isOwn(slot, context.cls)) return 'this.ref'
    return inValue(slot, a, row)
  }
  const xml = args.filter((a) => documentOf(slot, a))
  const pre = xml
    .map((a) => {
      const text = `await this.xmlText(${quote(documentOf(slot, a))}, ${a.name})`
      return `    const ${a.name}Text = ${a.v.optional ? `${a.name} === undefined ? undefined : ${text}` : text}\n`
    })
    .join('')
  const call = `this.invoke(slots.${slot.name}, options, (s, c) => gate.${slot.name}(${['s', 'c', ...slot.slotArgs.map(value), ...(slot.fds?.call ? ['fds'] : [])].join(', ')}))`
  const { older } = context
  const oldCall =
    older &&
    `this.invoke(slots.${older.name}, options, (s, c) => gate.${older.name}(${['s', 'c', ...older.slotArgs.map((a) => value(slot.slotArgs.find((n) => n.name === a.name)))].join(', ')}))`
  const whole = older ? `this.invokeOr(${flagsGiven(slot, sets)}, () => ${call}, () => ${oldCall})` : call
  const { type, expr, isVoid } = result(slot, row, context)
  const throws = slot.fn?.readOnly === 'denied' ? ' `operation-denied` on a read-only connection,' : ''
  const doc = [
    `  /**`,
    `   * ${row.doc}`,
    ...args.filter((a) => a.name !== 'xml').map((a) => `   * @param ${a.name} ${describe(a, row)}`),
    `   * @throws VirtError${throws} \`no-support\` where the driver lacks it`,
    `   * @since 0.1.0, \`${slot.publicName}\` of libvirt ${slot.fn?.since ?? slot.since}`,
    `   */`,
  ]
  return `${doc.join('\n')}\n  async ${method}(${params.join(', ')}): Promise<${type}> {\n${pre}    ${isVoid ? `await ${whole}` : `const v = await ${whole}\n    return ${expr}`}\n  }`
}

const flagsGiven = (slot, sets) =>
  slot.flags
    ? `${sets.length ? `flagsOf(options, ${sets.map((n) => `flagBits.${n.replace(/^vir/, '')}`).join(', ')})` : '(options.flags ?? 0)'}`
    : '0'
const isOwn = (slot, cls) => slot.subject !== undefined && handleOf[slot.subject.v.type] === cls
const documentOf = (slot, a) => {
  if (a.name === 'checkpointXml') return 'domaincheckpoint'
  if (!/^(xml|xmlDesc|backupXml|dxml|domainXml|destxml)$/.test(a.name)) return undefined
  return documents.find(([re]) => re.test(slot.name))?.[1]
}

/** Units that an argument may be a size in. */
const sizeUnits = ['Bytes', 'KiB', 'MiB']

function describe(a, row) {
  if (sizeUnits.includes(row.types[a.name])) return `a size, in ${row.types[a.name]} where it has no unit`
  if (row.types[a.name]) return `one of \`${row.types[a.name].replace('[]', '')}\``
  if (a.v.kind === 'params') return 'typed parameters as a plain object'
  if (a.v.kind === 'bytes') return 'bytes'
  return (
    {
      int: 'number',
      int64: '64-bit number',
      string: 'text',
      uuid: '36-character UUID',
      ref: 'the object',
      list: 'list',
      bool: 'yes or no',
    }[a.v.kind] ?? a.v.kind
  )
}

function inType(slot, a, row) {
  const t = row.types[a.name]
  const set = t?.endsWith('[]')
  const optional = a.v.optional ? ' | undefined' : ''
  if (sizeUnits.includes(t)) return 'SizeInput'
  if (t)
    return set ? `readonly BitNames<typeof enums.${t.slice(0, -2)}>[] | number` : `EnumText<typeof enums.${t}> | number`
  if (documentOf(slot, a)) return `Xml<${quote(documentOf(slot, a))}>${optional}`
  switch (a.v.kind) {
    case 'int':
      return 'number'
    case 'bool':
      return 'boolean'
    case 'int64':
      return 'Int64Input'
    case 'params':
      return 'PlainParams'
    case 'ref':
      return `{ readonly ref: spi.${a.v.type} }${optional}`
    case 'bytes':
      return 'Uint8Array'
    case 'list':
      return a.v.of.kind === 'ref'
        ? `readonly { readonly ref: spi.${a.v.of.type} }[]`
        : a.v.of.kind === 'int64'
          ? 'readonly bigint[]'
          : `readonly ${a.v.of.kind === 'string' ? 'string' : 'number'}[]`
    default:
      return `string${optional}`
  }
}

function inValue(slot, a, row) {
  const t = row.types[a.name]
  if (sizeUnits.includes(t)) return `sizeOf(${a.name}, ${quote(t)})`
  if (t) return t.endsWith('[]') ? `bitsOf(enums.${t.slice(0, -2)}, ${a.name})` : `enumValue(enums.${t}, ${a.name})`
  if (documentOf(slot, a)) return `${a.name}Text`
  switch (a.v.kind) {
    case 'int64':
      return `BigInt(${a.name})`
    case 'params':
      return `fromPlain(${a.name})`
    case 'ref':
      return a.v.optional ? `${a.name}?.ref` : `${a.name}.ref`
    case 'list':
      return a.v.of.kind === 'ref' ? `${a.name}.map((d) => d.ref)` : a.name
    default:
      return a.name
  }
}

function result(slot, row, context) {
  const items = slot.fds?.reply ? [{ name: 'fds', v: { kind: 'fds' } }, ...slot.visible] : slot.visible
  if (items.length === 0) return { type: 'void', expr: '', isVoid: true }
  const out = (r, x) => outValue(r.v, x, row.types[r.name], context)
  if (items.length === 1 && !slot.fds?.reply) {
    const one = out({ ...items[0], name: row.types.result ? 'result' : items[0].name }, 'v')
    return { type: one.type, expr: one.expr }
  }
  const parts = items.map((r) => ({ name: r.name, ...out(r, `v.${r.name}`) }))
  return {
    type: `{ ${parts.map((p) => `${p.name}: ${p.type}`).join('; ')} }`,
    expr: `{ ${parts.map((p) => `${p.name}: ${p.expr}`).join(', ')} }`,
  }
}

/** Type and expression of a value in its public form. */
export function outValue(v, x, enumName, context) {
  if (v.optional) {
    const inner = outValue({ ...v, optional: false }, x, enumName, context)
    return {
      type: `${inner.type} | undefined`,
      expr: inner.expr === x ? x : `${x} === undefined ? undefined : ${inner.expr}`,
    }
  }
  switch (v.kind) {
    case 'int':
      return enumName
        ? { type: `EnumText<typeof enums.${enumName}>`, expr: `enumText(enums.${enumName}, ${x})` }
        : { type: 'number', expr: x }
    case 'int64':
      return { type: 'bigint', expr: `BigInt(${x})` }
    case 'fds':
      return { type: 'readonly number[]', expr: x }
    case 'bool':
      return { type: 'boolean', expr: x }
    case 'double':
      return { type: 'number', expr: x }
    case 'bytes':
      return { type: 'Uint8Array', expr: x }
    case 'params':
      return { type: 'PlainParams', expr: `toPlain(${x})` }
    case 'ref':
      return { type: `HandleTypes[${quote(handleOf[v.type])}]`, expr: `this.make(${quote(handleOf[v.type])}, ${x})` }
    case 'struct': {
      context.used.structs.add(v)
      return { type: `Plain${v.type}`, expr: `plain${v.type}(${x})` }
    }
    case 'list': {
      const inner = outValue(v.of, 'i', enumName, context)
      return {
        type: `${inner.type.includes('|') ? `(${inner.type})` : inner.type}[]`,
        expr: inner.expr === 'i' ? `[...${x}]` : `${x}.map((i) => ${inner.expr})`,
      }
    }
    default:
      return { type: 'string', expr: x }
  }
}

/** Enum texts inside structs, by struct and field. */
const structEnums = {
  VcpuInfo: { state: 'VcpuState' },
  NetworkDhcpLease: { type: 'IPAddrType' },
  DomainIpAddr: { type: 'IPAddrType' },
  DomainDiskError: { error: 'DomainDiskErrorCode' },
}

function emitStructs(spec, used) {
  const remote = spec.programs.remote
  const done = new Map()
  const queue = [...used.structs]
  const seen = new Set(queue.map((v) => v.type))
  while (queue.length) {
    const v = queue.shift()
    const fields = buildFields(remote, v.name)
    const parts = fields.map((f) => {
      const context = {
        used: {
          structs: {
            add: (s) => {
              if (!seen.has(s.type)) {
                seen.add(s.type)
                queue.push(s)
              }
            },
          },
        },
      }
      return { name: f.name, ...outValue(f.v, `v.${f.name}`, structEnums[v.type]?.[f.name], context) }
    })
    if (parts.some((p) => p.expr.includes('this.'))) throw new Error(`struct ${v.type} holds handles`)
    done.set(
      v.type,
      `/** Public form of \`${v.type}\`. */\nexport interface Plain${v.type} {\n${parts.map((p) => `  ${p.name}: ${p.type}`).join('\n')}\n}\nexport function plain${v.type}(v: spi.${v.type}): Plain${v.type} {\n  return { ${parts.map((p) => `${p.name}: ${p.expr}`).join(', ')} }\n}`,
    )
  }
  return [...done.values()].join('\n')
}

function buildFields(remote, name) {
  return remote.types[name].fields.map((f) => ({ name: fieldName(f.name), v: spiValue(remote, remote, f.type) }))
}
