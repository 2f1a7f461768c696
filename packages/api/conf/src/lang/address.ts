// SPDX-License-Identifier: LGPL-2.1-or-later
// IP addresses as text in canonical form, and the arithmetic that checks need.
import { isIPv4, isIPv6 } from 'node:net'
import type { Value } from './value.js'

/** An address as a number with its family. */
export interface IpNumber {
  family: 4 | 6
  value: bigint
}

/** Reads an address; `undefined` when it is none. */
export function readIp(raw: string): IpNumber | undefined {
  if (isIPv4(raw)) return { family: 4, value: raw.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n) }
  if (!isIPv6(raw) || raw.includes('%')) return undefined
  let groups = raw
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(raw)
  if (dotted?.[1] !== undefined && dotted[2] !== undefined) {
    const low = readIp(dotted[2])?.value ?? 0n
    groups = `${dotted[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`
  }
  const [head = '', tail] = groups.split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = tail === undefined ? [] : new Array<string>(8 - first.length - last.length).fill('0')
  const value = [...first, ...middle, ...last].reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n)
  return { family: 6, value }
}

/** Reads an address as the C library does: IPv4 may have fewer than four parts, octal and hexadecimal ones. */
export function readLooseIp(raw: string): IpNumber | undefined {
  const value = looseIpv4(raw)
  if (value !== undefined) return { family: 4, value }
  return raw.includes(':') ? readIp(raw) : undefined
}

/** One to four parts; the last fills what the others leave. */
function looseIpv4(raw: string): bigint | undefined {
  const parts = raw.split('.')
  if (parts.length > 4) return undefined
  let value = 0n
  for (const [i, part] of parts.entries()) {
    const number = readPart(part)
    const bits = i === parts.length - 1 ? BigInt(32 - 8 * i) : 8n
    if (number === undefined || number >> bits !== 0n) return undefined
    value = (value << bits) | number
  }
  return value
}

function readPart(part: string): bigint | undefined {
  if (/^0x[0-9a-f]{1,15}$/i.test(part)) return BigInt(part)
  if (/^0[0-7]{1,15}$/.test(part)) return BigInt(`0o${part}`)
  return /^(?:0|[1-9][0-9]{0,15})$/.test(part) ? BigInt(part) : undefined
}

/** Prints an address as the C library's inet_ntop does. */
export function printIp({ family, value }: IpNumber): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn))
  let best = { start: -1, length: 1 }
  for (let start = 0; start < 8; ) {
    let end = start
    while (end < 8 && groups[end] === 0) end++
    if (end - start > best.length) best = { start, length: end - start }
    start = end === start ? start + 1 : end
  }
  const hex = groups.map((group) => group.toString(16))
  const mapped = best.start === 0 && (best.length === 6 || (best.length === 5 && groups[5] === 0xffff))
  if (mapped) {
    const low = printIp({ family: 4, value: value & 0xffffffffn })
    return best.length === 6 ? `::${low}` : `::ffff:${low}`
  }
  if (best.start < 0) return hex.join(':')
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`
}

/** The mask of a prefix length. */
export function prefixMask(family: 4 | 6, prefix: number): bigint {
  const width = BigInt(family === 4 ? 32 : 128)
  return ((1n << BigInt(prefix)) - 1n) << (width - BigInt(prefix))
}

/** Prefix length of a contiguous mask; `undefined` when it has holes. */
export function maskPrefix({ family, value }: IpNumber): number | undefined {
  for (let prefix = 0; prefix <= (family === 4 ? 32 : 128); prefix++)
    if (prefixMask(family, prefix) === value) return prefix
  return undefined
}

function address(families: readonly (4 | 6)[]): Value {
  return {
    ts: 'string',
    json: families.length === 2 ? { type: 'string' } : { type: 'string', format: families[0] === 4 ? 'ipv4' : 'ipv6' },
    parse: (raw) => {
      if (families.includes(4) && isIPv4(raw)) return raw
      const read = readLooseIp(raw)
      return read && families.includes(read.family) ? printIp(read) : undefined
    },
    plain: true,
    strict: (raw) => readIp(raw) !== undefined,
  }
}

/** IPv4 or IPv6 address in canonical form. */
export const ip: Value = address([4, 6])
