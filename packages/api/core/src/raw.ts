// SPDX-License-Identifier: LGPL-2.1-or-later
// Any procedure of the protocol by its name: `conn.raw.call('DOMAIN_GET_XML_DESC', …)`, for what has no method yet.
import type { Connection } from './connection.js'
import { VirtError } from './errors.js'
import type { CallOptions } from './plain.js'

/** Procedures by name, with what they take and answer; `@virt/remote` fills it in by augmentation. */
// biome-ignore lint/suspicious/noEmptyInterface: open for augmentation
export interface RawProcedures {}

type Name = keyof RawProcedures & string
type ArgsOf<N extends Name> = RawProcedures[N] extends { args: infer A } ? A : never
type RetOf<N extends Name> = RawProcedures[N] extends { ret: infer R } ? R : never

/**
 * Procedures of a connection to a daemon, below its methods.
 * @since 0.1.0
 */
export class RawCalls {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /**
   * Calls a procedure as the protocol has it. Nothing is checked here; streams and descriptors do not travel this way.
   * @param name as in the protocol, without `REMOTE_PROC_`; those of other programs begin with theirs: `qemu:DOMAIN_MONITOR_COMMAND`
   * @throws VirtError what the daemon says; `no-support` when the connection leads to no daemon
   */
  async call<N extends Name>(
    name: N,
    ...[args, options = {}]: undefined extends ArgsOf<N>
      ? [args?: ArgsOf<N>, options?: CallOptions]
      : [args: ArgsOf<N>, options?: CallOptions]
  ): Promise<RetOf<N>> {
    const session = this.#connection.sessions.hypervisor
    if (session.rawCall === undefined)
      throw new VirtError(`cannot call ${String(name)}: ${this.#connection.uri} is not behind a daemon`, {
        code: 'no-support',
        details: 'only connections of @virt/remote take raw calls',
      })
    const full: string = name
    const at = full.indexOf(':')
    const program = at < 0 ? 'remote' : full.slice(0, at)
    return (await this.#connection.limited(name, options, (signal) =>
      session.rawCall?.(program, full.slice(at + 1), args, signal),
    )) as RetOf<N>
  }
}
