// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules for the addresses of a network: its own, what DHCP gives away, routes. Attributes that cannot be read are left as text by
// the reader, so that errors name the network.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { mac as macValue } from '../lang/value.js'
import { longest, prefixOf } from '../net/route.js'
import {
  type AddressFamily,
  numericAddress,
  parseSocketAddress,
  prefixToNetmask,
  rangeSize,
} from '../net/socket-address.js'
import type { Network, NetworkDhcpHost, NetworkDhcpRange, NetworkIp, NetworkLease } from './types.gen.js'

function invalid(message: string): never {
  throw virtError(ErrorNumber.XML_ERROR, ErrorDomain.NETWORK, message)
}

function unsupported(message: string): never {
  throw virtError(ErrorNumber.CONFIG_UNSUPPORTED, ErrorDomain.NETWORK, message)
}

/** Shortest lease in seconds, and what a unit is. */
const shortest = 120n
const seconds = { seconds: 1n, minutes: 60n, hours: 3600n } as const

function checkLease(lease: NetworkLease | undefined): void {
  const expiry = lease?.expiry ?? 0n
  if (lease !== undefined && expiry > 0n && expiry * seconds[lease.unit] < shortest)
    unsupported('The minimum lease time should be greater than 2 minutes')
}

/**
 * Checks a host that DHCP knows.
 * @param ip the addresses it is among
 * @param search only enough to find it by is needed
 * @throws VirtError `xml-error`
 */
export function checkHost({ name: network }: Network, ip: NetworkIp, host: NetworkDhcpHost, search = false): void {
  const { mac, id, name } = host
  if (mac !== undefined) {
    if (macValue.parse(mac) === undefined) invalid(`Cannot parse MAC address '${mac}' in network '${network}'`)
    if (Number.parseInt(mac.slice(0, 2), 16) % 2 === 1)
      invalid(`expected unicast mac address, found multicast '${mac}' in network '${network}'`)
    if (familyOf(ip) === 'ipv6')
      invalid(`Invalid to specify MAC address '${mac}' in network '${network}' IPv6 static host definition`)
  }
  const odd = /[^0-9a-fA-F:]/.exec(id ?? '')?.[0]
  if (odd !== undefined) invalid(`Invalid character '${odd}' in id '${id}' of network '${network}'`)
  if (name !== undefined && !/^[0-9A-Za-z]/.test(name))
    invalid(`Cannot use host name '${name}' in network '${network}'`)
  if (host.ip === undefined) {
    if (!search) invalid(`Missing IP address in static host definition for network '${network}'`)
  } else if (numericAddress(host.ip) === undefined)
    invalid(`Invalid IP address in static host definition for network '${network}'`)
  if (search) {
    if (mac === undefined && name === undefined && host.ip === undefined)
      invalid(
        `At least one of name, mac, or ip attribute must be specified for static host definition in network '${network}'`,
      )
  } else if (familyOf(ip) === 'ipv6') {
    if (id === undefined && name === undefined)
      invalid(`Static host definition in IPv6 network '${network}' must have id or name attribute`)
  } else if (mac === undefined && name === undefined)
    invalid(`Static host definition in IPv4 network '${network}' must have mac or name attribute`)
  checkLease(host.lease)
}

/** Checks a range that DHCP gives away. @throws VirtError */
export function checkRange({ name: network }: Network, ip: NetworkIp, { start, end, lease }: NetworkDhcpRange): void {
  if (start === undefined) invalid(`Missing 'start' attribute in dhcp range for network '${network}'`)
  const from = parseSocketAddress(start)
  if (end === undefined) invalid(`Missing 'end' attribute in dhcp range for network '${network}'`)
  const to = parseSocketAddress(end)
  const own = numericAddress(ip.address ?? '')
  rangeSize(from, to, own, own === undefined ? 0 : (prefixOf(ip, own) ?? -1))
  checkLease(lease)
}

const familyOf = (ip: NetworkIp): AddressFamily | undefined => numericAddress(ip.address ?? '')?.family

/** Checks one `<ip>` and what is in it. @throws VirtError */
export function checkIp(whole: Network, ip: NetworkIp): void {
  const { name } = whole
  const { address, netmask, family, prefix = 0 } = ip
  if (address === undefined) invalid(`Missing required address attribute in network '${name}'`)
  const own = numericAddress(address)
  if (own === undefined) invalid(`Invalid address '${address}' in network '${name}'`)
  const mask = netmask === undefined ? undefined : numericAddress(netmask)
  if (netmask !== undefined && mask === undefined) invalid(`Invalid netmask '${netmask}' in network '${name}'`)
  switch (family) {
    case undefined:
    case 'ipv4':
      if (own.family !== 'ipv4')
        unsupported(`${family ?? 'no'} family specified for non-IPv4 address '${address}' in network '${name}'`)
      if (mask !== undefined && prefix > 0)
        unsupported(`Network '${name}' IP address cannot have both a prefix and a netmask`)
      if (mask !== undefined && mask.family !== 'ipv4')
        unsupported(`Invalid netmask '${netmask}' for address '${address}' in network '${name}' (both must be IPv4)`)
      if (prefix > longest.ipv4) unsupported(`Invalid IPv4 prefix '${prefix}' in network '${name}'`)
      break
    case 'ipv6':
      if (own.family !== 'ipv6')
        unsupported(`Family 'ipv6' specified for non-IPv6 address '${address}' in network '${name}'`)
      if (mask !== undefined) unsupported(`netmask not allowed for IPv6 address '${address}' in network '${name}'`)
      if (prefix > longest.ipv6) unsupported(`Invalid IPv6 prefix '${prefix}' in network '${name}'`)
      break
    default:
      invalid(`Unrecognized family '${family as string}' in network '${name}'`)
  }
  for (const range of ip.dhcp?.ranges ?? []) checkRange(whole, ip, range)
  for (const host of ip.dhcp?.hosts ?? []) checkHost(whole, ip, host)
  const server = ip.dhcp?.bootp?.server
  if (server !== undefined) parseSocketAddress(server)
  if (ip.tftp !== undefined && own.family === 'ipv6')
    unsupported(`Unsupported <tftp> element in an IPv6 element in network '${name}'`)
}

/** Checks that the network itself reaches the gateways of its routes. @throws VirtError */
export function checkGateways({ name, ips, routes }: Network): void {
  for (const { gateway = '' } of routes) {
    const next = numericAddress(gateway)
    const reaches = (ip: NetworkIp): boolean => {
      const own = numericAddress(ip.address ?? '')
      if (next === undefined || own?.family !== next.family) return false
      const mask = prefixToNetmask(prefixOf(ip, own) ?? -1, own.family)
      return mask !== undefined && (own.value & mask.value) === (next.value & mask.value)
    }
    if (!ips.some(reaches)) unsupported(`unreachable static route gateway '${gateway}' specified for network '${name}'`)
  }
}
