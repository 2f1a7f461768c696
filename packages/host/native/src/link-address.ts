// SPDX-License-Identifier: LGPL-2.1-or-later
// Addresses of links as text and as bytes.
import { isIPv4, isIPv6, SocketAddress } from 'node:net'

/** A hardware address, `52:54:00:12:34:56`. @throws TypeError */
export function macBytes(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw new TypeError(`'${text}' is no hardware address`)
  return Uint8Array.from(text.split(':'), (pair) => Number.parseInt(pair, 16))
}

/** The bytes of a hardware address as text. */
export function macText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':')
}

/** An address with its prefix, `192.168.122.1/24`: family, bytes and prefix. @throws TypeError */
export function parseAddress(text: string): { family: 2 | 10; bytes: Uint8Array; prefix: number } {
  const [address = '', length = '', ...rest] = text.split('/')
  const family = isIPv4(address) ? 2 : 10
  const prefix = Number(length)
  const fits = /^\d+$/.test(length) && prefix <= (family === 2 ? 32 : 128)
  if (!fits || rest.length > 0 || (family === 10 && !isIPv6(address)) || address.includes('%'))
    throw new TypeError(`'${text}' is no address with a prefix, such as 192.168.122.1/24`)
  return { family, bytes: family === 2 ? Uint8Array.from(address.split('.'), Number) : bytesOf6(address), prefix }
}

/** Bytes of an address as text. */
export function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  )
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}

function bytesOf6(address: string): Uint8Array {
  // The last 32 bits may be written as of IPv4.
  const plain = address.replace(/\d+\.\d+\.\d+\.\d+$/, (four) => {
    const [a = 0, b = 0, c = 0, d = 0] = four.split('.').map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
  const [head = '', tail] = plain.split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = Array<string>(tail === undefined ? 0 : 8 - before.length - after.length).fill('0')
  return Uint8Array.from(
    [...before, ...zeros, ...after].flatMap((group) => {
      const value = Number.parseInt(group, 16)
      return [value >> 8, value & 255]
    }),
  )
}
