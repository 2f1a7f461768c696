// SPDX-License-Identifier: LGPL-2.1-or-later
// Kerberos by the GSS-API of the system, where it is installed.
import type { Binding } from './binding.js'

/** One end of a security context. Until it stands only `step` may be called, one call at a time. */
export interface SecurityContext {
  /**
   * @param token what the other end sent; absent in the first step of who begins
   * @throws Error with the library's words
   */
  step(token: Uint8Array | undefined): Promise<{ token: Buffer; complete: boolean }>
  /** @param secret whether nobody may read it; who changes it is found out in any case */
  wrap(plain: Uint8Array, secret?: boolean): Buffer
  /** @param secret whether it has to be secret. @throws Error for what is not the next message of the other end */
  unwrap(sealed: Uint8Array, secret?: boolean): Buffer
  /** How many bytes fit into a message of `size` bytes. */
  room(size: number, secret: boolean): number
  /** Strength of what is secret, bits. */
  readonly bits: number
  /** Who is at the other end of an accepting context: a principal, without its realm where that is our own. */
  readonly peer: string | undefined
}

/** The system's Kerberos. Settings, tickets and keys are where its library looks: `KRB5_CONFIG`, `KRB5CCNAME`, `KRB5_KTNAME`. */
export interface Kerberos {
  /** Whether its library is installed. */
  isThere(): boolean
  /** @param target `SERVICE@HOST`. @throws Error where there is no library. @since 0.1.0 */
  initiate(target: string): SecurityContext
  /** @param target `SERVICE@HOST`, whose key is in the table of keys. @throws Error where there is no library. @since 0.1.0 */
  accept(target: string): SecurityContext
}

/** Contexts of the addon. */
export function kerberosOf(binding: Binding): Kerberos {
  const open = (initiates: boolean, target: string): SecurityContext => {
    const handle = binding.gssOpen(initiates, target)
    // Before it stands the library has nothing to ask, and some of its releases end the process when asked.
    let stands = false
    const standing = (): object => {
      if (!stands) throw new Error('the security context does not stand')
      return handle
    }
    return {
      async step(token = new Uint8Array(0)) {
        const { error, ...answer } = await binding.gssStep(handle, token)
        if (error !== undefined) throw new Error(error)
        stands = answer.complete
        return answer
      },
      wrap: (plain, secret = false) => binding.gssWrap(standing(), plain, secret),
      unwrap: (sealed, secret = false) => binding.gssUnwrap(standing(), sealed, secret),
      room: (size, secret) => binding.gssRoom(standing(), size, secret),
      get bits() {
        return binding.gssFacts(standing()).bits
      },
      get peer() {
        return binding.gssFacts(standing()).peer
      },
    }
  }
  return {
    isThere: () => binding.gssIsThere(),
    initiate: (target) => open(true, target),
    accept: (target) => open(false, target),
  }
}
