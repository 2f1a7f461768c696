// SPDX-License-Identifier: LGPL-2.1-or-later
// Who may come in, by SASL: the exchange itself is @virt/sasl's, loaded for the first client that begins one.
import { hostname } from 'node:os'
import { ErrorDomain, ErrorNumber, type Identity, type Logger, type VirtError, virtError } from '@virt/core'
import type { remote } from '@virt/rpc'
import { globMatches } from '@virt/rpc/tls'
import type { GssProvider, SaslServer, ServerMove, UserStore } from '@virt/sasl'
import { type Authenticator, AuthType, noAuth } from './auth.js'
import type { Throttle } from './throttle.js'

/** How a listener wants its clients to prove who they are. */
export interface SaslOptions {
  /** The users, `UserFile` of `@virt/sasl` for instance. */
  readonly users: UserStore
  /** The realm of names that do not say one; by default the host's name. */
  readonly realm?: string
  /** Least bits of protection where the transport has none: `tcp_min_ssf`. */
  readonly minSsf?: number
  /** Names of mechanisms that may be used; by default all that are strong enough. */
  readonly mechanisms?: readonly string[]
  /** Patterns (`*`, `?`) of names that may come in: `sasl_allowed_username_list`. */
  readonly allowed?: readonly string[]
  /** Kerberos; without it there is no `GSSAPI`. */
  readonly gss?: GssProvider
  /** Slows those down who keep failing; shared by all listeners. */
  readonly throttle?: Throttle
  readonly log?: Logger
}

/** What the transport of one connection is like. */
export interface SaslTransport {
  /** Nobody on the way can listen. */
  readonly secure: boolean
  /** Who the transport says is there, for `EXTERNAL`. */
  readonly external?: string
  /** Where they come from; who fails is slowed down by it. */
  readonly source?: string
}

/**
 * Authentication by SASL.
 * @returns makes the authenticator of a connection
 * @since 0.1.0
 */
export function sasl(options: SaslOptions): (transport: SaslTransport) => Authenticator {
  return (transport) => new SaslAuthenticator(options, transport)
}

/** All that a client is told; why is in the log. */
const failed = (): VirtError => virtError(ErrorNumber.AUTH_FAILED, ErrorDomain.RPC, 'authentication failed')

class SaslAuthenticator implements Authenticator {
  readonly types: readonly number[] = [AuthType.sasl]
  readonly polkit = noAuth.polkit
  readonly #options: SaslOptions
  readonly #transport: SaslTransport
  #exchange: SaslServer | undefined
  #state: 'out' | 'going' | 'in' = 'out'

  constructor(options: SaslOptions, transport: SaslTransport) {
    this.#options = options
    this.#transport = transport
  }

  get done(): boolean {
    return this.#state === 'in'
  }

  get identity(): Identity {
    const user = this.done ? this.#exchange?.user : undefined
    return user === undefined ? {} : { saslUserName: user }
  }

  get layer(): Authenticator['layer'] {
    return this.done ? this.#exchange?.layer : undefined
  }

  async saslInit(): Promise<remote.AuthSaslInitRet> {
    const { SaslServer, serverProperties } = await import('@virt/sasl')
    if (this.#state !== 'out') throw this.#refuse('client tried invalid SASL init request')
    this.#state = 'going'
    const { users, realm, minSsf, mechanisms, gss } = this.#options
    const { secure, external } = this.#transport
    const exchange = new SaslServer({
      service: 'libvirt',
      realm: realm ?? hostname(),
      properties: serverProperties(secure, minSsf),
      users,
      ...(mechanisms !== undefined && { mechanisms }),
      ...(external !== undefined && { external }),
      ...(gss !== undefined && { gss }),
    })
    try {
      const mechlist = exchange.mechanisms()
      this.#exchange = exchange
      return { mechlist }
    } catch {
      this.#state = 'out'
      throw virtError(ErrorNumber.AUTH_FAILED, ErrorDomain.RPC, 'no SASL mechanisms are available')
    }
  }

  async saslStart({ mech, nil, data }: remote.AuthSaslStartArgs): Promise<remote.AuthSaslStartRet> {
    // The bytes are the frame's, which does not wait.
    const first = nil === 0 ? Buffer.from(data) : undefined
    const { source = '' } = this.#transport
    if ((await this.#options.throttle?.turn(source)) === false)
      throw this.#refuse(`too many failures from ${source}: this attempt was not looked at`)
    return this.#move('start', (exchange) => exchange.start(mech, first))
  }

  async saslStep({ nil, data }: remote.AuthSaslStepArgs): Promise<remote.AuthSaslStepRet> {
    return this.#move('step', (exchange) => exchange.step(nil === 0 ? Buffer.from(data) : undefined))
  }

  async #move(what: string, run: (exchange: SaslServer) => Promise<ServerMove>): Promise<remote.AuthSaslStepRet> {
    const exchange = this.#exchange
    if (this.#state !== 'going' || exchange === undefined)
      throw this.#refuse(`client tried invalid SASL ${what} request`)
    let move: ServerMove
    try {
      move = await run(exchange)
      if (this.#exchange !== exchange) throw new Error('the negotiation was given up meanwhile')
      if (move.complete) this.#admit(exchange)
    } catch (error) {
      // It may begin anew, as with libvirt.
      if (this.#exchange === exchange) {
        this.#exchange = undefined
        this.#state = 'out'
      }
      this.#options.throttle?.failed(this.#transport.source ?? '')
      throw this.#refuse(error instanceof Error ? error.message : String(error))
    }
    return { complete: move.complete ? 1 : 0, nil: move.data === undefined ? 1 : 0, data: move.data ?? Buffer.alloc(0) }
  }

  /** The last checks. @throws Error with what only the log may know */
  #admit({ user, ssf }: SaslServer): void {
    const { allowed, minSsf = 112 } = this.#options
    if (!this.#transport.secure && ssf < minSsf) throw new Error(`negotiated SSF ${ssf} was not strong enough`)
    if (user === undefined) throw new Error('the mechanism tells no name')
    if (allowed !== undefined && !allowed.some((pattern) => globMatches(pattern, user)))
      throw new Error(`SASL client identity '${user}' not allowed by ACL`)
    this.#state = 'in'
  }

  #refuse(why: string): VirtError {
    this.#options.log?.warn(`SASL: ${why}`)
    return failed()
  }
}
