// SPDX-License-Identifier: LGPL-2.1-or-later
// What a procedure number leads to: a slot through its gate, or something that the server itself answers.
import { type Answer, type SlotInfo, slots } from '@virt/core'
import { type Binding, bindings, type Procedure, Program, procedures, type XdrWriter } from '@virt/rpc'
import type { Client } from './client.js'
import { ownProcedures } from './own-procedures.js'
import type { ServerCall } from './server-call.js'

/** One dispatchable procedure. */
export interface Entry {
  readonly procedure: Procedure
  readonly info: SlotInfo | undefined
  readonly binding: Binding | undefined
  readonly own: OwnProcedure | undefined
}

/** A procedure that the server answers by itself. */
export interface OwnProcedure {
  run(client: Client, call: ServerCall, args: unknown): Answer<unknown>
  encode?(w: XdrWriter, value: unknown): void
  /** Runs after the reply is on its way. */
  after?(client: Client): void
}

const bound = new Map(bindings.map((b) => [`${b.program}:${b.number}`, b]))

/** Entries by number, for each program. */
export type ProgramTable = ReadonlyMap<number, readonly (Entry | undefined)[]>

/** The programs that serve the API. */
export const programTable: ProgramTable = new Map(
  (['remote', 'qemu', 'lxc'] as const).map((name) => {
    const rows: (Entry | undefined)[] = []
    for (const procedure of procedures) {
      if (procedure.program !== name || procedure.kind !== 'call') continue
      const binding = bound.get(`${name}:${procedure.number}`)
      const own = ownProcedures[`${name}:${procedure.name}`]
      if (binding === undefined && own === undefined)
        throw new Error(`procedure ${name} ${procedure.name} leads nowhere`)
      rows[procedure.number] = { procedure, binding, own, info: binding && slots[binding.slot] }
    }
    return [Program[name], rows]
  }),
)
