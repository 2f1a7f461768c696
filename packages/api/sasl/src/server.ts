// SPDX-License-Identifier: LGPL-2.1-or-later
// A server's whole exchange: what is offered, its messages, and who came in.
import { randomBytes } from 'node:crypto'
import { same } from './compare.js'
import { DigestServer } from './digest-server.js'
import { malformed, SaslError } from './error.js'
import { type GssProvider, GssServer } from './gssapi.js'
import type { SaslLayer } from './layer.js'
import { maxMessage, type SecurityProperties, type ServerMechanism, type ServerMove } from './mechanism.js'
import { externalServer, plainServer } from './plain.js'
import { keysOf, type ScramKeys, type ScramName, saltedPassword, scramHashes } from './scram-keys.js'
import { ScramServer } from './scram-server.js'
import { decoyUser, type SaslUser, type UserStore } from './users.js'

/** How a server wants it. */
export interface SaslServerOptions {
  /** `libvirt` */
  readonly service: string
  /** The realm of names that do not say one: the host's name. */
  readonly realm: string
  readonly properties: SecurityProperties
  readonly users: UserStore
  /** Names of the mechanisms that may be used; all by default. */
  readonly mechanisms?: readonly string[]
  /** Who the transport says is there, for `EXTERNAL`. */
  readonly external?: string
  /** Kerberos; without it there is no `GSSAPI`. */
  readonly gss?: GssProvider
}

interface Row {
  readonly name: string
  readonly ssf: number
  readonly plaintext: boolean
  usable?(options: SaslServerOptions): boolean
  make(options: SaslServerOptions): Promise<ServerMechanism>
}

const nonce = (): string => randomBytes(24).toString('base64')

/** `USER` of the realm of the house, or `USER@REALM`. */
function wholeName(name: string, realm: string): { user: string; realm: string } {
  const at = name.lastIndexOf('@')
  return at > 0 ? { user: name.slice(0, at), realm: name.slice(at + 1) } : { user: name, realm }
}

interface Found<T> {
  readonly keys: T
  readonly user: string
  readonly real: boolean
}

/** Looks a user's keys up; for those who are not there made-up ones, after the same work. */
async function lookup<T>(
  { users, realm: ours }: SaslServerOptions,
  { user, realm }: { user: string; realm: string },
  pick: (user: SaslUser) => T | undefined,
): Promise<Found<T>> {
  const found = await users.find(user, realm)
  // Such a name would look like somebody else's of another realm.
  const clear = !user.includes('@')
  const decoy = pick(decoyUser(user, realm)) as T
  const keys = found === undefined || !clear ? undefined : pick(found)
  return { keys: keys ?? decoy, user: realm === ours ? user : `${user}@${realm}`, real: keys !== undefined }
}

const scram = (name: ScramName): Row => ({
  name,
  ssf: 0,
  plaintext: false,
  make: async (options) =>
    new ScramServer(scramHashes[name], {
      nonce: nonce(),
      lookup: (user) => lookup<ScramKeys>(options, wholeName(user, options.realm), (found) => found.scram[name]),
    }),
})

/** Checks a password that came as it is, with the keys of SCRAM. */
async function check(options: SaslServerOptions, name: string, password: string): Promise<string | undefined> {
  const kind = scramHashes['SCRAM-SHA-256']
  const { keys, user, real } = await lookup<ScramKeys>(
    options,
    wholeName(name, options.realm),
    (found) => found.scram['SCRAM-SHA-256'],
  )
  const salted = await saltedPassword(kind, password, keys.salt, keys.iterations)
  const right = same(keysOf(kind, salted).storedKey, keys.storedKey)
  return right && real ? user : undefined
}

/** Every mechanism, in the order it is offered. */
const rows: readonly Row[] = [
  {
    name: 'GSSAPI',
    ssf: 256,
    plaintext: false,
    usable: ({ gss, properties }) => gss?.accept !== undefined && (properties.minSsf === 0 || gss.protects === true),
    async make({ gss, service, realm, properties }) {
      const context = await gss?.accept?.(`${service}@${realm}`)
      if (context === undefined) throw new SaslError('no-mechanism', 'there is no Kerberos')
      return new GssServer(context, properties)
    },
  },
  scram('SCRAM-SHA-256'),
  scram('SCRAM-SHA-1'),
  {
    name: 'DIGEST-MD5',
    ssf: 128,
    plaintext: false,
    make: async (options) =>
      new DigestServer({
        service: options.service,
        realm: options.realm,
        properties: options.properties,
        nonce: nonce(),
        async lookup(user, realm) {
          const { keys, ...rest } = await lookup(options, { user, realm }, (found) => found.digest)
          return { secret: keys as Buffer, ...rest }
        },
      }),
  },
  {
    name: 'EXTERNAL',
    ssf: 0,
    plaintext: false,
    usable: ({ external }) => external !== undefined,
    make: async ({ external }) => externalServer(external as string),
  },
  {
    name: 'PLAIN',
    ssf: 0,
    plaintext: true,
    make: async (options) => plainServer((name, password) => check(options, name, password)),
  },
]

/** No mechanism takes more messages. */
const maxSteps = 10

/**
 * One authentication at a server. `mechanisms`, `start` and `step` are `AUTH_SASL_INIT`, `_START` and `_STEP`.
 * @since 0.1.0
 */
export class SaslServer {
  readonly #options: SaslServerOptions
  #mechanism: ServerMechanism | undefined
  #state: 'start' | 'going' | 'busy' | 'complete' | 'failed' = 'start'
  #steps = 0

  constructor(options: SaslServerOptions) {
    this.#options = options
  }

  /** What may be used, separated by commas. @throws SaslError `no-mechanism` when nothing is strong enough */
  mechanisms(): string {
    const names = this.#rows().map(({ name }) => name)
    if (names.length === 0) throw new SaslError('no-mechanism', 'nothing is strong enough')
    return names.join(',')
  }

  get complete(): boolean {
    return this.#state === 'complete'
  }

  /** Who came in: `USER`, or `USER@REALM` from another realm than ours. */
  get user(): string | undefined {
    return this.complete ? this.#mechanism?.user : undefined
  }

  /** Protects what follows the last answer. */
  get layer(): SaslLayer | undefined {
    return this.complete ? this.#mechanism?.layer : undefined
  }

  /** Strength of the layer, bits. */
  get ssf(): number {
    return this.layer?.ssf ?? 0
  }

  /** @param data the client's first message, where it speaks first; @throws SaslError, after which it is over */
  async start(mechanism: string, data: Uint8Array | undefined): Promise<ServerMove> {
    const row = this.#rows().find(({ name }) => name === mechanism)
    if (this.#state !== 'start') throw malformed('the negotiation has begun already')
    if (row === undefined) throw new SaslError('no-mechanism', 'the mechanism is not offered')
    return this.#run(async () => {
      this.#mechanism = await row.make(this.#options)
      return this.#mechanism.step(data)
    }, data)
  }

  /** @throws SaslError, after which it is over */
  async step(data: Uint8Array | undefined): Promise<ServerMove> {
    if (this.#state !== 'going') throw malformed('there is no negotiation')
    return this.#run(() => (this.#mechanism as ServerMechanism).step(data), data)
  }

  async #run(run: () => Promise<ServerMove>, data: Uint8Array | undefined): Promise<ServerMove> {
    this.#state = 'busy'
    try {
      if (data !== undefined && data.length > maxMessage) throw malformed('the message is too long')
      if (++this.#steps > maxSteps) throw malformed('too many messages')
      const move = await run()
      this.#state = move.complete ? 'complete' : 'going'
      return move
    } catch (error) {
      this.#state = 'failed'
      throw error
    }
  }

  #rows(): Row[] {
    const { properties, mechanisms } = this.#options
    return rows.filter(
      (row) =>
        (mechanisms === undefined || mechanisms.includes(row.name)) &&
        row.ssf >= properties.minSsf &&
        (properties.plaintext || !row.plaintext) &&
        row.usable?.(this.#options) !== false,
    )
  }
}
