// SPDX-License-Identifier: LGPL-2.1-or-later
// GSSAPI (RFC 4752): Kerberos does the work, here is only what SASL adds: which protection is agreed on, and for whom.
import { malformed, SaslError } from './error.js'
import { SaslLayer } from './layer.js'
import type { ClientMechanism, ClientMove, SecurityProperties, ServerMechanism, ServerMove } from './mechanism.js'
import { checkName, textOf } from './prepare.js'

/** What a context does without waiting. */
export interface GssPackets {
  wrap(plain: Uint8Array, secret: boolean): Buffer
  /** @throws SaslError for what is not as secret as it has to be */
  unwrap(sealed: Uint8Array, secret: boolean): Buffer
  /** How many bytes fit into a sealed packet of `size` bytes. */
  room(size: number, secret: boolean): number
  /** Strength of what is secret, bits. */
  readonly bits: number
}

/** One end of a security context. */
export interface GssContext {
  /** @returns what goes to the other end, and whether the context stands */
  step(token: Uint8Array | undefined): Promise<{ token: Buffer | undefined; complete: boolean }>
  wrap(plain: Uint8Array): Promise<Buffer>
  unwrap(sealed: Uint8Array): Promise<Buffer>
  /** Who is at the other end of an accepting context. */
  readonly peer?: string | undefined
  /** Without it no layer can be agreed on, so that the mechanism serves only where the transport protects. */
  readonly packets?: GssPackets
}

/** Makes contexts. */
export interface GssProvider {
  /** Whether contexts have `packets`. */
  readonly protects?: boolean
  /** @param target `SERVICE@HOST` */
  initiate(target: string): Promise<GssContext>
  accept?(target: string): Promise<GssContext>
}

/** Kinds of protection, as bits. */
const none = 1
const integrity = 2
const secrecy = 4
/** The kinds that protect, the better first. */
const layers = [secrecy, integrity] as const

const strength = (kind: number, packets: GssPackets | undefined): number =>
  kind === secrecy ? (packets?.bits ?? 0) : kind === integrity && packets !== undefined ? 1 : 0

/** Whether a kind of protection is as strong as it has to be and may be. */
const suits = (kind: number, { packets }: GssContext, { minSsf, maxSsf }: SecurityProperties): boolean => {
  if (kind !== none && packets === undefined) return false
  const ssf = strength(kind, packets)
  return ssf >= minSsf && ssf <= maxSsf
}

/** A kind of protection and three bytes of the longest packet that is taken. */
function offer(kind: number, maxBuffer: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(maxBuffer)
  bytes[0] = kind
  return bytes
}

function layerOf({ packets }: GssContext, kind: number, maxBuffer: number, peerMax: number): SaslLayer | undefined {
  if (kind === none || packets === undefined) return undefined
  const secret = kind === secrecy
  const maxPlain = packets.room(peerMax, secret)
  if (maxPlain < 1) throw malformed('the other end takes no packets')
  return new SaslLayer(strength(kind, packets), {
    maxPlain,
    maxSealed: maxBuffer,
    seal: (plain) => packets.wrap(plain, secret),
    open: (sealed) => packets.unwrap(sealed, secret),
  })
}

export class GssClient implements ClientMechanism {
  layer: SaslLayer | undefined
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
    const offered = await this.#context.unwrap(challenge)
    if (offered.length !== 4) throw malformed('the GSSAPI offer is not 4 bytes')
    const kind = [...layers, none].find(
      (kind) => ((offered[0] as number) & kind) !== 0 && suits(kind, this.#context, this.#properties),
    )
    if (kind === undefined) throw new SaslError('too-weak', 'the server offers no protection that is strong enough')
    const { maxBuffer } = this.#properties
    const answer = await this.#context.wrap(offer(kind, kind === none ? 0 : maxBuffer))
    this.layer = layerOf(this.#context, kind, maxBuffer, offered.readUIntBE(1, 3))
    return { data: answer, complete: true }
  }

  async #advance(token: Uint8Array | undefined): Promise<ClientMove> {
    const { token: answer, complete } = await this.#context.step(token)
    if (complete) this.#state = 'offer'
    return { data: answer ?? Buffer.alloc(0), complete: false }
  }
}

export class GssServer implements ServerMechanism {
  layer: SaslLayer | undefined
  user: string | undefined
  readonly #context: GssContext
  readonly #properties: SecurityProperties
  #state: 'context' | 'offer' | 'answer' | 'done' = 'context'
  #offered = 0

  constructor(context: GssContext, properties: SecurityProperties) {
    this.#context = context
    this.#properties = properties
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
      for (const kind of [...layers, none]) if (suits(kind, this.#context, this.#properties)) this.#offered |= kind
      if (this.#offered === 0) throw new SaslError('too-weak', 'no protection of Kerberos is strong enough')
      const maxBuffer = this.#offered === none ? 0 : this.#properties.maxBuffer
      return { data: await this.#context.wrap(offer(this.#offered, maxBuffer)), complete: false }
    }
    if (this.#state === 'done' || data === undefined) throw malformed('GSSAPI expects no message')
    this.#state = 'done'
    const answer = await this.#context.unwrap(data)
    const kind = answer[0]
    const known = kind === none || kind === integrity || kind === secrecy
    if (answer.length < 4 || !known || (this.#offered & kind) === 0)
      throw malformed('the GSSAPI answer chooses what was not offered')
    const actAs = checkName(textOf(answer.subarray(4)), 'the name')
    const peer = this.#context.peer
    if (peer === undefined || (actAs !== '' && actAs !== peer))
      throw new SaslError('no-authorization', 'nobody may act as somebody else')
    this.layer = layerOf(this.#context, kind, this.#properties.maxBuffer, answer.readUIntBE(1, 3))
    this.user = peer
    return { data: undefined, complete: true }
  }
}

/** The part of `@virt/native` used here. */
export interface SystemKerberos {
  isThere(): boolean
  initiate(target: string): SystemContext
  accept(target: string): SystemContext
}
interface SystemContext {
  step(token: Uint8Array | undefined): Promise<{ token: Buffer; complete: boolean }>
  wrap(plain: Uint8Array, secret?: boolean): Buffer
  unwrap(sealed: Uint8Array, secret?: boolean): Buffer
  room(size: number, secret: boolean): number
  readonly bits: number
  readonly peer: string | undefined
}

/**
 * The system's Kerberos, which protects and accepts.
 * @param kerberos `load()?.kerberos` of `@virt/native`
 * @since 0.1.0
 */
export function systemProvider(kerberos: SystemKerberos): Required<GssProvider> {
  const over = (make: () => SystemContext): GssContext => {
    const context = saidBySasl(make)
    const packets: GssPackets = {
      wrap: (plain, secret) => saidBySasl(() => context.wrap(plain, secret)),
      unwrap: (sealed, secret) => saidBySasl(() => context.unwrap(sealed, secret)),
      room: (size, secret) => saidBySasl(() => context.room(size, secret)),
      get bits() {
        return context.bits
      },
    }
    return {
      step: (token) => context.step(token).catch(gssFailed),
      wrap: async (plain) => packets.wrap(plain, false),
      unwrap: async (sealed) => packets.unwrap(sealed, false),
      packets,
      get peer() {
        return context.peer
      },
    }
  }
  return {
    protects: true,
    initiate: async (target) => over(() => kerberos.initiate(target)),
    accept: async (target) => over(() => kerberos.accept(target)),
  }
}

/** The library's words as they are. */
function saidBySasl<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    return gssFailed(error)
  }
}

const gssFailed = (error: unknown): never => {
  throw new SaslError('fail', error instanceof Error ? error.message : String(error))
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

/** A package that need not be there, not even for types. */
const optional = (name: string): Promise<Record<string, unknown> | undefined> => import(name).catch(() => undefined)

/**
 * Kerberos for clients: the system's by `@virt/native`, else by the optional peer `kerberos`, which cannot protect.
 * @throws SaslError `no-mechanism` when neither is there
 * @since 0.1.0
 */
export async function kerberosProvider(): Promise<GssProvider> {
  const native = (await optional('@virt/native')) as { load(): { kerberos: SystemKerberos } | undefined } | undefined
  const system = native?.load()?.kerberos
  if (system?.isThere()) return systemProvider(system)
  const found = await optional('kerberos')
  const kerberos = (found?.default ?? found) as KerberosModule | undefined
  if (kerberos === undefined)
    throw new SaslError(
      'no-mechanism',
      'GSSAPI needs the package @virt/native and the library libgssapi_krb5, or the package kerberos: none is there',
    )
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
