// SPDX-License-Identifier: GPL-2.0-or-later
// rpc/src/bindings.gen.ts: how each procedure that serves a slot becomes a gate call, and a slot call a request.
import { structName } from './codec.mjs'
import { domainOf } from './gate.mjs'
import { buildSlots, tsType } from './model.mjs'
import { header, quote } from './names.mjs'

export function emitBindings(spec) {
  const slots = buildSlots(spec)
  const core = new Set()
  const note = (text) => {
    for (const m of text.matchAll(/\b[A-Z]\w+\b/g)) if (m[0] !== 'Uint8Array') core.add(m[0])
    return text
  }
  const rows = (program) =>
    slots
      .filter((s) => s.program === program)
      .map((s) => emitBinding(s, note))
      .join('\n')
  const tables = ['remote', 'qemu', 'lxc'].map((program) => `  ${program}: {\n${rows(program)}\n  },`).join('\n')
  return `${header('bindings of procedures to slots')}
import { gate, type ${[...core].sort().join(', type ')} } from '@virt/core'
import type { Binding } from './binding.js'
import type { Rows } from './procedure.js'
import {
  asked,
  atMost,
  first,
  firstParams,
  itemsOf,
  limit,
  needRoom,
  notNegative,
  notNegativeLength,
  paramsOf,
  totalOf,
  withoutStrings,
} from './binding.js'
import * as remote from './remote.gen.js'
import * as qemu from './qemu.gen.js'
import * as lxc from './lxc.gen.js'

/** By program and number; each is made when it is asked for. */
export const bindingRows: Readonly<Record<Binding['program'], Rows<Binding>>> = {
${tables}
}
`
}

function emitBinding(s, note) {
  const p = s.procedure
  const args = p.args ? `${s.program}.${structName(p.args)}` : undefined
  const ret = p.ret ? `${s.program}.${structName(p.ret)}` : undefined
  const fn = (kind, type) => `${type.split('.')[0]}.${kind}${type.split('.')[1]}`
  const typed = args ? `a as ${args}` : ''
  const value = (a) => {
    if (a.v.kind === 'bool') return `x.${a.name} !== 0`
    if (a.v.bare) return '{ name: x.name }'
    if (a.v.wire === 'uhyper' && a.v.kind === 'int') return `Number(x.${a.name})`
    return `x.${a.name}`
  }
  const call = `gate.${s.name}(${['s', 'c', ...s.slotArgs.map(value), ...(s.fds?.call ? ['fds'] : [])].join(', ')})`
  const count = room(s)
  const before = `${notBelowZero(s)}${count ? beforeCount(s, count) : (limits[p.name] ?? '')}`
  const answered = count ? call.replace('(s, c', `(s, asked(c, x.${count.name})`) : call
  const lines = [
    `  ${p.number}: () => ({ slot: ${quote(s.name)}, program: ${quote(s.program)}, number: ${p.number}, name: ${quote(p.name)}, family: ${quote(s.family)}, priority: ${quote(p.priority ?? 'low')},`,
  ]
  if (s.stream)
    lines.push(
      `    stream: ${quote(s.stream.direction)}, ${s.stream.sparseFlag ? `sparseFlag: ${s.enumValue.get(s.stream.sparseFlag.flag ?? s.stream.sparseFlag) ?? 1}, ` : ''}`,
    )
  if (s.fds?.call) lines.push(`    fdsIn: true,`)
  if (s.fds?.reply) lines.push(`    fdsOut: true,`)
  if (s.counted) lines.push(`    counted: true,`)
  if (strings(s) && s.visible.some((r) => r.v.kind === 'params')) lines.push(`    typedStrings: true,`)
  lines.push(args ? `    decodeArgs: ${fn('decode', args)},` : `    decodeArgs: () => undefined,`)
  lines.push(
    args
      ? `    serve: (s, c, a, fds) => { const x = ${typed}; ${s.fds?.call ? '' : 'void fds; '}${before}return ${answered} },`
      : `    serve: (s, c) => ${call},`,
  )
  lines.push(ret ? `    encodeReply: (w, v, a) => { ${reply(s, ret, note, args)} },` : `    encodeReply: () => {},`)
  lines.push(`    encodeRequest: (w, a, n) => { ${request(s, args, note)} },`)
  lines.push(
    ret
      ? `    decodeReply: (r) => { const x = ${fn('decode', ret)}(r); return ${answer(s)} },`
      : `    decodeReply: () => undefined,`,
  )
  lines.push('  }),')
  return lines.join('\n')
}

/** Slots whose C function makes room for the answer by itself. */
const allocates = new Set(['nodeGetSEVInfo', 'networkPortGetParameters'])

/** Limits of what is no plain count. */
const limits = {
  DOMAIN_GET_DISK_ERRORS: `limit('maxerrors', x.maxerrors, 256); `,
  DOMAIN_GET_VCPUS: `atMost('maxinfo > REMOTE_VCPUINFO_MAX', x.maxinfo, 16384); atMost('maxinfo * maplen > REMOTE_CPUMAPS_MAX', x.maxinfo * x.maplen, 8388608); `,
  DOMAIN_GET_VCPU_PIN_INFO: `atMost('ncpumaps > REMOTE_VCPUINFO_MAX', x.ncpumaps, 16384); atMost('ncpumaps * maplen > REMOTE_CPUMAPS_MAX', x.ncpumaps * x.maplen, 8388608); `,
  DOMAIN_GET_EMULATOR_PIN_INFO: `atMost('maplen > REMOTE_CPUMAPS_MAX', x.maplen, 8388608); `,
  DOMAIN_GET_CPU_STATS: `limit('nparams', x.nparams, 16); limit('ncpus', x.ncpus, 128); `,
  // Room for none gets none, whatever there is to be said against the call.
  DOMAIN_MEMORY_STATS: `atMost('maxStats > REMOTE_DOMAIN_MEMORY_STATS_MAX', x.maxStats, 1024); if (x.maxStats === 0) return []; `,
}

/** Lengths of answers that the protocol lets be negative, as they are called when they are. parity: one is called after another. */
const lengths = {
  DOMAIN_GET_VCPUS: [
    ['maxinfo', 'maxinfo'],
    ['maplen', 'maxinfo'],
  ],
  DOMAIN_GET_VCPU_PIN_INFO: [
    ['ncpumaps', 'ncpumaps'],
    ['maplen', 'maplen'],
  ],
  DOMAIN_GET_EMULATOR_PIN_INFO: [['maplen', 'maplen']],
}

/** What is said against lengths that are negative, before anything else. */
function notBelowZero(s) {
  const signed = s.args.filter((a) => a.v.wire === 'int')
  const counts = signed.filter((a) => a.counted && !allocates.has(s.name)).map((a) => [a.name, a.field])
  const own = [...(lengths[s.procedure.name] ?? []), ...counts]
  const lists = signed.filter((a) => /^max(names|ids|uuids|cells)$/i.test(a.field))
  return [
    ...own.map(([name, called]) => `notNegative(${quote(called)}, x.${name}); `),
    ...lists.map((a) => `notNegativeLength(${quote(a.field)}, x.${a.name}); `),
  ].join('')
}

/** The argument that says how many typed parameters the caller has room for; 0 asks how many there are. */
const room = (s) => s.args.find((a) => a.counted && a.field === 'nparams')

/** What is said against the room before anything else. */
function beforeCount(s, count) {
  const { max } = s.results.find((r) => r.v.max).v
  // Where the C function wants room in any case, the client that gives none is refused.
  const needed = s.fn?.argChecks?.some((c) => c.check === 'positive' && c.arg === '*nparams')
  const refuse = needed ? `needRoom(x.${count.name}, ${quote(s.publicName)}, ${domainOf(s.fn)}); ` : ''
  // What allocates its answer by itself takes any number.
  const check = allocates.has(s.name) ? '' : `limit(${quote(count.name)}, x.${count.name}, ${max}); `
  return `${check}${refuse}`
}

/** Builds the reply struct from the slot's answer, with counts and limits that the caller's own arguments set. */
function reply(s, ret, note, args) {
  const encodeName = `${ret.split('.')[0]}.encode${ret.split('.')[1]}`
  const single = s.visible.length === 1
  const x = args ? `const x = a as ${args}; ` : ''
  const limit = s.args.find((a) => a.wireOnly && a.field !== 'need_results')
  const need = s.args.find((a) => a.field === 'need_results')
  const count = s.args.find((a) => a.counted)
  const total = s.results.some((r) => r.count)
  const pre = []
  const fields = s.results.map((r) => {
    if (r.count) return `${r.name}: n`
    const type = note(tsType(r.v))
    const source = single
      ? s.stream || s.fds?.reply
        ? `(v as { ${r.name}: ${type} }).${r.name}`
        : `(v as ${type})`
      : `(v as { ${r.name}: ${type} }).${r.name}`
    if (r.v.kind === 'bool') return `${r.name}: ${source} ? 1 : 0`
    if (r.v.kind === 'params' && (count || strings(s))) {
      pre.push(`let p = ${count ? `paramsOf(${source})` : source}`)
      // The number goes out only when it was asked for, and counts what the caller may not be able to take.
      if (count && total) pre.push(`const n = x.${count.name} === 0 ? totalOf(v, p.values) : 0`)
      if (count) pre.push(`p = firstParams(p, x.${count.name})`)
      if (strings(s)) pre.push(`if ((x.flags & 4) === 0) p = withoutStrings(p)`)
      return `${r.name}: p`
    }
    if (r.v.kind === 'list' && count === room(s) && count) {
      pre.push(`const all = itemsOf(${source})`, `const n = x.${count.name} === 0 ? totalOf(v, all) : 0`)
      return `${r.name}: first(all, x.${count.name})`
    }
    if (r.v.kind === 'list' && (need || limit || count)) {
      pre.push(`const all = ${source}`)
      if (need) {
        pre.push('const n = all.length')
        return `${r.name}: x.${need.name} === 0 ? [] : all`
      }
      const max = limit ?? count
      if (s.results.some((o) => o.count))
        pre.push(`const n = ${count ? `x.${max.name} === 0 ? all.length : ` : ''}Math.min(all.length, x.${max.name})`)
      return `${r.name}: first(all, x.${max.name})`
    }
    if ((r.v.kind === 'list' || r.v.kind === 'params') && s.results.some((o) => o.count))
      pre.push(`const n = ${source}${r.v.kind === 'params' ? '.values' : ''}.length`)
    return `${r.name}: ${source}`
  })
  const body = `${pre.join('; ')}${pre.length ? '; ' : ''}${encodeName}(w, { ${fields.join(', ')} })`
  return /\bx\./.test(body) ? `${x}${body}` : body
}
const strings = (s) => s.flags && s.fn?.flagEnums?.flags?.includes('virTypedParameterFlags')

function request(s, args, note) {
  if (!args) return ''
  const positions = new Map(s.slotArgs.map((a, i) => [a, i]))
  const fields = s.args.map((a) => {
    const name = a.v.bare ? 'name' : a.name
    if (a.wireOnly) return `${name}: ${a.wireOnly}`
    if (a.counted) return `${name}: n`
    const i = positions.get(a)
    if (a.v.kind === 'bool') return `${name}: a[${i}] === true ? 1 : 0`
    if (a.v.bare) return `${name}: (a[${i}] as { name: string }).name`
    if (a.v.wire === 'uhyper' && a.v.kind === 'int') return `${name}: BigInt(a[${i}] as number)`
    return `${name}: a[${i}] as ${note(tsType(a.v, 'in'))}`
  })
  return `${s.counted ? '' : 'void n; '}${args.split('.')[0]}.encode${args.split('.')[1]}(w, { ${fields.join(', ')} })`
}

function answer(s) {
  if (s.counted) {
    const total = s.results.find((r) => r.count)
    const v = s.visible[0].name
    return total
      ? `{ value: x.${v}, count: x.${total.name} }`
      : `{ value: x.${v}, count: x.${v}${s.visible[0].v.kind === 'params' ? '.values' : ''}.length }`
  }
  const one = (r) => (r.v.kind === 'bool' ? `x.${r.name} !== 0` : `x.${r.name}`)
  if (s.visible.length === 1 && !s.stream && !s.fds?.reply) return one(s.visible[0])
  return `{ ${s.visible.map((r) => `${r.name}: ${one(r)}`).join(', ')} }`
}
