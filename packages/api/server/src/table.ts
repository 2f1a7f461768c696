// SPDX-License-Identifier: LGPL-2.1-or-later
// What a procedure number leads to: a slot through its gate, or something that the server itself answers.
import { type Answer, type SlotInfo, slots } from '@virt/core'
import { type Binding, bindingAt, type Procedure, Program, procedureAt, type XdrWriter } from '@virt/rpc'
import type { Client } from './client.js'
import { ownProcedures } from './own-procedures.js'
import type { ServerCall } from './server-call.js'

/** One dispatchable procedure. */
export interface Entry {
  readonly procedure: Procedure
  /** Of the slot that it serves. */
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

/** The procedures of one program by number. Each entry is made for the first call of it. */
export class Entries {
  readonly #make: (number: number) => Entry | undefined
  readonly #made: (Entry | undefined)[] = []

  /** @param make the entry of a number; undefined when the program has no such call */
  constructor(make: (number: number) => Entry | undefined) {
    this.#make = make
  }

  at(number: number): Entry | undefined {
    const made = this.#made[number]
    if (made !== undefined) return made
    const entry = this.#make(number)
    if (entry !== undefined) this.#made[number] = entry
    return entry
  }
}

/** Programs by number. */
export type ProgramTable = ReadonlyMap<number, Entries>

function entryOf(program: Binding['program'], number: number): Entry | undefined {
  const procedure = procedureAt(program, number)
  if (procedure?.kind !== 'call') return undefined
  const binding = bindingAt(program, number)
  const own = ownProcedures[`${program}:${procedure.name}`]
  return {
    procedure,
    binding,
    own,
    get info() {
      return binding && slots[binding.slot]
    },
  }
}

/** The programs that serve the API. */
export const programTable: ProgramTable = new Map(
  (['remote', 'qemu', 'lxc'] as const).map((name) => [Program[name], new Entries((number) => entryOf(name, number))]),
)
