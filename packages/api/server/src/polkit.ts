// SPDX-License-Identifier: LGPL-2.1-or-later
// Who may come in, by polkit: it knows the user's session, and may have them asked for a password.
import {
  type Clock,
  ErrorDomain,
  ErrorNumber,
  type Identity,
  type Logger,
  systemClock,
  type VirtError,
  virtError,
} from '@virt/core'
import type { remote } from '@virt/rpc'
import { type Authenticator, AuthType, noAuth } from './auth.js'
import { rpcError } from './errors.js'
import { type PolkitAuthority, polkitSubject } from './polkit-authority.js'

/** How a listener has polkit asked. */
export interface PolkitOptions {
  readonly authority: Pick<PolkitAuthority, 'check'>
  readonly log?: Logger
  readonly clock?: Clock
  /** Milliseconds that the user may take to enter a password; 120,000 by default. */
  readonly patience?: number
}

/** Who connects, and to what. */
export interface PolkitClient {
  /** What the kernel says of them. */
  readonly identity: Identity
  readonly readOnly: boolean
  /** Fires when they have gone. */
  readonly gone?: AbortSignal
}

/**
 * Authentication by polkit, for unix sockets. Root is asked nothing.
 * @returns makes the authenticator of a connection
 * @since 0.1.0
 */
export function polkit(options: PolkitOptions): (client: PolkitClient) => Authenticator {
  return (client) => (client.identity.unixUserId === 0 ? noAuth : new PolkitAuthenticator(options, client))
}

class PolkitAuthenticator implements Authenticator {
  readonly types: readonly number[] = [AuthType.polkit]
  readonly saslInit = noAuth.saslInit
  readonly saslStart = noAuth.saslStart
  readonly saslStep = noAuth.saslStep
  readonly #options: PolkitOptions
  readonly #client: PolkitClient
  #state: 'out' | 'asking' | 'in' = 'out'

  constructor(options: PolkitOptions, client: PolkitClient) {
    this.#options = options
    this.#client = client
  }

  get done(): boolean {
    return this.#state === 'in'
  }

  async polkit(): Promise<remote.AuthPolkitRet> {
    const { log } = this.#options
    if (this.#state !== 'out') throw rpcError('client tried invalid PolicyKit init request')
    this.#state = 'asking'
    try {
      await this.#ask()
      this.#state = 'in'
      return { complete: 1 }
    } catch (error) {
      this.#state = 'out'
      const { processId, unixUserId } = this.#client.identity
      log?.warn(`polkit: process ${processId} of user ${unixUserId}: ${(error as Error).message}`)
      throw error
    }
  }

  async #ask(): Promise<void> {
    const { authority, clock = systemClock, patience = 120_000 } = this.#options
    const { identity, readOnly, gone } = this.#client
    const action = readOnly ? 'org.libvirt.unix.monitor' : 'org.libvirt.unix.manage'
    const subject = polkitSubject(identity)
    // Who cannot be named cannot be asked about.
    if (typeof subject === 'string') throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.POLKIT, subject)
    const end = new AbortController()
    const stop = (): void => end.abort(new Error(`no answer within ${patience} ms`))
    const timer = clock.after(patience, stop)
    const left = (): void => end.abort(gone?.reason)
    gone?.addEventListener('abort', left, { once: true })
    try {
      if (gone?.aborted) left()
      const verdict = await authority.check({ subject, action, interactive: true }, end.signal)
      if (!verdict.authorized) throw refusal(action, verdict.challenge, verdict.details['polkit.dismissed'] === 'true')
    } finally {
      timer[Symbol.dispose]()
      gone?.removeEventListener('abort', left)
    }
  }
}

function refusal(action: string, challenge: boolean, dismissed: boolean): VirtError {
  const error = (number: number, text: string): VirtError => virtError(number, ErrorDomain.POLKIT, text)
  if (dismissed) return error(ErrorNumber.AUTH_CANCELLED, 'user cancelled authentication process')
  if (challenge)
    return error(ErrorNumber.AUTH_UNAVAILABLE, `no polkit agent available to authenticate action '${action}'`)
  return error(ErrorNumber.AUTH_FAILED, 'access denied by policy')
}
