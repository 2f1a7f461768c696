// SPDX-License-Identifier: LGPL-2.1-or-later
// Any procedure by its name, for what no slot offers yet: the remote end of `conn.raw` of @virt/core.
import type { ProcedureTypes } from '@virt/rpc'
import { type Message, procedureNamed } from './calls.js'

type Named<P extends keyof ProcedureTypes> = {
  [N in keyof ProcedureTypes[P] & string as `${P}:${N}`]: ProcedureTypes[P][N]
}
/** Every procedure with what it takes and answers; those of other programs than `remote` begin with theirs. */
export type RemoteProcedures = ProcedureTypes['remote'] & Named<'qemu'> & Named<'lxc'>

declare module '@virt/core' {
  interface RawProcedures extends RemoteProcedures {}
}

/** A procedure as the protocol has it. @throws TypeError when there is none of that name */
export function rawMessage(program: string, name: string): Message {
  const procedure = procedureNamed(name, program as Message['program'])
  return {
    program: program as Message['program'],
    number: procedure.number,
    name,
    encodeRequest: (w, [value]) => procedure.args?.encode(w, value as never),
    decodeReply: (r) => procedure.ret?.decode(r),
  }
}
