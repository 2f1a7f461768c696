// SPDX-License-Identifier: LGPL-2.1-or-later
// DIGEST-MD5 (RFC 2831), the side that knows the password.
import { same } from './compare.js'
import { type DigestTerms, digestSecret, proof, sessionSecret } from './digest-keys.js'
import { digestCiphers, digestLayer } from './digest-layer.js'
import { listOf, maxBufferOf, only, parseDirectives, quoted } from './digest-message.js'
import { malformed, SaslError } from './error.js'
import type { SaslLayer } from './layer.js'
import type { ClientMechanism, ClientMove, SecurityProperties } from './mechanism.js'
import { textOf } from './prepare.js'

/** What the client brings along. */
export interface DigestSecrets {
  readonly user: string
  readonly password: string
  readonly realm: string
  readonly actAs?: string
}

/** How the client goes about it. */
export interface DigestClientOptions {
  /** `SERVICE/HOST` */
  readonly uri: string
  readonly properties: SecurityProperties
  /** Text nobody can guess. */
  readonly nonce: string
  /** Asks for what is needed. @param realms those the server has, perhaps none */
  ask(realms: readonly string[]): Promise<DigestSecrets>
}

/** A protection: its directive values and what it is worth. */
interface Protection {
  readonly qop: string
  readonly cipher?: string
  readonly ssf: number
}

/** Every protection there is, the strongest first. */
const protections: readonly Protection[] = [
  ...Object.entries(digestCiphers).map(([cipher, { ssf }]) => ({ qop: 'auth-conf', cipher, ssf })),
  { qop: 'auth-int', ssf: 1 },
  { qop: 'auth', ssf: 0 },
]

/** Those that suit, the strongest first. */
export const allowedProtections = ({ minSsf, maxSsf }: SecurityProperties): Protection[] =>
  protections.filter(({ ssf }) => ssf >= minSsf && ssf <= maxSsf)

export class DigestClient implements ClientMechanism {
  layer: SaslLayer | undefined
  readonly #options: DigestClientOptions
  #state: 'challenge' | 'proof' | 'done' = 'challenge'
  #terms: DigestTerms | undefined
  #session: Buffer = Buffer.alloc(0)
  #finish: () => SaslLayer | undefined = () => undefined

  constructor(options: DigestClientOptions) {
    this.#options = options
  }

  async start(): Promise<ClientMove> {
    return { data: undefined, complete: false }
  }

  async step(challenge: Uint8Array): Promise<ClientMove> {
    const state = this.#state
    this.#state = 'done'
    if (state === 'challenge') return this.#respond(textOf(challenge))
    if (state === 'proof') return this.#verify(textOf(challenge))
    throw malformed('DIGEST-MD5 expects no message')
  }

  async #respond(text: string): Promise<ClientMove> {
    const found = parseDirectives(text)
    const nonce = only(found, 'nonce')
    if (nonce === undefined || nonce === '') throw malformed('the DIGEST-MD5 challenge has no nonce')
    if (only(found, 'algorithm') !== 'md5-sess') throw malformed('the DIGEST-MD5 algorithm is not md5-sess')
    const charset = only(found, 'charset')
    if (charset !== undefined && charset.toLowerCase() !== 'utf-8') throw malformed('the DIGEST-MD5 charset is unknown')
    const peerMaxBuffer = maxBufferOf(only(found, 'maxbuf'))
    const chosen = this.#choose(listOf(only(found, 'qop') ?? 'auth'), listOf(only(found, 'cipher') ?? ''))
    const { user, password, realm, actAs } = await this.#options.ask(found.get('realm') ?? [])
    const { uri, properties, nonce: cnonce } = this.#options
    const terms = { nonce, cnonce, count: '00000001', qop: chosen.qop, uri, actAs }
    this.#terms = terms
    this.#session = sessionSecret(digestSecret(user, realm, password), terms)
    if (chosen.qop !== 'auth')
      this.#finish = () => digestLayer(this.#session, 'client', chosen.cipher, properties.maxBuffer, peerMaxBuffer)
    this.#state = 'proof'
    const directives = [
      quoted('username', user),
      quoted('realm', realm),
      quoted('nonce', nonce),
      quoted('cnonce', cnonce),
      `nc=${terms.count}`,
      `qop=${terms.qop}`,
      ...(chosen.cipher === undefined ? [] : [quoted('cipher', chosen.cipher)]),
      ...(chosen.qop === 'auth' ? [] : [`maxbuf=${properties.maxBuffer}`]),
      quoted('digest-uri', uri),
      `response=${proof(this.#session, terms, 'AUTHENTICATE')}`,
      // Without it the server takes names for ISO 8859-1.
      ...(charset === undefined ? [] : ['charset=utf-8']),
      ...(actAs === undefined ? [] : [quoted('authzid', actAs)]),
    ]
    const data = Buffer.from(directives.join(','), charset === undefined ? 'latin1' : 'utf8')
    return { data, complete: false }
  }

  #choose(qops: readonly string[], ciphers: readonly string[]): Protection {
    const offered = ({ qop, cipher }: Protection): boolean =>
      qops.includes(qop) && (cipher === undefined || ciphers.includes(cipher))
    const chosen = allowedProtections(this.#options.properties).find(offered)
    if (chosen === undefined) throw new SaslError('too-weak', 'the server offers no protection that is strong enough')
    return chosen
  }

  #verify(text: string): ClientMove {
    const answer = only(parseDirectives(text), 'rspauth')
    if (answer === undefined) throw malformed('the DIGEST-MD5 server proves nothing')
    if (!same(Buffer.from(answer), Buffer.from(proof(this.#session, this.#terms as DigestTerms, ''))))
      throw new SaslError('bad-server', 'the server does not know the password')
    this.layer = this.#finish()
    return { data: undefined, complete: true }
  }
}
