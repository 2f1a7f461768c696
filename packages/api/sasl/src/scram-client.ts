// SPDX-License-Identifier: LGPL-2.1-or-later
// SCRAM (RFC 5802, 7677), the side that knows the password.
import { same } from './compare.js'
import { malformed, SaslError } from './error.js'
import type { ClientMechanism, ClientMove } from './mechanism.js'
import { prepared, textOf } from './prepare.js'
import { hash, hmac, iterationsMax, iterationsMin, type ScramHash, saltedPassword, xor } from './scram-keys.js'
import { attributes, escaped, inOrder, isNonce, unbase64 } from './scram-message.js'

/** What the client brings along. */
export interface ScramSecrets {
  readonly user: string
  readonly password: string
  /** Whom to act as, where it is someone else. */
  readonly actAs?: string
  /** Printable characters nobody can guess. */
  readonly nonce: string
}

export class ScramClient implements ClientMechanism {
  readonly layer = undefined
  readonly #kind: ScramHash
  readonly #secrets: ScramSecrets
  readonly #header: string
  readonly #first: string
  #state: 'start' | 'first' | 'final' | 'done' = 'start'
  #signature: Buffer | undefined

  constructor(kind: ScramHash, secrets: ScramSecrets) {
    this.#kind = kind
    this.#secrets = secrets
    this.#header = `n,${secrets.actAs === undefined ? '' : `a=${escaped(prepared(secrets.actAs))}`},`
    this.#first = `n=${escaped(prepared(secrets.user))},r=${secrets.nonce}`
  }

  async start(): Promise<ClientMove> {
    if (this.#state !== 'start') throw malformed('SCRAM has begun already')
    this.#state = 'first'
    return { data: Buffer.from(this.#header + this.#first), complete: false }
  }

  async step(challenge: Uint8Array): Promise<ClientMove> {
    const state = this.#state
    this.#state = 'done'
    if (state === 'first') return this.#prove(textOf(challenge))
    if (state === 'final') return this.#verify(textOf(challenge))
    throw malformed('SCRAM expects no message')
  }

  async #prove(first: string): Promise<ClientMove> {
    const [nonce, salt64, count] = inOrder(attributes(first), 'rsi') as [string, string, string]
    if (!isNonce(nonce) || !nonce.startsWith(this.#secrets.nonce) || nonce.length === this.#secrets.nonce.length)
      throw malformed('the SCRAM server has not added to the nonce')
    const salt = unbase64(salt64, 'the SCRAM salt')
    const iterations = /^[1-9][0-9]{0,8}$/.test(count) ? Number(count) : 0
    if (iterations < iterationsMin || iterations > iterationsMax)
      throw malformed(`the SCRAM iteration count is not ${iterationsMin} to ${iterationsMax}`)
    const salted = await saltedPassword(this.#kind, this.#secrets.password, salt, iterations)
    const bare = `c=${Buffer.from(this.#header).toString('base64')},r=${nonce}`
    const signed = `${this.#first},${first},${bare}`
    const clientKey = hmac(this.#kind, salted, 'Client Key')
    const proof = xor(clientKey, hmac(this.#kind, hash(this.#kind, clientKey), signed))
    this.#signature = hmac(this.#kind, hmac(this.#kind, salted, 'Server Key'), signed)
    this.#state = 'final'
    return { data: Buffer.from(`${bare},p=${proof.toString('base64')}`), complete: false }
  }

  #verify(final: string): ClientMove {
    const found = attributes(final)
    const reason = found.get('e')
    if (reason !== undefined) throw new SaslError('bad-auth', `the server says ${reason.slice(0, 100)}`)
    const [signature] = inOrder(found, 'v') as [string]
    if (this.#signature === undefined || !same(unbase64(signature, 'the SCRAM signature'), this.#signature))
      throw new SaslError('bad-server', 'the server does not know the password')
    return { data: undefined, complete: true }
  }
}
