// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading AgentX messages, in either byte order, from a stream that may be cut anywhere.
import { maxOid, type Oid } from '../wire/oid.js'
import type { Value, VarBind } from '../wire/value.js'
import { headerSize, maxPayload, type Pdu, type PduBody, PduFlag, PduType, type SearchRange } from './pdu.js'

/** Bytes that are no AgentX. The session has to end: where the next message begins is not known. */
export class AgentxFormatError extends Error {
  override readonly name = 'AgentxFormatError'
}

class Reader {
  readonly #bytes: Buffer
  readonly #little: boolean
  #at: number

  constructor(bytes: Buffer, at: number, little: boolean) {
    this.#bytes = bytes
    this.#at = at
    this.#little = little
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  #take(n: number): number {
    const at = this.#at
    if (n > this.left) throw new AgentxFormatError('the message ends within a value')
    this.#at = at + n
    return at
  }

  u8(): number {
    return this.#bytes[this.#take(1)] as number
  }

  u16(): number {
    const at = this.#take(2)
    return this.#little ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at)
  }

  u32(): number {
    const at = this.#take(4)
    return this.#little ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at)
  }

  u64(): bigint {
    const at = this.#take(8)
    return this.#little ? this.#bytes.readBigUInt64LE(at) : this.#bytes.readBigUInt64BE(at)
  }

  skip(n: number): void {
    this.#take(n)
  }

  octets(): Buffer {
    const length = this.u32()
    // Before the padding is reckoned: that has 32 bits only.
    if (length > this.left) throw new AgentxFormatError('a string is longer than its message')
    const at = this.#take((length + 3) & ~3)
    return Buffer.from(this.#bytes.subarray(at, at + length))
  }

  oid(): { oid: Oid; include: boolean } {
    const count = this.u8()
    const prefix = this.u8()
    const include = this.u8() !== 0
    this.skip(1)
    if (count > maxOid) throw new AgentxFormatError(`an object identifier has ${count} parts`)
    const oid: number[] = prefix === 0 ? [] : [1, 3, 6, 1, prefix]
    for (let i = 0; i < count; i++) oid.push(this.u32())
    return { oid, include }
  }

  ranges(): SearchRange[] {
    const ranges: SearchRange[] = []
    while (this.left > 0) {
      const { oid: start, include } = this.oid()
      ranges.push({ start, include, end: this.oid().oid })
    }
    return ranges
  }

  variables(): VarBind[] {
    const variables: VarBind[] = []
    while (this.left > 0) {
      const type = this.u16()
      this.skip(2)
      const { oid } = this.oid()
      variables.push({ oid, value: this.value(type) })
    }
    return variables
  }

  value(type: number): Value {
    switch (type) {
      case 2:
        return { type, value: this.u32() | 0 }
      case 65:
      case 66:
      case 67:
        return { type, value: this.u32() }
      case 4:
      case 64:
      case 68:
        return { type, value: this.octets() }
      case 6:
        return { type, value: this.oid().oid }
      case 70:
        return { type, value: this.u64() }
      case 5:
      case 128:
      case 129:
      case 130:
        return { type }
      default:
        throw new AgentxFormatError(`no value has the type ${type}`)
    }
  }
}

function readBody(type: number, r: Reader): PduBody {
  switch (type) {
    case PduType.open: {
      const timeout = r.u8()
      r.skip(3)
      return { type, timeout, id: r.oid().oid, description: r.octets().toString() }
    }
    case PduType.close: {
      const reason = r.u8()
      r.skip(3)
      return { type, reason }
    }
    case PduType.register:
    case PduType.unregister: {
      const timeout = r.u8()
      const priority = r.u8()
      const rangeSubid = r.u8()
      r.skip(1)
      const subtree = r.oid().oid
      const upperBound = rangeSubid === 0 ? undefined : r.u32()
      const common = { priority, rangeSubid, subtree, upperBound }
      return type === PduType.register ? { type, timeout, ...common } : { type, ...common }
    }
    case PduType.get:
    case PduType.getNext:
      return { type, ranges: r.ranges() }
    case PduType.getBulk:
      return { type, nonRepeaters: r.u16(), maxRepetitions: r.u16(), ranges: r.ranges() }
    case PduType.testSet:
    case PduType.notify:
    case PduType.indexAllocate:
    case PduType.indexDeallocate:
      return { type, variables: r.variables() }
    case PduType.commitSet:
    case PduType.undoSet:
    case PduType.cleanupSet:
    case PduType.ping:
      return { type }
    case PduType.addAgentCaps:
      return { type, id: r.oid().oid, description: r.octets().toString() }
    case PduType.removeAgentCaps:
      return { type, id: r.oid().oid }
    case PduType.response:
      return { type, sysUpTime: r.u32(), error: r.u16(), index: r.u16(), variables: r.variables() }
    default:
      throw new AgentxFormatError(`no message has the type ${type}`)
  }
}

/** Reads one whole message. @throws AgentxFormatError */
export function decodePdu(bytes: Buffer): Pdu {
  const flags = bytes[2] as number
  const r = new Reader(bytes, 4, (flags & PduFlag.networkOrder) === 0)
  const [session, transaction, packet] = [r.u32(), r.u32(), r.u32()]
  r.skip(4)
  const context = (flags & PduFlag.context) !== 0 ? r.octets() : undefined
  const type = bytes[1] as number
  // Nearly all that comes: without a copy.
  if (type === PduType.get || type === PduType.getNext)
    return { type, ranges: r.ranges(), flags, session, transaction, packet, context }
  const body = readBody(type, r)
  if (r.left > 0) throw new AgentxFormatError('the message is longer than what it holds')
  return { ...body, flags, session, transaction, packet, context }
}

/** Cuts a stream into messages. */
export class PduReader {
  #held: Buffer[] = []
  #size = 0

  /** Takes what has come, and hands over the messages that are whole. @throws AgentxFormatError */
  push(chunk: Buffer, take: (pdu: Pdu) => void): void {
    this.#held.push(chunk)
    this.#size += chunk.length
    for (;;) {
      if (this.#size < headerSize) return
      const head = this.#peek(headerSize)
      if (head[0] !== 1) throw new AgentxFormatError(`version ${head[0]} of AgentX is not known`)
      const little = ((head[2] as number) & PduFlag.networkOrder) === 0
      const payload = little ? head.readUInt32LE(16) : head.readUInt32BE(16)
      if (payload > maxPayload) throw new AgentxFormatError(`a message of ${payload} bytes is too long`)
      if (payload % 4 !== 0) throw new AgentxFormatError('the length of a message is no multiple of four')
      if (this.#size < headerSize + payload) return
      const whole = this.#peek(headerSize + payload)
      this.#drop(headerSize + payload)
      take(decodePdu(whole))
    }
  }

  /** The first `n` bytes; they are there. */
  #peek(n: number): Buffer {
    const [first] = this.#held
    if (first !== undefined && first.length >= n) return first.subarray(0, n)
    const all = Buffer.concat(this.#held, this.#size)
    this.#held = [all]
    return all.subarray(0, n)
  }

  #drop(n: number): void {
    const [first] = this.#held
    this.#size -= n
    if (first === undefined) return
    if (first.length === n) this.#held.shift()
    else this.#held[0] = first.subarray(n)
  }
}
