// SPDX-License-Identifier: LGPL-2.1-or-later
// A client's whole exchange: which mechanism, its messages, and what holds afterwards.
import { randomBytes } from 'node:crypto'
import { type AskCredentials, askSecrets } from './credentials.js'
import { DigestClient } from './digest-client.js'
import { malformed, SaslError } from './error.js'
import { GssClient, type GssProvider, kerberosProvider } from './gssapi.js'
import type { SaslLayer } from './layer.js'
import { type ClientMechanism, type ClientMove, maxMessage, type SecurityProperties } from './mechanism.js'
import { externalClient, plainClient } from './plain.js'
import { ScramClient } from './scram-client.js'
import { type ScramName, scramHashes } from './scram-keys.js'

/** How a client wants it. */
export interface SaslClientOptions {
  /** `libvirt` */
  readonly service: string
  /** The server's name, as the user gave it. */
  readonly host: string
  readonly properties: SecurityProperties
  readonly ask: AskCredentials
  /** Whether the transport tells the server who we are (a client certificate). */
  readonly external?: boolean
  /** Kerberos; by default the package `kerberos`, where it is installed. */
  readonly gss?: GssProvider
}

interface Row {
  readonly name: string
  /** Most bits it can protect with. */
  readonly ssf: number
  readonly plaintext: boolean
  /** Whether it can be used here at all. */
  usable?(options: SaslClientOptions): boolean | Promise<boolean>
  make(options: SaslClientOptions): Promise<ClientMechanism>
}

const nonce = (): string => randomBytes(24).toString('base64')

const scram = (name: ScramName): Row => ({
  name,
  ssf: 0,
  plaintext: false,
  make: async ({ ask }) => new ScramClient(scramHashes[name], { ...(await askSecrets(ask, [])), nonce: nonce() }),
})

/** Every mechanism, the one to be preferred first. */
const rows: readonly Row[] = [
  {
    name: 'GSSAPI',
    ssf: 256,
    plaintext: false,
    async usable({ gss, properties }) {
      const provider = gss ?? (await kerberosProvider().catch(() => undefined))
      return provider !== undefined && (properties.minSsf === 0 || provider.protects === true)
    },
    make: async ({ gss, service, host, properties }) =>
      new GssClient(await (gss ?? (await kerberosProvider())).initiate(`${service}@${host}`), properties),
  },
  scram('SCRAM-SHA-256'),
  scram('SCRAM-SHA-1'),
  {
    name: 'DIGEST-MD5',
    ssf: 128,
    plaintext: false,
    make: async ({ ask, service, host, properties }) =>
      new DigestClient({
        uri: `${service}/${host}`,
        properties,
        nonce: nonce(),
        async ask(realms) {
          const { user, password, realm } = await askSecrets(ask, realms)
          return { user, password, realm: realm ?? host }
        },
      }),
  },
  {
    name: 'EXTERNAL',
    ssf: 0,
    plaintext: false,
    usable: ({ external }) => external === true,
    make: async () => externalClient(),
  },
  { name: 'PLAIN', ssf: 0, plaintext: true, make: async ({ ask }) => plainClient(await askSecrets(ask, [])) },
]

/**
 * One authentication of a client. `start` and `step` are the messages of `AUTH_SASL_START` and `AUTH_SASL_STEP`.
 * @since 0.1.0
 */
export class SaslClient {
  readonly #options: SaslClientOptions
  #mechanism: ClientMechanism | undefined
  #complete = false
  #failed = false

  constructor(options: SaslClientOptions) {
    this.#options = options
  }

  /** Whether everything was said and the server has proved what it has to. */
  get complete(): boolean {
    return this.#complete
  }

  /** Protects what follows; set when complete, where one was agreed on. */
  get layer(): SaslLayer | undefined {
    return this.#complete ? this.#mechanism?.layer : undefined
  }

  /** Strength of the layer, bits. */
  get ssf(): number {
    return this.layer?.ssf ?? 0
  }

  /**
   * Chooses the strongest mechanism both sides have.
   * @param mechanisms what the server has, separated by blanks
   * @throws SaslError `no-mechanism` when none is strong enough
   */
  async start(mechanisms: string): Promise<ClientMove & { mechanism: string }> {
    if (this.#mechanism !== undefined) throw malformed('the negotiation has begun already')
    const row = await choose(mechanisms, this.#options)
    const made = await row.make(this.#options)
    this.#mechanism = made
    return { mechanism: row.name, ...(await this.#guard(() => made.start())) }
  }

  /** Answers the server. @throws SaslError, after which the exchange is over */
  async step(challenge: Uint8Array | undefined): Promise<ClientMove> {
    const mechanism = this.#mechanism
    if (mechanism === undefined || this.#failed) throw malformed('there is no negotiation')
    if (challenge !== undefined && challenge.length > maxMessage) throw malformed('the message is too long')
    return this.#guard(() => mechanism.step(challenge ?? Buffer.alloc(0)))
  }

  async #guard(run: () => Promise<ClientMove>): Promise<ClientMove> {
    try {
      const move = await run()
      this.#complete = move.complete
      return move
    } catch (error) {
      this.#failed = true
      this.#complete = false
      throw error
    }
  }
}

async function choose(mechanisms: string, options: SaslClientOptions): Promise<Row> {
  const { minSsf, plaintext } = options.properties
  const names = mechanisms.split(/[\s,]+/).filter((name) => name !== '')
  const worthy = rows.filter((row) => names.includes(row.name) && row.ssf >= minSsf && (plaintext || !row.plaintext))
  for (const row of worthy) if ((await row.usable?.(options)) !== false) return row
  // Alone on the list it is tried, so that the user hears what is missing.
  if (worthy.length === 1 && names.length === 1 && names[0] === 'GSSAPI') return worthy[0] as Row
  throw new SaslError('no-mechanism', 'No worthy mechs found')
}
