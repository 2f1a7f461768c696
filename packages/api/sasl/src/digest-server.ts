// SPDX-License-Identifier: LGPL-2.1-or-later
// DIGEST-MD5 (RFC 2831), the side that checks.
import { same } from './compare.js'
import { allowedProtections } from './digest-client.js'
import { type DigestTerms, proof, sessionSecret } from './digest-keys.js'
import { digestLayer } from './digest-layer.js'
import { maxBufferOf, only, parseDirectives, quoted } from './digest-message.js'
import { malformed, SaslError } from './error.js'
import type { SaslLayer } from './layer.js'
import type { SecurityProperties, ServerMechanism, ServerMove } from './mechanism.js'
import { checkName, textOf } from './prepare.js'

/** What the server has to know. */
export interface DigestServerOptions {
  readonly service: string
  readonly realm: string
  readonly properties: SecurityProperties
  /** Text nobody can guess. */
  readonly nonce: string
  /** A user's secret and whole name; also for those who are not there, a secret nobody has. */
  lookup(user: string, realm: string): Promise<{ secret: Buffer; user: string; real: boolean }>
}

export class DigestServer implements ServerMechanism {
  layer: SaslLayer | undefined
  user: string | undefined
  readonly #options: DigestServerOptions
  #state: 'start' | 'asked' | 'done' = 'start'

  constructor(options: DigestServerOptions) {
    this.#options = options
  }

  async step(data: Uint8Array | undefined): Promise<ServerMove> {
    const state = this.#state
    this.#state = 'done'
    if (state === 'start') {
      // A client that speaks first wants to go on with an earlier session, which we do not keep: it starts anew.
      this.#state = 'asked'
      return { data: this.#challenge(), complete: false }
    }
    if (state === 'done' || data === undefined) throw malformed('DIGEST-MD5 expects no message')
    return this.#check(data)
  }

  #challenge(): Buffer {
    const { nonce, realm, properties } = this.#options
    const allowed = allowedProtections(properties)
    const ciphers = allowed.flatMap(({ cipher }) => cipher ?? [])
    const directives = [
      quoted('nonce', nonce),
      quoted('realm', realm),
      quoted('qop', [...new Set(allowed.map(({ qop }) => qop))].reverse().join(',')),
      ...(ciphers.length === 0 ? [] : [quoted('cipher', ciphers.reverse().join(','))]),
      `maxbuf=${properties.maxBuffer}`,
      'charset=utf-8',
      'algorithm=md5-sess',
    ]
    return Buffer.from(directives.join(','))
  }

  async #check(data: Uint8Array): Promise<ServerMove> {
    // The charset is known when the message is read, and it is only ASCII that directives are told apart by.
    const narrow = parseDirectives(Buffer.from(data).toString('latin1'))
    const found = only(narrow, 'charset')?.toLowerCase() === 'utf-8' ? parseDirectives(textOf(data)) : narrow
    const need = (name: string): string => {
      const value = only(found, name)
      if (value === undefined || value === '') throw malformed(`the DIGEST-MD5 response has no ${name}`)
      return value
    }
    const { service, properties, realm: ours, nonce } = this.#options
    const qop = only(found, 'qop') ?? 'auth'
    const cipher = qop === 'auth-conf' ? need('cipher') : undefined
    const terms: DigestTerms = {
      nonce: need('nonce'),
      cnonce: need('cnonce'),
      count: need('nc'),
      qop,
      uri: need('digest-uri'),
      actAs: only(found, 'authzid'),
    }
    if (terms.nonce !== nonce) throw malformed('the DIGEST-MD5 nonce is not ours')
    if (terms.count !== '00000001') throw malformed('the DIGEST-MD5 nonce count is not 1')
    if (!terms.uri.startsWith(`${service}/`)) throw malformed('the DIGEST-MD5 digest-uri is for another service')
    if (!allowedProtections(properties).some((p) => p.qop === qop && p.cipher === cipher))
      throw new SaslError('too-weak', 'the client chose a protection that was not offered')
    const peerMaxBuffer = maxBufferOf(only(found, 'maxbuf'))
    const name = checkName(need('username'), 'the name')
    const realm = checkName(only(found, 'realm') ?? ours, 'the realm')
    const response = need('response')
    const { secret, user, real } = await this.#options.lookup(name, realm)
    const session = sessionSecret(secret, terms)
    const right = same(Buffer.from(response), Buffer.from(proof(session, terms, 'AUTHENTICATE')))
    if (!right || !real) throw new SaslError('bad-auth', 'wrong user or password')
    if (terms.actAs !== undefined && terms.actAs !== '' && terms.actAs !== name && terms.actAs !== user)
      throw new SaslError('no-authorization', 'nobody may act as somebody else')
    this.user = user
    if (qop !== 'auth') this.layer = digestLayer(session, 'server', cipher, properties.maxBuffer, peerMaxBuffer)
    return { data: Buffer.from(`rspauth=${proof(session, terms, '')}`), complete: true }
  }
}
