// SPDX-License-Identifier: LGPL-2.1-or-later
// SCRAM (RFC 5802, 7677), the side that knows only how to check a password.
import { same } from './compare.js'
import { malformed, SaslError } from './error.js'
import type { ServerMechanism, ServerMove } from './mechanism.js'
import { checkName, prepared, textOf } from './prepare.js'
import { hash, hmac, type ScramHash, type ScramKeys, xor } from './scram-keys.js'
import { attributes, inOrder, isNonce, unbase64, unescaped } from './scram-message.js'

/** A user as the server sees one. */
export interface ScramUser {
  readonly keys: ScramKeys
  /** The whole name. */
  readonly user: string
  readonly real: boolean
}

/** What the server has to know. */
export interface ScramDirectory {
  /** A user's keys and whole name; also for those who are not there, keys like theirs but which nothing opens. */
  lookup(name: string): Promise<ScramUser>
  /** Printable characters nobody can guess. */
  readonly nonce: string
}

export class ScramServer implements ServerMechanism {
  readonly layer = undefined
  user: string | undefined
  readonly #kind: ScramHash
  readonly #directory: ScramDirectory
  #state: 'first' | 'final' | 'done' = 'first'
  #header = ''
  #nonce = ''
  #signed = ''
  #found: ScramUser | undefined

  constructor(kind: ScramHash, directory: ScramDirectory) {
    this.#kind = kind
    this.#directory = directory
  }

  async step(data: Uint8Array | undefined): Promise<ServerMove> {
    // Without a first message the client is asked for it.
    if (this.#state === 'first' && data === undefined) return { data: Buffer.alloc(0), complete: false }
    const state = this.#state
    this.#state = 'done'
    if (data === undefined || state === 'done') throw malformed('SCRAM expects no message')
    return state === 'first' ? this.#challenge(textOf(data)) : this.#check(textOf(data))
  }

  async #challenge(text: string): Promise<ServerMove> {
    if (text.startsWith('p=')) throw malformed('channel binding is not supported')
    const parts = /^([ny],((?:a=[^,]*)?),)(.*)$/s.exec(text)
    if (parts === null) throw malformed('the first SCRAM message is malformed')
    const [, header, actAs, bare] = parts as unknown as [string, string, string, string]
    const [name, nonce] = inOrder(attributes(bare), 'nr') as [string, string]
    if (!isNonce(nonce)) throw malformed('the SCRAM nonce is malformed')
    const user = prepared(checkName(unescaped(name), 'the name'))
    if (user === '') throw malformed('the SCRAM name is empty')
    if (actAs !== '' && prepared(unescaped(actAs.slice(2))) !== user)
      throw new SaslError('no-authorization', 'nobody may act as somebody else')
    this.#found = await this.#directory.lookup(user)
    const { iterations, salt } = this.#found.keys
    this.#header = header
    this.#nonce = nonce + this.#directory.nonce
    const first = `r=${this.#nonce},s=${salt.toString('base64')},i=${iterations}`
    this.#signed = `${bare},${first}`
    this.#state = 'final'
    return { data: Buffer.from(first), complete: false }
  }

  #check(text: string): ServerMove {
    const at = text.lastIndexOf(',p=')
    if (at < 0) throw malformed('the SCRAM proof is missing')
    const bare = text.slice(0, at)
    const [binding, nonce] = inOrder(attributes(bare), 'cr') as [string, string]
    const proof = unbase64(text.slice(at + 3), 'the SCRAM proof')
    if (
      unbase64(binding, 'the SCRAM channel binding').toString('latin1') !== Buffer.from(this.#header).toString('latin1')
    )
      throw malformed('the SCRAM channel binding is not that of the first message')
    if (nonce !== this.#nonce) throw malformed('the SCRAM nonce has changed')
    if (proof.length !== this.#kind.size) throw malformed('the SCRAM proof has the wrong size')
    const { keys, user, real } = this.#found as ScramUser
    const signed = `${this.#signed},${bare}`
    const clientKey = xor(proof, hmac(this.#kind, keys.storedKey, signed))
    const right = same(hash(this.#kind, clientKey), keys.storedKey)
    if (!right || !real) throw new SaslError('bad-auth', 'wrong user or password')
    this.user = user
    return { data: Buffer.from(`v=${hmac(this.#kind, keys.serverKey, signed).toString('base64')}`), complete: true }
  }
}
