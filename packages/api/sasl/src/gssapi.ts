// SPDX-License-Identifier: LGPL-2.1-or-later
// GSSAPI (RFC 4752): Kerberos does the work, here is only what SASL adds. No protection of its own is agreed on, so it
// serves where the transport protects.
import { malformed, SaslError } from './error.js'
import type { ClientMechanism, ClientMove, SecurityProperties, ServerMechanism, ServerMove } from './mechanism.js'
import { checkName, textOf } from './prepare.js'

/** One end of a security context. */
export interface GssContext {
  /** @returns what goes to the other end, and whether the context stands */
  step(token: Uint8Array | undefined): Promise<{ token: Buffer | undefined; complete: boolean }>
  wrap(plain: Uint8Array): Promise<Buffer>
  unwrap(sealed: Uint8Array): Promise<Buffer>
  /** Who is at the other end of an accepting context. */
  readonly peer?: string | undefined
}

/** Makes contexts. */
export interface GssProvider {
  /** @param target `SERVICE@HOST` */
  initiate(target: string): Promise<GssContext>
  accept?(target: string): Promise<GssContext>
}

const noLayer = 1

export class GssClient implements ClientMechanism {
  readonly layer = undefined
  readonly #context: GssContext
  readonly #properties: SecurityProperties
  #state: 'context' | 'offer' | 'done' = 'context'

  constructor(context: GssContext, properties: SecurityProperties) {
    this.#context = context
    this.#properties = properties
  }

  start(): Promise<ClientMove> {
    return this.#advance(undefined)
  }

  async step(challenge: Uint8Array): Promise<ClientMove> {
    if (this.#state === 'context') return this.#advance(challenge)
    if (this.#state === 'done') throw malformed('GSSAPI expects no message')
    this.#state = 'done'
    const offer = await this.#context.unwrap(challenge)
    if (offer.length !== 4) throw malformed('the GSSAPI offer is not 4 bytes')
    if (this.#properties.minSsf > 0 || ((offer[0] as number) & noLayer) === 0)
      throw new SaslError('too-weak', 'GSSAPI without TLS needs a security layer, which is not supported')
    return { data: await this.#context.wrap(Buffer.from([noLayer, 0, 0, 0])), complete: true }
  }

  async #advance(token: Uint8Array | undefined): Promise<ClientMove> {
    const { token: answer, complete } = await this.#context.step(token)
    if (complete) this.#state = 'offer'
    return { data: answer ?? Buffer.alloc(0), complete: false }
  }
}

export class GssServer implements ServerMechanism {
  readonly layer = undefined
  user: string | undefined
  readonly #context: GssContext
  #state: 'context' | 'offer' | 'answer' | 'done' = 'context'

  constructor(context: GssContext) {
    this.#context = context
  }

  async step(data: Uint8Array | undefined): Promise<ServerMove> {
    if (this.#state === 'context') {
      if (data === undefined) return { data: Buffer.alloc(0), complete: false }
      const { token, complete } = await this.#context.step(data)
      if (complete) this.#state = 'offer'
      if (!complete || (token !== undefined && token.length > 0))
        return { data: token ?? Buffer.alloc(0), complete: false }
    }
    if (this.#state === 'offer') {
      this.#state = 'answer'
      return { data: await this.#context.wrap(Buffer.from([noLayer, 0, 0, 0])), complete: false }
    }
    if (this.#state === 'done' || data === undefined) throw malformed('GSSAPI expects no message')
    this.#state = 'done'
    const answer = await this.#context.unwrap(data)
    if (answer.length < 4 || answer[0] !== noLayer) throw malformed('the GSSAPI answer chooses what was not offered')
    const actAs = checkName(textOf(answer.subarray(4)), 'the name')
    const peer = this.#context.peer
    if (peer === undefined || (actAs !== '' && actAs !== peer))
      throw new SaslError('no-authorization', 'nobody may act as somebody else')
    this.user = peer
    return { data: undefined, complete: true }
  }
}

/** The part of npm's `kerberos` used here. */
interface KerberosModule {
  initializeClient(service: string, options: object): Promise<KerberosClient>
}
interface KerberosClient {
  readonly contextComplete: boolean
  step(challenge: string): Promise<string | null>
  wrap(challenge: string, options: object): Promise<string>
  unwrap(challenge: string): Promise<string>
}

/**
 * Kerberos by the optional peer `kerberos`.
 * @throws SaslError `no-mechanism` when it is not installed
 * @since 0.1.0
 */
export async function kerberosProvider(): Promise<GssProvider> {
  // By a variable: the package need not be there, not even for types.
  const name = 'kerberos'
  const found = await import(name).catch(() => undefined)
  const kerberos = (found?.default ?? found) as KerberosModule | undefined
  if (kerberos === undefined)
    throw new SaslError('no-mechanism', 'GSSAPI needs the package kerberos, which is not installed: npm i kerberos')
  return {
    async initiate(target) {
      const client = await kerberos.initializeClient(target, {}).catch(gssError)
      const bytes = (text: string | null): Buffer => Buffer.from(text ?? '', 'base64')
      const text = (data: Uint8Array): string => Buffer.from(data).toString('base64')
      return {
        async step(token) {
          const answer = await client.step(text(token ?? Buffer.alloc(0))).catch(gssError)
          return { token: bytes(answer), complete: client.contextComplete }
        },
        wrap: async (plain) => bytes(await client.wrap(text(plain), {}).catch(gssError)),
        unwrap: async (sealed) => bytes(await client.unwrap(text(sealed)).catch(gssError)),
      }
    },
  }
}

const gssError = (error: unknown): never => {
  throw new SaslError('fail', `GSSAPI: ${error instanceof Error ? error.message : String(error)}`)
}
