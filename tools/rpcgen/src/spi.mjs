// SPDX-License-Identifier: GPL-2.0-or-later
// core/src/spi.gen.ts: the values that cross the SPI, the session interface and the table of slots.

import { buildEvents } from './events.mjs'
import { answerType, buildSlots, fieldName, refs, spiValue, tsType } from './model.mjs'
import { header, quote } from './names.mjs'

export function emitSpi(spec) {
  const slots = buildSlots(spec)
  const remote = spec.programs.remote
  const out = [header('the driver SPI')]
  out.push(`import type { Answer, ByteStream, Call, Int64, SlotInfo, TypedParams } from './spi.js'\n`)
  for (const [struct, ref] of Object.entries(refs)) {
    out.push(`/** A ${ref.type.replace('Ref', '')} as it travels: by value. */`)
    out.push(`export interface ${ref.type} {\n${fields(spec, remote, struct)}\n}`)
  }
  const structs = new Map()
  const note = (v) => {
    if (v.kind === 'list') note(v.of)
    if (v.kind === 'struct' && !structs.has(v.type)) {
      structs.set(v.type, v.name)
      for (const f of remote.types[v.name].fields) note(spiValue(remote, remote, f.type))
    }
  }
  for (const s of slots) for (const x of [...s.slotArgs, ...s.visible]) note(x.v)
  for (const e of buildEvents(spec)) for (const f of e.fields) note(f.v)
  for (const [type, name] of structs) out.push(`export interface ${type} {\n${fields(spec, remote, name)}\n}`)
  const seen = new Set()
  for (const s of slots) {
    if (!s.resultType || s.stream || seen.has(s.resultType)) continue
    seen.add(s.resultType)
    out.push(
      `/** What \`${s.publicName}\` answers. */\nexport interface ${s.resultType} {\n${s.visible.map((r) => `  ${r.name}: ${tsType(r.v)}`).join('\n')}\n}`,
    )
  }
  out.push(
    '',
    '/** Every slot that a driver may fill; all are optional, a missing one is "no support". */',
    'export interface SlotMethods {',
  )
  for (const s of slots) {
    const args = s.slotArgs.map((a) => `, ${a.name}: ${tsType(a.v, 'in')}`).join('')
    const fds = s.fds?.call ? ', fds: readonly number[]' : ''
    out.push(
      `  /** \`${s.publicName}\`, since ${s.since} */\n  ${s.name}?(call: Call${args}${fds}): Answer<${s.fds?.reply ? `{ fds: readonly number[]${s.visible.map((r) => `; ${r.name}: ${tsType(r.v)}`).join('')} }` : answerType(s)}>`,
    )
  }
  out.push('}', '', '/** Name of a slot. */', 'export type SlotName = keyof SlotMethods', '')
  out.push(
    '/** What is known of each slot; the gate, docs and the support matrix read it. */',
    'export const slots: { readonly [K in SlotName]: SlotInfo } = {',
  )
  for (const s of slots) {
    const p = s.procedure
    const rules = p.acl.map(
      (r) =>
        `{ object: ${quote(r.object)}, perm: ${quote(r.perm)}${r.whenFlagsSet ? `, set: ${bits(s, r.whenFlagsSet)}` : ''}${r.whenFlagsClear ? `, clear: ${bits(s, r.whenFlagsClear)}` : ''}${r.whenParam ? `, when: [${quote(r.whenParam.name)}, ${s.enumValue.get(r.whenParam.value)}]` : ''} }`,
    )
    const filter = (p.aclFilter ?? []).map((r) => `{ object: ${quote(r.object)}, perm: ${quote(r.perm)} }`)
    out.push(
      `  ${s.name}: { name: ${quote(s.name)}, publicName: ${quote(s.publicName)}, family: ${quote(s.family)}, program: ${quote(s.program)}, procedure: ${quote(p.name)}, number: ${p.number}, since: ${quote(s.since)}, args: [${s.slotArgs.map((a) => quote(a.name)).join(', ')}]${s.subject ? `, subject: ${quote(s.subject.v.object)}` : ''}, acl: [${rules.join(', ')}]${filter.length ? `, aclFilter: [${filter.join(', ')}]` : ''}${s.stream ? `, stream: ${quote(s.stream.direction)}` : ''} },`,
    )
  }
  out.push('}', '')
  out.push(...emitEventTypes(spec))
  return `${out.join('\n')}\n`
}

function emitEventTypes(spec) {
  const events = buildEvents(spec)
  const out = []
  for (const e of events)
    out.push(
      `/** Payload of \`${e.idName}\`. */\nexport interface ${e.type} {\n${e.fields.map((f) => `  ${f.name}: ${tsType(f.v)}`).join('\n')}\n}`,
    )
  out.push(
    '/** Families of events; each has its own numbering and registration. */',
    `export type EventFamily = ${[...new Set(events.map((e) => quote(e.family)))].join(' | ')}`,
  )
  out.push('/** Payload type of each event of each family. */', 'export interface EventPayloads {')
  for (const family of new Set(events.map((e) => e.family))) {
    out.push(`  ${family}: {`)
    for (const e of events)
      if (e.family === family) out.push(`    /** \`${e.idName}\` (${e.id}) */\n    ${e.key}: ${e.type}`)
    out.push('  }')
  }
  out.push(
    '}',
    '/** Event numbers by family and name. */',
    'export const eventIds: { readonly [F in EventFamily]: { readonly [K in keyof EventPayloads[F]]: number } } = {',
  )
  for (const family of new Set(events.map((e) => e.family)))
    out.push(
      `  ${family}: { ${events
        .filter((e) => e.family === family)
        .map((e) => `${e.key}: ${e.id}`)
        .join(', ')} },`,
    )
  out.push('}')
  return out
}

function fields(spec, program, struct) {
  return program.types[struct].fields
    .map((f) => `  ${fieldName(f.name)}: ${tsType(spiValue(program, spec.programs.remote, f.type))}`)
    .join('\n')
}
const bits = (slot, names) => names.map((n) => slot.enumValue.get(n)).reduce((a, b) => (a | b) >>> 0, 0)
