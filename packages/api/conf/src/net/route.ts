// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules for static routes, of networks and inside guests. Attributes that cannot be read are left as text by the reader, so
// that errors name the one whose route it is.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { maskAddress, networkPrefix, numericAddress, type SocketAddress } from './socket-address.js'

/** Longest prefix of a family. */
export const longest = { ipv4: 32, ipv6: 128 } as const

/** A `<route>`. */
export interface Route {
  family?: string | undefined
  address?: string | undefined
  netmask?: string | undefined
  prefix?: number | undefined
  gateway?: string | undefined
}

/** Length of the prefix, whichever way it is said; undefined for a mask with holes. */
export function prefixOf(
  { netmask, prefix }: Pick<Route, 'netmask' | 'prefix'>,
  address: SocketAddress,
): number | undefined {
  return networkPrefix(address, netmask === undefined ? undefined : numericAddress(netmask), prefix)
}

/**
 * Checks a route.
 * @param who what errors call the one that has it
 * @throws VirtError
 */
export function checkRoute(who: string, route: Route): void {
  const { address, netmask, gateway, family, prefix } = route
  const bad = (message: string): never => {
    throw virtError(ErrorNumber.XML_ERROR, ErrorDomain.NETWORK, `${who}: ${message}`)
  }
  if (address === undefined) return bad('Missing required address attribute in route definition')
  if (gateway === undefined) return bad('Missing required gateway attribute in route definition')
  const own = numericAddress(address) ?? bad(`Bad network address '${address}' in route definition`)
  const mask = netmask === undefined ? undefined : numericAddress(netmask)
  if (netmask !== undefined && mask === undefined) bad(`Bad netmask address '${netmask}' in route definition`)
  const next = numericAddress(gateway) ?? bad(`Bad gateway address '${gateway}' in route definition`)
  const said = family === undefined ? 'No' : 'IPv4'
  switch (family) {
    case undefined:
    case 'ipv4':
      if (own.family !== 'ipv4') bad(`${said} family specified for non-IPv4 address '${address}' in route definition`)
      // parity: the address is named where the gateway is meant.
      if (next.family !== 'ipv4') bad(`${said} family specified for non-IPv4 gateway '${address}' in route definition`)
      if (mask !== undefined && mask.family !== 'ipv4')
        bad(`${said} family specified for non-IPv4 netmask '${netmask}' in route definition`)
      if (mask !== undefined && prefix !== undefined) bad('Route definition cannot have both a prefix and a netmask')
      break
    case 'ipv6':
      if (own.family !== 'ipv6') bad(`ipv6 family specified for non-IPv6 address '${address}' in route definition`)
      if (mask !== undefined) bad(`Specifying netmask invalid for IPv6 address '${address}' in route definition`)
      if (next.family !== 'ipv6') bad(`ipv6 specified for non-IPv6 gateway address '${gateway}' in route definition`)
      break
    default:
      bad(`Unrecognized family '${family as string}' in route definition`)
  }
  const most = longest[own.family]
  if (prefix !== undefined && prefix > most)
    bad(`Invalid prefix ${prefix} specified in route definition, must be 0 - ${most}`)
  // parity: the classes of addresses do not count here, a route without a mask is one to everywhere.
  const length = mask === undefined ? (prefix ?? 0) : prefixOf(route, own)
  if (length === undefined || maskAddress(own, length)?.value !== own.value)
    bad(`Address '${address}' in route definition is not a network address`)
}
