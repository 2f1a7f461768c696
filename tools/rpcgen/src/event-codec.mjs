// SPDX-License-Identifier: GPL-2.0-or-later
// rpc/src/events.gen.ts: how each event travels. The callback id comes first, so one encoding serves all subscribers.
import { decode, encode, structName } from './codec.mjs'
import { buildEvents } from './events.mjs'
import { header, quote } from './names.mjs'

export function emitEvents(spec) {
  const events = buildEvents(spec)
  const structs = new Set()
  const note = (v) => {
    if (v.kind === 'list') note(v.of)
    if (v.kind === 'ref') structs.add(v.type)
    if (v.kind === 'struct') structs.add(structName(v.name))
  }
  for (const e of events) for (const f of e.fields) note(f.v)
  const fieldsOf = (record) => record.fields.map((f) => encode(f.v, `p.${f.name}`)).join('; ')
  const rows = events.map((e) => {
    const style = e.modern ?? e.legacy
    const lines = [
      `  { family: ${quote(e.family)}, id: ${e.id}, key: ${quote(e.key)}, program: ${quote(style.program)},`,
    ]
    if (e.modern)
      lines.push(
        `    number: ${e.modern.procedure.number}, encode: (w, payload) => { const p = payload as ${e.type}; ${fieldsOf(e.modern)} },`,
      )
    if (e.legacy)
      lines.push(
        `    legacyNumber: ${e.legacy.procedure.number}, encodeLegacy: (w, payload) => { const p = payload as ${e.type}; ${fieldsOf(e.legacy)} },`,
      )
    const order = style.fields.map((f) => `const ${f.name} = ${decode(f.v, 'out')}`).join('; ')
    lines.push(
      `    decode: (r): ${e.type} => { ${order}; return { ${style.fields.map((f) => f.name).join(', ')} } },${e.subject ? ` subject: ${quote(e.subject)},` : ''}`,
    )
    lines.push('  },')
    return lines.join('\n')
  })
  return `${header('event codecs')}
import type { ${events.map((e) => e.type).join(', ')} } from '@virt/core'
import type { EventCodec } from './event.js'
import { decodeList, encodeList } from './lists.js'
import { ${[...structs].flatMap((n) => [`decode${n}`, `encode${n}`]).join(', ')} } from './remote.gen.js'

export const eventCodecs: readonly EventCodec[] = [
${rows.join('\n')}
]
`
}
