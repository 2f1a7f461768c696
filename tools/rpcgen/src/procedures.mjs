// SPDX-License-Identifier: GPL-2.0-or-later
// rpc/src/procedures.gen.ts: every procedure of the five programs, with the codecs of its messages.
import { structName } from './codec.mjs'
import { buildSlots } from './model.mjs'
import { header, quote } from './names.mjs'

export function emitProcedures(spec) {
  const { programs } = spec
  const slots = new Set(buildSlots(spec).map((s) => `${s.program}:${s.procedure.name}`))
  const tables = []
  const types = []
  for (const [name, program] of Object.entries(programs)) {
    const calls = program.procedures.filter((p) => p.kind === 'call')
    const typeOf = (type) => (type ? `${name}.${structName(type)}` : 'undefined')
    if (calls.length)
      types.push(
        `  ${name}: {\n${calls.map((p) => `    ${p.name}: { args: ${typeOf(p.args)}; ret: ${typeOf(p.ret)} }`).join('\n')}\n  }`,
      )
    const rows = []
    for (const p of program.procedures) {
      const codec = (type) =>
        type
          ? `{ encode: ${name}.encode${structName(type)} as Encoder, decode: ${name}.decode${structName(type)} }`
          : 'undefined'
      const parts = [
        `program: ${quote(name)}`,
        `number: ${p.number}`,
        `name: ${quote(p.name)}`,
        `kind: ${quote(p.kind)}`,
      ]
      if (p.args) parts.push(`args: ${codec(p.args)}`)
      if (p.ret) parts.push(`ret: ${codec(p.ret)}`)
      if (p.msg) parts.push(`msg: ${codec(p.msg)}`)
      if (p.stream) parts.push(`stream: ${quote(p.stream.direction)}`)
      if (p.fds?.call) parts.push('fdsIn: true')
      if (p.fds?.reply) parts.push('fdsOut: true')
      if (p.priority === 'high') parts.push('priority: true')
      if (p.needsAuth === false || /^AUTH_/.test(p.name)) parts.push('beforeAuth: true')
      // What a slot asks is the gate's matter.
      if (p.acl?.length && !slots.has(`${name}:${p.name}`))
        parts.push(`acl: [${p.acl.map((r) => `{ object: ${quote(r.object)}, perm: ${quote(r.perm)} }`).join(', ')}]`)
      rows.push(`    ${p.number}: () => ({ ${parts.join(', ')} }),`)
    }
    tables.push(`  ${name}: {\n${rows.join('\n')}\n  },`)
  }
  return `${header('all procedures')}
import * as admin from './admin.gen.js'
import * as lxc from './lxc.gen.js'
import type { Encoder, Procedure, Rows } from './procedure.js'
import * as qemu from './qemu.gen.js'
import * as remote from './remote.gen.js'

/** Arguments and answer of every call, by program and name. */
export interface ProcedureTypes {
${types.join('\n')}
}

/** By program and number; each is made when it is asked for. */
export const procedureRows: Readonly<Record<Procedure['program'], Rows<Procedure>>> = {
${tables.join('\n')}
}
`
}
