// SPDX-License-Identifier: LGPL-2.1-or-later
// Looking things up in the generated tables. A program uses a few of their rows, which are made one by one for that reason.
import type { Binding } from './binding.js'
import { bindingRows } from './bindings.gen.js'
import type { Procedure } from './procedure.js'
import { procedureRows } from './procedures.gen.js'

/** What a procedure is, and the codecs of its messages; made anew each time. */
export function procedureAt(program: Procedure['program'], number: number): Procedure | undefined {
  return procedureRows[program][number]?.()
}

/** How a procedure serves a slot, where it serves one; made anew each time. */
export function bindingAt(program: Binding['program'], number: number): Binding | undefined {
  return bindingRows[program][number]?.()
}

/** Every procedure, of all programs or of one. */
export function procedures(program?: Procedure['program']): Procedure[] {
  const tables = program === undefined ? Object.values(procedureRows) : [procedureRows[program]]
  return tables.flatMap((rows) => Object.values(rows).map((row) => row()))
}
