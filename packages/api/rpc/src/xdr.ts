// SPDX-License-Identifier: LGPL-2.1-or-later
// XDR (RFC 4506) over one growable buffer: big endian, every item a multiple of four bytes.
import type { Int64, ParamType, ParamValue, TypedParams } from '@virt/core'
import { VirtError } from '@virt/core'

/** What a codec throws when bytes or values break the protocol's rules; servers answer it as "unable to decode". */
export class XdrError extends VirtError {
  override name = 'XdrError'
  constructor(message: string) {
    super(message, { code: 'protocol-error', domain: 7 })
  }
}

const fail = (message: string): never => {
  throw new XdrError(message)
}
const hexByte: string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))
const nibble = new Int8Array(128).fill(-1)
for (let i = 0; i < 16; i++) {
  nibble[i.toString(16).charCodeAt(0)] = i
  nibble[i.toString(16).toUpperCase().charCodeAt(0)] = i
}

/** Writes XDR items one after the other; `bytes()` is what has been written. Reusable after `reset()`. */
export class XdrWriter {
  buffer: Buffer
  position = 0

  constructor(size = 1024) {
    this.buffer = Buffer.allocUnsafeSlow(size)
  }

  /** Forgets what was written, keeps the memory. */
  reset(): void {
    this.position = 0
  }

  /** What was written; shares memory with the writer. */
  bytes(): Buffer {
    return this.buffer.subarray(0, this.position)
  }

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    const needed = this.position + size
    if (needed <= this.buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2))
    this.buffer.copy(larger, 0, 0, this.position)
    this.buffer = larger
  }

  int(value: number): void {
    if (this.position + 4 > this.buffer.length) this.reserve(4)
    const b = this.buffer
    const p = this.position
    b[p] = value >>> 24
    b[p + 1] = value >>> 16
    b[p + 2] = value >>> 8
    b[p + 3] = value
    this.position = p + 4
  }

  bool(value: boolean): void {
    this.int(value ? 1 : 0)
  }

  /** A signed or unsigned 64-bit item; the bits are the same. */
  int64(value: Int64): void {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) fail(`${value} is no 64-bit integer`)
      const high = Math.floor(value / 0x100000000)
      this.int(high)
      this.int(value - high * 0x100000000)
      return
    }
    this.reserve(8)
    this.buffer.writeBigUInt64BE(BigInt.asUintN(64, value), this.position)
    this.position += 8
  }

  double(value: number): void {
    this.reserve(8)
    this.buffer.writeDoubleBE(value, this.position)
    this.position += 8
  }

  /** A string of at most `max` bytes in UTF-8. */
  string(value: string, max: number): void {
    const length = value.length
    if (length <= 48) {
      this.reserve(length + 8)
      const b = this.buffer
      const start = this.position + 4
      let i = 0
      for (; i < length; i++) {
        const c = value.charCodeAt(i)
        if (c > 0x7f || c === 0) break
        b[start + i] = c
      }
      if (i === length) {
        if (length > max) fail(`string of ${length} bytes, limit ${max}`)
        this.int(length)
        this.position = start + length
        this.pad()
        return
      }
    }
    const size = Buffer.byteLength(value)
    if (size > max) fail(`string of ${size} bytes, limit ${max}`)
    this.reserve(size + 8)
    this.int(size)
    this.buffer.write(value, this.position, size, 'utf8')
    this.position += size
    this.pad()
  }

  /** Variable-length packed bytes. */
  bytesMax(value: Uint8Array, max: number): void {
    if (value.length > max) fail(`${value.length} bytes, limit ${max}`)
    this.int(value.length)
    this.bytesFixed(value, value.length)
  }

  /** Fixed-length packed bytes. */
  bytesFixed(value: Uint8Array, length: number): void {
    if (value.length !== length) fail(`${value.length} bytes where ${length} belong`)
    this.reserve(length + 4)
    this.buffer.set(value, this.position)
    this.position += length
    this.pad()
  }

  /** Sixteen bytes from the 36-character form. */
  uuid(value: string): void {
    this.reserve(16)
    const b = this.buffer
    let p = this.position
    let i = 0
    for (let n = 0; n < 16; n++) {
      if (value.charCodeAt(i) === 45) i++
      const high = nibble[value.charCodeAt(i)] ?? -1
      const low = nibble[value.charCodeAt(i + 1)] ?? -1
      if (high < 0 || low < 0) fail(`malformed UUID '${value}'`)
      b[p++] = (high << 4) | low
      i += 2
    }
    if (i !== value.length) fail(`malformed UUID '${value}'`)
    this.position = p
  }

  /** A list of characters: each takes a whole slot. */
  chars(value: Uint8Array, max: number): void {
    if (value.length > max) fail(`${value.length} characters, limit ${max}`)
    this.int(value.length)
    for (const c of value) this.int((c << 24) >> 24)
  }

  /** A C string as a list of characters with its NUL. */
  cstring(value: string, max: number): void {
    this.chars(Buffer.from(`${value}\0`), max)
  }

  /** A C string in an array of `length` characters, filled up with NULs. */
  cstringFixed(value: string, length: number): void {
    const bytes = Buffer.from(value)
    if (bytes.length > length) fail(`${bytes.length} characters where ${length} fit`)
    for (let i = 0; i < length; i++) this.int(((bytes[i] ?? 0) << 24) >> 24)
  }

  /** Typed parameters: name, type, value each. */
  params(value: TypedParams, max: number): void {
    const { names, types } = value.shape
    if (names.length > max) fail(`${names.length} typed parameters, limit ${max}`)
    this.int(names.length)
    for (let i = 0; i < names.length; i++)
      this.param(names[i] as string, types[i] as ParamType, value.values[i] as ParamValue)
  }

  private param(name: string, type: ParamType, value: ParamValue): void {
    this.string(name, 4194304)
    this.int(type)
    if (type === 1 || type === 2) this.int(Number(value))
    else if (type === 3 || type === 4) this.int64(value as Int64)
    else if (type === 5) this.double(Number(value))
    else if (type === 6) this.bool(Boolean(value))
    else if (type === 7) this.string(String(value), 4194304)
    else fail(`typed parameter ${name} has the unknown type ${type}`)
  }

  private pad(): void {
    while (this.position & 3) this.buffer[this.position++] = 0
  }
}

/** Reads XDR items one after the other; every length is checked before anything is allocated. */
export class XdrReader {
  readonly buffer: Buffer
  position: number
  readonly end: number

  constructor(buffer: Buffer, start = 0, end: number = buffer.length) {
    this.buffer = buffer
    this.position = start
    this.end = end
  }

  private take(size: number): number {
    const p = this.position
    if (size > this.end - p) fail('message ends too early')
    this.position = p + size
    return p
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.end - this.position
  }

  int(): number {
    const p = this.take(4)
    const b = this.buffer
    return ((b[p] as number) << 24) | ((b[p + 1] as number) << 16) | ((b[p + 2] as number) << 8) | (b[p + 3] as number)
  }

  uint(): number {
    return this.int() >>> 0
  }

  char(): number {
    return (this.int() << 24) >> 24
  }

  uchar(): number {
    return this.int() & 0xff
  }

  short(): number {
    return (this.int() << 16) >> 16
  }

  ushort(): number {
    return this.int() & 0xffff
  }

  bool(): boolean {
    return this.int() !== 0
  }

  /** Signed 64 bits: a number where that is exact. */
  hyper(): Int64 {
    const high = this.int()
    const low = this.uint()
    if (high >= -0x200000 && high < 0x200000) {
      const value = high * 0x100000000 + low
      if (Number.isSafeInteger(value)) return value
    }
    return (BigInt(high) << 32n) | BigInt(low)
  }

  /** Unsigned 64 bits: a number where that is exact. */
  uhyper(): Int64 {
    const high = this.uint()
    const low = this.uint()
    return high < 0x200000 ? high * 0x100000000 + low : (BigInt(high) << 32n) | BigInt(low)
  }

  hyperBig(): bigint {
    return this.buffer.readBigInt64BE(this.take(8))
  }

  uhyperBig(): bigint {
    return this.buffer.readBigUInt64BE(this.take(8))
  }

  double(): number {
    return this.buffer.readDoubleBE(this.take(8))
  }

  string(max: number): string {
    const length = this.uint()
    if (length > max) fail(`string of ${length} bytes, limit ${max}`)
    const p = this.take((length + 3) & ~3)
    return this.buffer.utf8Slice(p, p + length)
  }

  bytesMax(max: number): Buffer {
    const length = this.uint()
    if (length > max) fail(`${length} bytes, limit ${max}`)
    return this.bytesFixed(length)
  }

  bytesFixed(length: number): Buffer {
    const p = this.take((length + 3) & ~3)
    return Buffer.from(this.buffer.subarray(p, p + length))
  }

  uuid(): string {
    const p = this.take(16)
    const b = this.buffer
    const h = (i: number): string => hexByte[b[p + i] as number] as string
    return `${h(0)}${h(1)}${h(2)}${h(3)}-${h(4)}${h(5)}-${h(6)}${h(7)}-${h(8)}${h(9)}-${h(10)}${h(11)}${h(12)}${h(13)}${h(14)}${h(15)}`
  }

  /** Number of items of a list; `size` is the least that one item takes. */
  count(max: number, size = 4): number {
    const count = this.uint()
    if (count > max) fail(`${count} items, limit ${max}`)
    if (count * size > this.left) fail('message ends too early')
    return count
  }

  /** A list of characters, one slot each; the upper bytes of a slot are ignored. */
  chars(max: number): Buffer {
    const count = this.count(max)
    return this.slots(count)
  }

  private slots(count: number): Buffer {
    const p = this.take(count * 4)
    const out = Buffer.allocUnsafe(count)
    for (let i = 0; i < count; i++) out[i] = this.buffer[p + i * 4 + 3] as number
    return out
  }

  cstring(max: number): string {
    return untilNul(this.chars(max))
  }

  cstringFixed(length: number): string {
    return untilNul(this.slots(length))
  }

  params(max: number): TypedParams {
    const count = this.count(max, 12)
    const names: string[] = new Array(count)
    const types: ParamType[] = new Array(count)
    const values: ParamValue[] = new Array(count)
    for (let i = 0; i < count; i++) {
      names[i] = this.string(4194304)
      const type = this.int()
      types[i] = type as ParamType
      values[i] = this.paramValue(type)
    }
    return { shape: { names, types }, values }
  }

  private paramValue(type: number): ParamValue {
    switch (type) {
      case 1:
        return this.int()
      case 2:
        return this.uint()
      case 3:
        return this.hyper()
      case 4:
        return this.uhyper()
      case 5:
        return this.double()
      case 6:
        return this.bool()
      case 7:
        return this.string(4194304)
      default:
        return fail(`typed parameter of the unknown type ${type}`)
    }
  }
}

function untilNul(bytes: Buffer): string {
  const nul = bytes.indexOf(0)
  return bytes.toString('utf8', 0, nul < 0 ? bytes.length : nul)
}

declare global {
  // Node's own short cuts around toString and write, present in every version and not in its types.
  interface Buffer {
    utf8Slice(start: number, end: number): string
  }
}
