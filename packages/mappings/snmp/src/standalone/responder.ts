// SPDX-License-Identifier: LGPL-2.1-or-later
// Messages in, messages out: who asks, whether he may, and what he is told. RFC 3412, 3414.
import { type Clock, type Logger, silent } from '@virt/core'
import type { View } from '../mib/view.js'
import { BerError, BerReader } from '../wire/ber.js'
import type { VarBind } from '../wire/value.js'
import { answer, tooBig } from './answer.js'
import type { Engine } from './engine.js'
import {
  MessageFlag,
  PduTag,
  readMessage,
  readScoped,
  type ScopedPdu,
  type SnmpPdu,
  type V2Message,
  type V3Message,
  writeScoped,
  writeV2,
  writeV3,
} from './message.js'
import { type UsmCounter, usmCounterOid } from './system-mib.js'
import { UserKeys, type UsmUser } from './usm.js'

/** A community of v2c. */
export interface Community {
  readonly name: string
  /** Whether it may set. */
  readonly write?: boolean
}

/** Who may ask. */
export interface ResponderOptions {
  readonly users?: readonly UsmUser[]
  readonly communities?: readonly Community[]
  /** Lowest level of v3 that is let in: `authPriv` by default. */
  readonly level?: 'noAuthNoPriv' | 'authNoPriv' | 'authPriv'
  readonly log?: Logger
}

const levels = { noAuthNoPriv: 0, authNoPriv: 1, authPriv: 3 } as const
/** Longest message that we read or write. */
export const maxMessage = 65_507
/** SETs of the last seconds: a message that comes again is answered as before, and nothing is done again. */
const maxRemembered = 1000
const rememberedFor = 150_000

/** Counts of refusals. */
export type Refusals = Record<UsmCounter, number>

/** A refusal of USM: a report tells who asks what was wrong. */
class Refusal extends Error {
  readonly counter: UsmCounter
  /** Of who has shown that he has them. */
  readonly keys: UserKeys | undefined
  constructor(counter: UsmCounter, keys?: UserKeys) {
    super(counter)
    this.counter = counter
    this.keys = keys
  }
}

/** Answers messages. */
export class Responder {
  /** Messages that were none. */
  malformed = 0
  readonly refusals: Refusals = {
    unsupportedSecLevels: 0,
    notInTimeWindows: 0,
    unknownUserNames: 0,
    unknownEngineIds: 0,
    wrongDigests: 0,
    decryptionErrors: 0,
  }
  readonly #view: View
  readonly #engine: Engine
  readonly #clock: Clock
  readonly #log: Logger
  readonly #users: ReadonlyMap<string, UserKeys>
  readonly #communities: ReadonlyMap<string, Community>
  readonly #level: 0 | 1 | 3
  readonly #remembered = new Map<string, { at: number; bytes: Promise<Buffer | undefined> }>()

  constructor(view: View, engine: Engine, clock: Clock, options: ResponderOptions) {
    this.#view = view
    this.#engine = engine
    this.#clock = clock
    this.#log = options.log ?? silent
    this.#users = new Map((options.users ?? []).map((user) => [user.name, new UserKeys(user, engine.id)]))
    this.#communities = new Map((options.communities ?? []).map((community) => [community.name, community]))
    this.#level = levels[options.level ?? 'authPriv']
  }

  /** Keys of a user; for notifications in his name. */
  keysOf(name: string): UserKeys | undefined {
    return this.#users.get(name)
  }

  /** The answer to a message; undefined when there is none to give. Never rejects. */
  async respond(bytes: Buffer): Promise<Buffer | undefined> {
    try {
      const message = readMessage(bytes)
      return message.version === 1 ? await this.#v2(message) : await this.#v3(message, bytes)
    } catch (error) {
      if (!(error instanceof BerError)) this.#log.error(`a message could not be answered: ${(error as Error).message}`)
      this.malformed++
      return undefined
    }
  }

  async #v2({ community, pdu }: V2Message): Promise<Buffer | undefined> {
    const known = this.#communities.get(community.toString('latin1'))
    // RFC 3584: a community that nobody knows gets no answer, so that nobody learns which there are.
    if (known === undefined) return undefined
    const reply = await answer(this.#view, pdu, known.write === true)
    if (reply === undefined) return undefined
    return fitted(reply, pdu, maxMessage, (one) => writeV2(community, one))
  }

  async #v3(message: V3Message, bytes: Buffer): Promise<Buffer | undefined> {
    try {
      const keys = this.#admit(message, bytes)
      const scoped = this.#open(message, keys)
      const isSet = scoped.pdu.tag === PduTag.set
      if (!isSet) return await this.#answerV3(message, scoped, keys)
      const mark = `${message.security.user} ${message.security.digest.toString('hex')} ${message.id}`
      this.#forgetOld()
      const before = this.#remembered.get(mark)
      if (before !== undefined) return await before.bytes
      const reply = this.#answerV3(message, scoped, keys)
      this.#remembered.set(mark, { at: this.#clock.now(), bytes: reply })
      return await reply
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.refusals[error.counter]++
      return this.#report(message, error.counter, error.keys)
    }
  }

  /** Who it is, and whether it is he: RFC 3414, 3.2. */
  #admit({ security, flags, digestAt }: V3Message, bytes: Buffer): UserKeys {
    const level = flags & (MessageFlag.auth | MessageFlag.priv)
    if (!security.engineId.equals(this.#engine.id)) throw new Refusal('unknownEngineIds')
    const keys = this.#users.get(security.user)
    if (keys === undefined) throw new Refusal('unknownUserNames')
    if (level > keys.level || level < this.#level) throw new Refusal('unsupportedSecLevels')
    if (level !== 0) {
      if (!keys.verify(bytes, digestAt, security.digest)) throw new Refusal('wrongDigests')
      if (!this.#engine.isTimely(security.boots, security.time)) throw new Refusal('notInTimeWindows', keys)
    }
    return keys
  }

  #open({ sealed, scoped, security }: V3Message, keys: UserKeys): ScopedPdu {
    if (sealed === undefined) return scoped as ScopedPdu
    try {
      return readScoped(new BerReader(keys.decrypt(sealed, security.boots, security.time, security.salt)))
    } catch {
      throw new Refusal('decryptionErrors')
    }
  }

  async #answerV3(message: V3Message, scoped: ScopedPdu, keys: UserKeys): Promise<Buffer | undefined> {
    const { contextEngineId, contextName, pdu } = scoped
    // There is one context, and it is ours.
    if (contextName.length > 0 || (contextEngineId.length > 0 && !contextEngineId.equals(this.#engine.id)))
      return undefined
    const reply = await answer(this.#view, pdu, keys.user.write === true)
    if (reply === undefined) return undefined
    const size = Math.min(message.maxSize, maxMessage)
    const level = message.flags & (MessageFlag.auth | MessageFlag.priv)
    return fitted(reply, pdu, size, (one) => this.seal(message.id, level, one, keys))
  }

  #report(message: V3Message, counter: UsmCounter, keys: UserKeys | undefined): Buffer | undefined {
    if ((message.flags & MessageFlag.reportable) === 0) return undefined
    const value: VarBind = { oid: usmCounterOid(counter), value: { type: 65, value: this.refusals[counter] >>> 0 } }
    const id = message.scoped?.pdu.id ?? 0
    const pdu: SnmpPdu = { tag: PduTag.report, id, error: 0, index: 0, variables: [value] }
    // Who has the right key but not the right time is told the time with a digest, so that he can believe it.
    return this.seal(message.id, counter === 'notInTimeWindows' && keys !== undefined ? 1 : 0, pdu, keys)
  }

  /** A message of v3 from us. @param level bits of auth and priv */
  seal(id: number, level: number, pdu: SnmpPdu, keys: UserKeys | undefined): Buffer {
    const { boots, time } = this.#engine
    const plain = writeScoped({ contextEngineId: this.#engine.id, contextName: Buffer.alloc(0), pdu })
    const secret = (level & MessageFlag.priv) !== 0 ? keys?.encrypt(plain, boots, time) : undefined
    const digest = Buffer.alloc((level & MessageFlag.auth) !== 0 ? (keys?.digestSize ?? 0) : 0)
    const security = {
      engineId: this.#engine.id,
      boots,
      time,
      user: keys?.user.name ?? '',
      digest,
      salt: secret?.salt ?? Buffer.alloc(0),
    }
    const parts = { id, maxSize: maxMessage, flags: level, security, data: secret?.sealed ?? plain }
    const { bytes, digestAt } = writeV3(parts)
    if (digest.length > 0) keys?.sign(bytes, digestAt)
    return bytes
  }

  #forgetOld(): void {
    const now = this.#clock.now()
    for (const [mark, { at }] of this.#remembered) {
      if (now - at < rememberedFor && this.#remembered.size < maxRemembered) break
      this.#remembered.delete(mark)
    }
  }
}

/** The reply as bytes that fit: an answer to GETBULK loses its end, others become an error. */
function fitted(reply: SnmpPdu, to: SnmpPdu, size: number, write: (pdu: SnmpPdu) => Buffer): Buffer | undefined {
  let { variables } = reply
  for (;;) {
    const bytes = write({ ...reply, variables })
    if (bytes.length <= size) return bytes
    if (to.tag !== PduTag.getBulk || variables.length <= 1) break
    const share = Math.min(0.95, size / bytes.length)
    variables = variables.slice(0, Math.max(1, Math.floor(variables.length * share)))
  }
  const bytes = write(tooBig(to))
  return bytes.length <= size ? bytes : undefined
}
