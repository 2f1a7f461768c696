// SPDX-License-Identifier: LGPL-2.1-or-later
// Netlink as bytes: messages, attributes, answers. Numbers are in the byte order of the machine.
import { endianness } from 'node:os'

const little = endianness() === 'LE'
const headerSize = 16
const nested = 0x8000
const align = (size: number): number => (size + 3) & ~3

/** Flags of requests. */
export const requestFlags = { request: 0x1, ack: 0x4, excl: 0x200, create: 0x400, dump: 0x300 } as const

/** An attribute to send: a number of 8, 16 or 32 bits, text (ended by a zero byte), bytes, or attributes in it. */
export type Attribute = readonly [type: number, value: AttributeValue]
type AttributeValue = { u8: number } | { u16: number } | { u32: number } | string | Uint8Array | readonly Attribute[]

/** A message that came. */
export interface NetlinkMessage {
  readonly type: number
  readonly flags: number
  readonly seq: number
  readonly body: Uint8Array
}

/** A buffer with its numbers. */
export function viewOf(bytes: Uint8Array): {
  u16(at: number): number
  u32(at: number): number
  i32(at: number): number
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    u16: (at) => view.getUint16(at, little),
    u32: (at) => view.getUint32(at, little),
    i32: (at) => view.getInt32(at, little),
  }
}

/** Numbers one after the other, each of so many bytes. */
export function pack(...numbers: readonly (readonly [size: 1 | 2 | 4, value: number])[]): Uint8Array {
  const bytes = new Uint8Array(numbers.reduce((sum, [size]) => sum + size, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [size, value] of numbers) {
    if (size === 1) view.setUint8(at, value)
    else if (size === 2) view.setUint16(at, value, little)
    else view.setUint32(at, value, little)
    at += size
  }
  return bytes
}

/** A whole message: header, the family's own header, attributes. */
export function encode(
  type: number,
  flags: number,
  seq: number,
  header: Uint8Array,
  attributes: readonly Attribute[],
): Uint8Array {
  const parts = [header, ...attributes.map(encodeAttribute)]
  const size = parts.reduce((sum, part) => sum + align(part.length), headerSize)
  const bytes = new Uint8Array(size)
  bytes.set(pack([4, size], [2, type], [2, flags], [4, seq], [4, 0]))
  let at = headerSize
  for (const part of parts) {
    bytes.set(part, at)
    at += align(part.length)
  }
  return bytes
}

/** An attribute as bytes. */
export function encodeAttribute([type, value]: Attribute): Uint8Array {
  const inner = Array.isArray(value)
  const body = inner ? join((value as readonly Attribute[]).map(encodeAttribute)) : scalar(value as AttributeValue)
  const bytes = new Uint8Array(4 + body.length)
  bytes.set(pack([2, bytes.length], [2, inner ? type | nested : type]))
  bytes.set(body, 4)
  return bytes
}

function scalar(value: AttributeValue): Uint8Array {
  if (typeof value === 'string') return Buffer.from(`${value}\0`)
  if (value instanceof Uint8Array) return value
  if ('u8' in value) return pack([1, value.u8])
  if ('u16' in value) return pack([2, value.u16])
  if ('u32' in value) return pack([4, value.u32])
  throw new TypeError('no attribute of netlink')
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + align(part.length), 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += align(part.length)
  }
  return bytes
}

/** The messages of one read; what is cut off at the end is left out. */
export function* decode(bytes: Uint8Array): Generator<NetlinkMessage> {
  const view = viewOf(bytes)
  for (let at = 0; at + headerSize <= bytes.length; ) {
    const size = view.u32(at)
    if (size < headerSize || at + size > bytes.length) return
    const body = bytes.subarray(at + headerSize, at + size)
    yield { type: view.u16(at + 4), flags: view.u16(at + 6), seq: view.u32(at + 8), body }
    at += align(size)
  }
}

/** Attributes by number; of one that comes twice the last counts. */
export function attributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>()
  const view = viewOf(bytes)
  for (let at = 0; at + 4 <= bytes.length; ) {
    const size = view.u16(at)
    if (size < 4 || at + size > bytes.length) break
    found.set(view.u16(at + 2) & 0x3fff, bytes.subarray(at + 4, at + size))
    at += align(size)
  }
  return found
}

/** Text up to its zero byte. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString()
}
