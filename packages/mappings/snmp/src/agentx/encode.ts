// SPDX-License-Identifier: LGPL-2.1-or-later
// Writing AgentX messages, in network order.
import type { Oid } from '../wire/oid.js'
import type { Value, VarBind } from '../wire/value.js'
import { headerSize, type Pdu, PduFlag, type PduType, type SearchRange } from './pdu.js'

/** Writes messages one after the other into one buffer. */
export class PduWriter {
  #buffer: Buffer
  #at = 0

  constructor(size: number = 16 * 1024) {
    this.#buffer = Buffer.allocUnsafe(size)
  }

  /** Whether anything was written since the last `take()`. */
  get empty(): boolean {
    return this.#at === 0
  }

  /** What was written; the writer begins anew. */
  take(): Buffer {
    const out = Buffer.from(this.#buffer.subarray(0, this.#at))
    this.#at = 0
    return out
  }

  write(pdu: Pdu): void {
    const start = this.#at
    this.#header(pdu)
    this.#body(pdu)
    this.#buffer.writeUInt32BE(this.#at - start - headerSize, start + 16)
  }

  #room(n: number): void {
    if (this.#at + n <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + n))
    this.#buffer.copy(larger, 0, 0, this.#at)
    this.#buffer = larger
  }

  #u8(n: number): void {
    this.#room(1)
    this.#buffer[this.#at++] = n
  }

  #u16(n: number): void {
    this.#room(2)
    this.#at = this.#buffer.writeUInt16BE(n, this.#at)
  }

  #u32(n: number): void {
    this.#room(4)
    this.#at = this.#buffer.writeUInt32BE(n >>> 0, this.#at)
  }

  #header(pdu: Pdu): void {
    const context = pdu.context === undefined ? 0 : PduFlag.context
    this.#u8(1)
    this.#u8(pdu.type satisfies PduType)
    this.#u8((pdu.flags & ~PduFlag.context) | PduFlag.networkOrder | context)
    this.#u8(0)
    this.#u32(pdu.session)
    this.#u32(pdu.transaction)
    this.#u32(pdu.packet)
    this.#u32(0)
    if (pdu.context !== undefined) this.#octets(pdu.context)
  }

  #body(pdu: Pdu): void {
    switch (pdu.type) {
      case 1:
        this.#u8(pdu.timeout)
        this.#padding(3)
        this.#oid(pdu.id, false)
        return this.#octets(Buffer.from(pdu.description))
      case 2:
        this.#u8(pdu.reason)
        return this.#padding(3)
      case 3:
      case 4:
        this.#u8(pdu.type === 3 ? pdu.timeout : 0)
        this.#u8(pdu.priority)
        this.#u8(pdu.rangeSubid)
        this.#u8(0)
        this.#oid(pdu.subtree, false)
        if (pdu.rangeSubid !== 0) this.#u32(pdu.upperBound ?? 0)
        return
      case 5:
      case 6:
        return this.#ranges(pdu.ranges)
      case 7:
        this.#u16(pdu.nonRepeaters)
        this.#u16(pdu.maxRepetitions)
        return this.#ranges(pdu.ranges)
      case 8:
      case 12:
      case 14:
      case 15:
        return this.#variables(pdu.variables)
      case 16:
        this.#oid(pdu.id, false)
        return this.#octets(Buffer.from(pdu.description))
      case 17:
        return this.#oid(pdu.id, false)
      case 18:
        this.#u32(pdu.sysUpTime)
        this.#u16(pdu.error)
        this.#u16(pdu.index)
        return this.#variables(pdu.variables)
      default:
    }
  }

  #padding(n: number): void {
    this.#room(n)
    this.#buffer.fill(0, this.#at, this.#at + n)
    this.#at += n
  }

  /** Identifiers below 1.3.6.1.N are written without these five numbers but N. */
  #oid(oid: Oid, include: boolean): void {
    const short =
      oid.length >= 5 &&
      oid[0] === 1 &&
      oid[1] === 3 &&
      oid[2] === 6 &&
      oid[3] === 1 &&
      (oid[4] as number) > 0 &&
      (oid[4] as number) < 256
    const from = short ? 5 : 0
    const count = oid.length - from
    this.#room(4 + 4 * count)
    const buffer = this.#buffer
    let at = this.#at
    buffer[at++] = count
    buffer[at++] = short ? (oid[4] as number) : 0
    buffer[at++] = include ? 1 : 0
    buffer[at++] = 0
    for (let i = from; i < oid.length; i++) {
      const n = oid[i] as number
      buffer[at++] = n >>> 24
      buffer[at++] = n >>> 16
      buffer[at++] = n >>> 8
      buffer[at++] = n
    }
    this.#at = at
  }

  #octets(bytes: Buffer): void {
    this.#u32(bytes.length)
    const padded = (bytes.length + 3) & ~3
    this.#room(padded)
    bytes.copy(this.#buffer, this.#at)
    this.#buffer.fill(0, this.#at + bytes.length, this.#at + padded)
    this.#at += padded
  }

  #ranges(ranges: readonly SearchRange[]): void {
    for (const { start, include, end } of ranges) {
      this.#oid(start, include)
      this.#oid(end, false)
    }
  }

  #variables(variables: readonly VarBind[]): void {
    for (const { oid, value } of variables) {
      this.#u16(value.type)
      this.#u16(0)
      this.#oid(oid, false)
      this.#value(value)
    }
  }

  #value(value: Value): void {
    switch (value.type) {
      case 2:
      case 65:
      case 66:
      case 67:
        return this.#u32(value.value)
      case 4:
      case 64:
      case 68:
        return this.#octets(value.value)
      case 6:
        return this.#oid(value.value, false)
      case 70:
        this.#room(8)
        this.#at = this.#buffer.writeBigUInt64BE(value.value, this.#at)
        return
      default:
    }
  }
}

/** One message as bytes. */
export function encodePdu(pdu: Pdu): Buffer {
  const writer = new PduWriter(256)
  writer.write(pdu)
  return writer.take()
}
