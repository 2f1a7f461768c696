// SPDX-License-Identifier: LGPL-2.1-or-later
// Calls that no slot makes: those that open, watch and end a connection.
import { type Procedure, procedures, type XdrReader, type XdrWriter } from '@virt/rpc'

/** A procedure as the link calls it; bindings of slots are such, too. */
export interface Message<T = unknown> {
  readonly program: 'remote' | 'qemu' | 'lxc' | 'admin'
  readonly number: number
  readonly name: string
  encodeRequest(w: XdrWriter, args: readonly unknown[], count: number): void
  /** Runs while the reply's bytes are at hand; its answer must not refer to them. */
  decodeReply(r: XdrReader): T
}

let byName: ReadonlyMap<string, Procedure> | undefined

/** The procedure of that name. */
export function procedureNamed(name: string, program: Message['program'] = 'remote'): Procedure {
  byName ??= new Map(procedures().map((p) => [`${p.program}:${p.name}`, p]))
  const found = byName.get(`${program}:${name}`)
  if (found === undefined) throw new TypeError(`program ${program} has no procedure ${name}`)
  return found
}

/** A call by name, with what writes its arguments and reads its answer. */
export function message<T = void, A extends readonly unknown[] = readonly unknown[]>(
  name: string,
  encode?: (w: XdrWriter, ...args: A) => void,
  decode?: (r: XdrReader) => T,
  program: Message['program'] = 'remote',
): Message<T> {
  return {
    program,
    number: procedureNamed(name, program).number,
    name,
    encodeRequest: (w, args) => encode?.(w, ...(args as unknown as A)),
    decodeReply: decode ?? (() => undefined as T),
  }
}
