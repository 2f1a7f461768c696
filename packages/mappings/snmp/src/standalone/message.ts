// SPDX-License-Identifier: LGPL-2.1-or-later
// SNMP messages, v2c and v3: RFC 3416, 1901, 3412, 3414.
import { BerError, BerReader, BerWriter, Tag } from '../wire/ber.js'
import type { VarBind } from '../wire/value.js'

/** Kinds of PDUs. */
export const PduTag = {
  get: 0xa0,
  getNext: 0xa1,
  response: 0xa2,
  set: 0xa3,
  getBulk: 0xa5,
  trap: 0xa7,
  report: 0xa8,
} as const

/** A PDU. GETBULK has non-repeaters for `error` and max-repetitions for `index`. */
export interface SnmpPdu {
  readonly tag: number
  readonly id: number
  readonly error: number
  readonly index: number
  readonly variables: readonly VarBind[]
}

/** Security parameters of USM. */
export interface UsmParameters {
  readonly engineId: Buffer
  readonly boots: number
  readonly time: number
  readonly user: string
  readonly digest: Buffer
  readonly salt: Buffer
}

/** Bits of `msgFlags`. */
export const MessageFlag = { auth: 1, priv: 2, reportable: 4 } as const

/** A message of v3, its data perhaps still encrypted. */
export interface V3Message {
  readonly version: 3
  readonly id: number
  readonly maxSize: number
  readonly flags: number
  readonly security: UsmParameters
  /** Where the digest stands in the whole. */
  readonly digestAt: number
  /** Encrypted scoped PDU, or undefined. */
  readonly sealed: Buffer | undefined
  readonly scoped: ScopedPdu | undefined
}
/** A PDU with its context. */
export interface ScopedPdu {
  readonly contextEngineId: Buffer
  readonly contextName: Buffer
  readonly pdu: SnmpPdu
}
/** A message of v2c. */
export interface V2Message {
  readonly version: 1
  readonly community: Buffer
  readonly pdu: SnmpPdu
}

/** Reads a message. @throws BerError, also for versions that are not known */
export function readMessage(bytes: Buffer): V2Message | V3Message {
  const outer = new BerReader(bytes)
  const message = outer.open(Tag.sequence)
  outer.end()
  const version = message.integer()
  if (version === 1) {
    const community = message.octets()
    const pdu = readPdu(message)
    message.end()
    return { version, community, pdu }
  }
  if (version !== 3) throw new BerError(`version ${version} is not served`)
  const global = message.open(Tag.sequence)
  const id = global.integer()
  const maxSize = global.integer()
  const flags = global.octets()
  const model = global.integer()
  global.end()
  if (flags.length !== 1 || model !== 3 || maxSize < 484) throw new BerError('a header that is not USM')
  const parameters = message.open(4)
  const usm = parameters.open(Tag.sequence)
  parameters.end()
  const engineId = usm.octets()
  const boots = usm.integer()
  const time = usm.integer()
  const user = usm.octets()
  const digest = usm.octets()
  const digestAt = usm.position - digest.length
  const salt = usm.octets()
  usm.end()
  if (engineId.length > 32 || user.length > 32 || boots < 0 || time < 0)
    throw new BerError('security parameters out of range')
  const bits = flags[0] as number
  const encrypted = (bits & MessageFlag.priv) !== 0
  if (encrypted && (bits & MessageFlag.auth) === 0) throw new BerError('privacy without authentication')
  const sealed = encrypted ? message.octets() : undefined
  const scoped = encrypted ? undefined : readScoped(message)
  message.end()
  const security = { engineId, boots, time, user: user.toString('latin1'), digest, salt }
  return { version, id, maxSize, flags: bits, security, digestAt, sealed, scoped }
}

/** Reads a scoped PDU. What follows it is not read: encryption may have filled it up. */
export function readScoped(from: BerReader): ScopedPdu {
  const scoped = from.open(Tag.sequence)
  const contextEngineId = scoped.octets()
  const contextName = scoped.octets()
  const pdu = readPdu(scoped)
  scoped.end()
  return { contextEngineId, contextName, pdu }
}

function readPdu(from: BerReader): SnmpPdu {
  const { tag } = from
  if (tag < 0xa0 || tag > 0xa8) throw new BerError(`no PDU has the tag ${tag}`)
  const body = from.open(tag)
  const id = body.integer() | 0
  const error = body.integer()
  const index = body.integer()
  const list = body.open(Tag.sequence)
  body.end()
  const variables: VarBind[] = []
  while (list.left > 0) variables.push(list.variable())
  return { tag, id, error, index, variables }
}

function writePdu(w: BerWriter, pdu: SnmpPdu): void {
  const mark = w.size
  for (let i = pdu.variables.length - 1; i >= 0; i--) w.variable(pdu.variables[i] as VarBind)
  w.wrap(Tag.sequence, mark)
  w.integer(pdu.index)
  w.integer(pdu.error)
  w.integer(pdu.id)
  w.wrap(pdu.tag, mark)
}

/** A message of v2c as bytes. */
export function writeV2(community: Uint8Array, pdu: SnmpPdu): Buffer {
  const w = new BerWriter()
  writePdu(w, pdu)
  w.octets(community)
  w.integer(1)
  w.wrap(Tag.sequence, 0)
  return w.bytes()
}

/** A scoped PDU as bytes. */
export function writeScoped(scoped: ScopedPdu): Buffer {
  const w = new BerWriter()
  writePdu(w, scoped.pdu)
  w.octets(scoped.contextName)
  w.octets(scoped.contextEngineId)
  w.wrap(Tag.sequence, 0)
  return w.bytes()
}

/** What a message of v3 is written from. */
export interface V3Parts {
  readonly id: number
  readonly maxSize: number
  readonly flags: number
  readonly security: UsmParameters
  /** Scoped PDU as bytes: plain, or encrypted when the flags say so. */
  readonly data: Buffer
}

/** A message of v3 as bytes, and where its digest stands. */
export function writeV3({ id, maxSize, flags, security, data }: V3Parts): { bytes: Buffer; digestAt: number } {
  const w = new BerWriter()
  if ((flags & MessageFlag.priv) !== 0) w.octets(data)
  else w.raw(data)
  const mark = w.size
  w.octets(security.salt)
  w.octets(security.digest)
  // From the end: what is written after it stands before it.
  const fromEnd = w.size - headOf(security.digest.length)
  w.octets(Buffer.from(security.user, 'latin1'))
  w.integer(security.time)
  w.integer(security.boots)
  w.octets(security.engineId)
  w.wrap(Tag.sequence, mark)
  w.wrap(4, mark)
  const header = w.size
  w.integer(3)
  w.octets(Buffer.from([flags]))
  w.integer(maxSize)
  w.integer(id)
  w.wrap(Tag.sequence, header)
  w.integer(3)
  w.wrap(Tag.sequence, 0)
  return { bytes: w.bytes(), digestAt: w.size - fromEnd }
}

/** Bytes of tag and length before short content. */
const headOf = (length: number): number => (length < 128 ? 2 : 3)
