// SPDX-License-Identifier: LGPL-2.1-or-later
// Any procedure by its name, for what no slot offers yet.
import type { Session } from '@virt/core'
import type { ProcedureTypes } from '@virt/rpc'
import { type Message, procedureNamed } from './calls.js'
import { RemoteSession } from './session.js'

/** Limits of a raw call. */
export interface RawCallOptions {
  /** Ends the waiting. */
  signal?: AbortSignal
}
type Programs = keyof ProcedureTypes

/**
 * Calls a procedure as the protocol has it: `rawCall(conn, 'remote', 'DOMAIN_GET_XML_DESC', { dom: dom.ref, flags: 0 })`.
 * Nothing is checked here; streams and descriptors do not travel this way.
 * @param on a connection or session of the remote driver
 * @throws VirtError what the daemon says; `no-support` when the connection is not a remote one
 * @since 0.1.0
 */
export async function rawCall<P extends Programs, N extends keyof ProcedureTypes[P] & string>(
  on: Session | { readonly sessions: { readonly hypervisor: Session } },
  program: P,
  name: N,
  args: ProcedureTypes[P][N] extends { args: infer A } ? A : never,
  options: RawCallOptions = {},
): Promise<ProcedureTypes[P][N] extends { ret: infer R } ? R : never> {
  const session = 'sessions' in on ? on.sessions.hypervisor : on
  if (!(session instanceof RemoteSession)) throw new TypeError('only remote connections take raw calls')
  const procedure = procedureNamed(name, program as Message['program'])
  const message: Message = {
    program: program as Message['program'],
    number: procedure.number,
    name,
    encodeRequest: (w, [value]) => procedure.args?.encode(w, value as never),
    decodeReply: (r) => procedure.ret?.decode(r),
  }
  const link = await session.ready()
  return (await link.call(message, [args], name, 0, options.signal)) as never
}
