// SPDX-License-Identifier: LGPL-2.1-or-later
// IP addresses as numbers: reading any numeric form that the C library reads, and the arithmetic of networks.
import { ErrorDomain, ErrorNumber, systemError, type VirtError, virtError } from '@virt/core'
import { maskPrefix, prefixMask, printIp, readLooseIp } from '../lang/address.js'

export type AddressFamily = 'ipv4' | 'ipv6'
/** A numeric address with a port. */
export interface SocketAddress {
  readonly family: AddressFamily
  readonly value: bigint
  /** 0 where none was given. */
  readonly port: number
}

const width = { ipv4: 32, ipv6: 128 } as const
const digit = { ipv4: 4, ipv6: 6 } as const
/** Addresses that one range of DHCP or NAT may have, less one. */
const rangeLimit = 65_535n

/**
 * Reads a numeric address. IPv4 may have fewer than four parts, octal and hexadecimal ones, as inet_aton has it.
 * @throws VirtError `system-error` when it is none, or of another family
 * @since 0.1.0, `virSocketAddrParse`
 */
export function parseSocketAddress(text: string, family?: AddressFamily): SocketAddress {
  const found = numericAddress(text)
  if (found !== undefined && (family === undefined || found.family === family)) return found
  const reason = found === undefined ? 'Name or service not known' : 'Address family for hostname not supported'
  throw systemError(-1, ErrorDomain.NONE, `Cannot parse socket address '${text}'`, reason)
}

/** Reads a numeric address; `undefined` when it is none, such as a host name. @since 0.1.0 */
export function numericAddress(text: string): SocketAddress | undefined {
  const read = readLooseIp(text)
  return read && { family: read.family === 4 ? 'ipv4' : 'ipv6', value: read.value, port: 0 }
}

/** The address as text. @since 0.1.0, `virSocketAddrFormat` */
export function formatSocketAddress(address: SocketAddress): string {
  return printIp({ family: digit[address.family], value: address.value })
}

/** Address, separator and port. @since 0.1.0, `virSocketAddrFormatFull` */
export function formatWithPort(address: SocketAddress, separator = ':'): string {
  return `${formatSocketAddress(address)}${separator}${address.port}`
}

/** Whether it means every address: `0.0.0.0`, `::`. @since 0.1.0, `virSocketAddrIsWildcard` */
export function isWildcard(address: SocketAddress): boolean {
  return address.value === 0n
}

/** Whether text is the address of this host itself: 127.0.0.1 or ::1 in any form. @since 0.1.0, `virSocketAddrIsNumericLocalhost` */
export function isNumericLocalhost(text: string): boolean {
  const address = numericAddress(text)
  return address?.value === (address?.family === 'ipv4' ? 0x7f000001n : 1n)
}

/** Whether it is meant for private networks (RFC 1918, fc00::/7, fec0::/10). @since 0.1.0, `virSocketAddrIsPrivate` */
export function isPrivate(address: SocketAddress): boolean {
  return privateNetworks.some(([net, prefix]) => {
    const network = numericAddress(net)
    return network?.family === address.family && maskAddress(address, prefix)?.value === network.value
  })
}
const privateNetworks = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['fc00::', 7],
  ['fec0::', 10],
] as const

/** Whether family, address and port are the same. @since 0.1.0, `virSocketAddrEqual` */
export function sameAddress(a: SocketAddress, b: SocketAddress): boolean {
  return a.family === b.family && a.value === b.value && a.port === b.port
}

/** Whether two addresses are in one network; `undefined` when the families differ or the mask has holes. @since 0.1.0, `virSocketAddrCheckNetmask` */
export function inSameNetwork(a: SocketAddress, b: SocketAddress, netmask: SocketAddress): boolean | undefined {
  if (a.family !== b.family || a.family !== netmask.family || netmaskBits(netmask) === undefined) return undefined
  return (a.value & netmask.value) === (b.value & netmask.value)
}

/** Bits of a netmask; `undefined` when it has holes. @since 0.1.0, `virSocketAddrGetNumNetmaskBits` */
export function netmaskBits(netmask: SocketAddress): number | undefined {
  return maskPrefix({ family: digit[netmask.family], value: netmask.value })
}

/** The netmask of a prefix; `undefined` when it is too long. @since 0.1.0, `virSocketAddrPrefixToNetmask` */
export function prefixToNetmask(prefix: number, family: AddressFamily): SocketAddress | undefined {
  if (!validPrefix(prefix, family)) return undefined
  return { family, value: prefixMask(digit[family], prefix), port: 0 }
}

/** The network an address lies in; `undefined` when the prefix is too long. @since 0.1.0, `virSocketAddrMaskByPrefix` */
export function maskAddress(address: SocketAddress, prefix: number): SocketAddress | undefined {
  const mask = prefixToNetmask(prefix, address.family)
  return mask && { family: address.family, value: address.value & mask.value, port: 0 }
}

/** The broadcast address of an IPv4 network; `undefined` for others. @since 0.1.0, `virSocketAddrBroadcastByPrefix` */
export function broadcastAddress(address: SocketAddress, prefix: number): SocketAddress | undefined {
  const mask = address.family === 'ipv4' ? prefixToNetmask(prefix, 'ipv4') : undefined
  return mask && { family: 'ipv4', value: (address.value & mask.value) | (0xffffffffn ^ mask.value), port: 0 }
}

/**
 * The prefix of a network: that of the netmask, else the one given, else that of the address's class (IPv6: 64).
 * @returns `undefined` for a mask with holes and for addresses without a class
 * @since 0.1.0, `virSocketAddrGetIPPrefix`
 */
export function networkPrefix(address: SocketAddress, netmask?: SocketAddress, prefix = 0): number | undefined {
  if (netmask !== undefined) return netmaskBits(netmask)
  if (prefix > 0) return prefix
  if (address.value === 0n) return 0
  if (address.family === 'ipv6') return 64
  const first = Number(address.value >> 24n)
  return first < 128 ? 8 : first < 192 ? 16 : first < 224 ? 24 : undefined
}

/**
 * The name that the network's reverse zone has in DNS; `undefined` when the prefix does not end with a whole label.
 * @since 0.1.0, `virSocketAddrPTRDomain`
 */
export function ptrDomain(address: SocketAddress, prefix: number): string | undefined {
  const step = address.family === 'ipv4' ? 8 : 4
  if (prefix <= 0 || prefix >= width[address.family] || prefix % step !== 0) return undefined
  const labels: string[] = []
  for (let bit = prefix; bit > 0; bit -= step) {
    const part = Number((address.value >> BigInt(width[address.family] - bit)) & BigInt((1 << step) - 1))
    labels.push(part.toString(step === 8 ? 10 : 16))
  }
  return `${labels.join('.')}.${address.family === 'ipv4' ? 'in-addr' : 'ip6'}.arpa`
}

/**
 * How many addresses a range has.
 * @param network where the range must lie in, with its prefix; neither its own nor, for IPv4, its broadcast address may be in it
 * @throws VirtError `internal-error` when the range is reversed, too large, of two families or not in the network
 * @since 0.1.0, `virSocketAddrGetRange`
 */
export function rangeSize(start: SocketAddress, end: SocketAddress, network?: SocketAddress, prefix = 0): number {
  const range = `range ${formatSocketAddress(start)} - ${formatSocketAddress(end)}`
  if (start.family !== end.family) throw rangeError(`mismatch of address family in ${range}`)
  if (network !== undefined) checkInside(start, end, network, prefix, range)
  if (start.family === 'ipv6' && start.value >> 16n !== end.value >> 16n) throw tooLarge(range)
  if (start.value > end.value)
    throw rangeError(start.family === 'ipv4' ? `${range} is reversed ` : `${range} start larger than end`)
  if (end.value - start.value > rangeLimit) throw tooLarge(range)
  return Number(end.value - start.value) + 1
}

function checkInside(
  start: SocketAddress,
  end: SocketAddress,
  network: SocketAddress,
  prefix: number,
  range: string,
): void {
  const name = formatSocketAddress(network)
  if (network.family !== start.family) throw rangeError(`mismatch of address family in ${range} for network ${name}`)
  const net = maskAddress(network, prefix)
  if (net === undefined) throw rangeError(`bad prefix ${prefix} for network ${name} when checking ${range}`)
  const inside = (address: SocketAddress): boolean => maskAddress(address, prefix)?.value === net.value
  if (!inside(start) || !inside(end)) throw rangeError(`${range} is not entirely within network ${name}/${prefix}`)
  if (start.family === 'ipv6') return
  if (start.value === net.value)
    throw rangeError(`start of ${range} in network ${name}/${prefix} is the network address`)
  if (end.value === broadcastAddress(network, prefix)?.value)
    throw rangeError(`end of ${range} in network ${name}/${prefix} is the broadcast address`)
}

function validPrefix(prefix: number, family: AddressFamily): boolean {
  return Number.isInteger(prefix) && prefix >= 0 && prefix <= width[family]
}

function tooLarge(range: string): VirtError {
  return rangeError(`${range} is too large (> ${rangeLimit})`)
}

function rangeError(detail: string): VirtError {
  return virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.NONE, detail)
}
