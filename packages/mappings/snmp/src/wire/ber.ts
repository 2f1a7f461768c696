// SPDX-License-Identifier: LGPL-2.1-or-later
// BER as SNMP uses it: definite lengths, tags of one byte.
import { maxOid, type Oid } from './oid.js'
import type { Value, VarBind } from './value.js'

/** Bytes that are no SNMP message. */
export class BerError extends Error {
  override readonly name = 'BerError'
}

/** Tags beside those of values. */
export const Tag = { sequence: 0x30 } as const

/** Writes from the end to the beginning, so that every length is known when it is due. */
export class BerWriter {
  #buffer: Buffer
  #at: number

  constructor(size: number = 2048) {
    this.#buffer = Buffer.allocUnsafe(size)
    this.#at = size
  }

  /** Bytes written so far: a mark for `wrap()`. */
  get size(): number {
    return this.#buffer.length - this.#at
  }

  /** What was written. */
  bytes(): Buffer {
    return this.#buffer.subarray(this.#at)
  }

  #room(n: number): void {
    if (n <= this.#at) return
    const { size } = this
    const larger = Buffer.allocUnsafe((size + n) * 2)
    this.#buffer.copy(larger, larger.length - size, this.#at)
    this.#buffer = larger
    this.#at = larger.length - size
  }

  /** Puts bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#at -= bytes.length
    this.#buffer.set(bytes, this.#at)
  }

  #byte(n: number): void {
    this.#room(1)
    this.#buffer[--this.#at] = n
  }

  /** Puts tag and length before all that was written since `mark`. */
  wrap(tag: number, mark: number): void {
    let length = this.size - mark
    if (length < 128) this.#byte(length)
    else {
      let bytes = 0
      for (; length > 0; length = Math.floor(length / 256), bytes++) this.#byte(length & 0xff)
      this.#byte(0x80 | bytes)
    }
    this.#byte(tag)
  }

  integer(value: number, tag: number = 2): void {
    const mark = this.size
    let n = value
    do {
      this.#byte(n & 0xff)
      n = Math.floor(n / 256)
    } while (n !== 0 && n !== -1)
    const first = this.#buffer[this.#at] as number
    if (value >= 0 && first >= 128) this.#byte(0)
    if (value < 0 && first < 128) this.#byte(0xff)
    this.wrap(tag, mark)
  }

  unsigned64(value: bigint, tag: number): void {
    const mark = this.size
    let n = value
    do {
      this.#byte(Number(n & 0xffn))
      n >>= 8n
    } while (n !== 0n)
    if ((this.#buffer[this.#at] as number) >= 128) this.#byte(0)
    this.wrap(tag, mark)
  }

  octets(bytes: Uint8Array, tag: number = 4): void {
    const mark = this.size
    this.raw(bytes)
    this.wrap(tag, mark)
  }

  oid(oid: Oid): void {
    const mark = this.size
    const [first = 0, second = 0] = oid
    for (let i = oid.length - 1; i >= 2; i--) this.#base128(oid[i] as number)
    this.#base128(first * 40 + second)
    this.wrap(6, mark)
  }

  #base128(value: number): void {
    let n = value
    this.#byte(n & 0x7f)
    for (n = Math.floor(n / 128); n > 0; n = Math.floor(n / 128)) this.#byte(0x80 | (n & 0x7f))
  }

  value(value: Value): void {
    switch (value.type) {
      case 2:
      case 65:
      case 66:
      case 67:
        return this.integer(value.value, value.type)
      case 4:
      case 64:
      case 68:
        return this.octets(value.value, value.type)
      case 6:
        return this.oid(value.value)
      case 70:
        return this.unsigned64(value.value, value.type)
      default:
        return this.wrap(value.type, this.size)
    }
  }

  variable({ oid, value }: VarBind): void {
    const mark = this.size
    this.value(value)
    this.oid(oid)
    this.wrap(Tag.sequence, mark)
  }
}

/** Reads one level after the other. */
export class BerReader {
  readonly #bytes: Buffer
  #at: number
  readonly #end: number

  constructor(bytes: Buffer, at: number = 0, end: number = bytes.length) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
  }

  get left(): number {
    return this.#end - this.#at
  }

  /** Where the next byte stands in the whole. */
  get position(): number {
    return this.#at
  }

  /** The next tag, without taking it. */
  get tag(): number {
    if (this.left < 1) throw new BerError('the message ends too early')
    return this.#bytes[this.#at] as number
  }

  /** Takes tag and length; answers a reader of the content. */
  open(tag: number): BerReader {
    if (this.tag !== tag) throw new BerError(`tag ${this.tag} where ${tag} has to stand`)
    this.#at++
    const length = this.#length()
    if (length > this.left) throw new BerError('a value is longer than what holds it')
    const inner = new BerReader(this.#bytes, this.#at, this.#at + length)
    this.#at += length
    return inner
  }

  #length(): number {
    if (this.left < 1) throw new BerError('the message ends too early')
    const first = this.#bytes[this.#at++] as number
    if (first < 128) return first
    const bytes = first & 0x7f
    if (bytes === 0 || bytes > 4 || bytes > this.left) throw new BerError('a length of a form that SNMP does not have')
    let length = 0
    for (let i = 0; i < bytes; i++) length = length * 256 + (this.#bytes[this.#at++] as number)
    return length
  }

  /** Everything that is left. */
  rest(): Buffer {
    const bytes = this.#bytes.subarray(this.#at, this.#end)
    this.#at = this.#end
    return bytes
  }

  /** Refuses what is left over. */
  end(): void {
    if (this.left > 0) throw new BerError('there is more than there has to be')
  }

  octets(tag: number = 4): Buffer {
    return Buffer.from(this.open(tag).rest())
  }

  /** A number of up to 32 bits, with or without a sign. */
  integer(tag: number = 2): number {
    const bytes = this.open(tag).rest()
    if (bytes.length === 0 || bytes.length > 5) throw new BerError('a number of more than 32 bits')
    let n = (bytes[0] as number) >= 128 ? -1 : 0
    for (const byte of bytes) n = n * 256 + byte
    if (n < -0x80000000 || n > 0xffffffff) throw new BerError('a number of more than 32 bits')
    return n
  }

  unsigned64(tag: number): bigint {
    const bytes = this.open(tag).rest()
    if (bytes.length === 0 || bytes.length > 9 || (bytes.length === 9 && bytes[0] !== 0))
      throw new BerError('a number of more than 64 bits')
    let n = 0n
    for (const byte of bytes) n = n * 256n + BigInt(byte)
    return n
  }

  oid(): Oid {
    const bytes = this.open(6).rest()
    const oid: number[] = []
    let n = 0
    for (const [i, byte] of bytes.entries()) {
      n = n * 128 + (byte & 0x7f)
      if (n > 0xffffffff + 80) throw new BerError('a part of an object identifier of more than 32 bits')
      if (byte >= 128) {
        if (i === bytes.length - 1) throw new BerError('an object identifier ends within a part')
        continue
      }
      if (oid.length === 0) {
        const first = Math.min(2, Math.floor(n / 40))
        oid.push(first, n - first * 40)
      } else oid.push(n)
      n = 0
      if (oid.length > maxOid) throw new BerError('an object identifier with too many parts')
    }
    return oid
  }

  value(): Value {
    const type = this.tag
    switch (type) {
      case 2:
        return { type, value: this.integer() | 0 }
      case 65:
      case 66:
      case 67:
        return { type, value: this.integer(type) >>> 0 }
      case 4:
      case 64:
      case 68:
        return { type, value: this.octets(type) }
      case 6:
        return { type, value: this.oid() }
      case 70:
        return { type, value: this.unsigned64(type) }
      case 5:
      case 128:
      case 129:
      case 130:
        this.open(type).end()
        return { type }
      default:
        throw new BerError(`no value has the tag ${type}`)
    }
  }

  variable(): VarBind {
    const pair = this.open(Tag.sequence)
    const oid = pair.oid()
    const value = pair.value()
    pair.end()
    return { oid, value }
  }
}
