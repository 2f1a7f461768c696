// SPDX-License-Identifier: LGPL-2.1-or-later
// PLAIN (RFC 4616) and EXTERNAL (RFC 4422): one message each.
import { malformed, SaslError } from './error.js'
import type { ClientMechanism, ClientMove, ServerMechanism, ServerMove } from './mechanism.js'
import { checkName, prepared, textOf } from './prepare.js'

/** A client that says one thing. */
class OneMessage implements ClientMechanism {
  readonly layer = undefined
  readonly #message: Buffer
  #said = false

  constructor(message: Buffer) {
    this.#message = message
  }

  async start(): Promise<ClientMove> {
    if (this.#said) throw malformed('everything is said already')
    this.#said = true
    return { data: this.#message, complete: true }
  }

  async step(challenge: Uint8Array): Promise<ClientMove> {
    // A server that began itself asks with nothing; one that is content may say nothing more.
    if (challenge.length > 0) throw malformed('the mechanism expects no challenge')
    return this.#said ? { data: undefined, complete: true } : this.start()
  }
}

/** PLAIN, the client. */
export function plainClient(secrets: { user: string; password: string; actAs?: string }): ClientMechanism {
  for (const text of [secrets.user, secrets.password, secrets.actAs ?? '']) checkName(text, 'a name or password')
  return new OneMessage(Buffer.from(`${secrets.actAs ?? ''}\0${secrets.user}\0${secrets.password}`))
}

/** EXTERNAL, the client: who we are is known from below. */
export const externalClient = (actAs = ''): ClientMechanism => new OneMessage(Buffer.from(checkName(actAs, 'the name')))

/** A server that hears one thing. */
class OneHearing implements ServerMechanism {
  readonly layer = undefined
  user: string | undefined
  readonly #hear: (text: string) => Promise<string>
  #state: 'start' | 'asked' | 'done' = 'start'

  constructor(hear: (text: string) => Promise<string>) {
    this.#hear = hear
  }

  async step(data: Uint8Array | undefined): Promise<ServerMove> {
    const state = this.#state
    this.#state = 'done'
    if (state === 'done') throw malformed('the mechanism expects no message')
    if (data === undefined && state === 'start') {
      this.#state = 'asked'
      return { data: Buffer.alloc(0), complete: false }
    }
    this.user = await this.#hear(textOf(data ?? Buffer.alloc(0)))
    return { data: undefined, complete: true }
  }
}

/**
 * PLAIN, the server.
 * @param check tells a user's whole name, or `undefined` for a wrong user or password
 */
export function plainServer(check: (name: string, password: string) => Promise<string | undefined>): ServerMechanism {
  return new OneHearing(async (text) => {
    const parts = text.split('\0')
    if (parts.length !== 3) throw malformed('the PLAIN message is malformed')
    const [actAs, name, password] = parts.map((part) => prepared(checkName(part, 'a name or password'))) as [
      string,
      string,
      string,
    ]
    if (name === '' || password === '') throw malformed('the PLAIN message is malformed')
    if (actAs !== '' && actAs !== name) throw new SaslError('no-authorization', 'nobody may act as somebody else')
    const user = await check(name, password)
    if (user === undefined) throw new SaslError('bad-auth', 'wrong user or password')
    return user
  })
}

/** EXTERNAL, the server. @param identity who is there by what is below, the name in a certificate for instance */
export function externalServer(identity: string): ServerMechanism {
  return new OneHearing(async (text) => {
    if (checkName(text, 'the name') !== '' && text !== identity)
      throw new SaslError('no-authorization', 'nobody may act as somebody else')
    return identity
  })
}
