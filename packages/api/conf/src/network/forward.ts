// SPDX-License-Identifier: LGPL-2.1-or-later
// What `<forward>` may hold, and what a network that forwards in some way may say elsewhere.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { pciFault, pciText } from '../net/pci-address.js'
import { numericAddress, parseSocketAddress, rangeSize } from '../net/socket-address.js'
import { checkGateways } from './addresses.js'
import { ownsBridge } from './schema.js'
import type { Network, NetworkForward } from './types.gen.js'

function reject(message: string, number: number = ErrorNumber.XML_ERROR): never {
  throw virtError(number, ErrorDomain.NETWORK, message)
}

/** Refuses what is said twice or with holes. */
function checkDevices(forward: NetworkForward, name: string): void {
  const seen = new Set<string>()
  const once = (device: string, key: string): void => {
    if (seen.has(key)) reject(`${device} '${key}' can only be listed once in network ${name}`)
    seen.add(key)
  }
  for (const one of forward.interfaces) {
    if (one.kind === 'interface') {
      if (one.dev === undefined)
        reject(`Missing required dev attribute in <forward> <interface> element of network ${name}`)
      if (forward.dev !== undefined && seen.size === 0 && one.dev !== forward.dev)
        reject(`<forward dev='${forward.dev}'> must match first <interface dev='${one.dev}'/> in network ${name}`)
      once('interface', one.dev)
    } else {
      const fault = pciFault(one)
      if (fault !== undefined) reject(fault)
      once('PCI device', pciText(one))
    }
  }
}

/** The addresses and ports that NAT uses. */
function checkNat({ nat, mode }: NetworkForward, name: string): void {
  if (nat === undefined) return
  if (mode !== 'nat') reject(`The <nat> element can only be used when <forward> 'mode' is 'nat' in network ${name}`)
  const where = `in <address> element in <nat> in <forward> in network ${name}`
  if (nat.address !== undefined) {
    const { start, end } = nat.address
    if (start === undefined) reject(`missing 'start' attribute ${where}`)
    if (end === undefined) reject(`missing 'end' attribute ${where}`)
    for (const [key, address] of [
      ['start', start],
      ['end', end],
    ] as const)
      if (numericAddress(address)?.family !== 'ipv4')
        reject(`Bad ipv4 ${key} address '${address}' in <nat> in <forward> in network '${name}'`)
    rangeSize(parseSocketAddress(start), parseSocketAddress(end))
  }
  const { port } = nat
  const wrong = (key: string): never =>
    reject(
      `Missing or invalid '${key}' attribute in <port> in <nat> in <forward> in network ${name}`,
      ErrorNumber.XML_DETAIL,
    )
  if (port !== undefined && port.start === undefined) wrong('start')
  if (port !== undefined && !((port.end ?? 0) >= (port.start ?? 0))) wrong('end')
}

/** Refuses what a `<forward>` cannot be, and drops what the rest of it overrules. */
export function completeForward({ forward, name = '' }: Network): void {
  if (!forward) return
  checkNat(forward, name)
  const { interfaces, pf, dev } = forward
  const named = interfaces.filter((one) => one.kind === 'interface')
  if (dev !== undefined && (interfaces.length > named.length || pf !== undefined))
    reject(
      `the <forward> 'dev' attribute cannot be used when <address> or <pf> sub-elements are present in network ${name}`,
    )
  if (named.length > 0 && named.length < interfaces.length) forward.interfaces = named
  if (interfaces.length > 0) delete forward.pf
  checkDevices(forward, name)
  const [first] = forward.interfaces
  if (dev !== undefined && first === undefined) forward.interfaces = [{ kind: 'interface', dev }]
  else if (first?.kind === 'interface') forward.dev = first.dev
}

/** What a bridge of the host's, or none, cannot have. */
function checkForeignBridge({ name, forward, bridge, mtu }: Network, mode: string): void {
  const only = (what: string): never =>
    reject(`${what} only allowed in open, route, nat, and isolated mode, not in ${mode} (network '${name}')`)
  if (mode !== 'bridge') {
    if (bridge?.name !== undefined) reject(`bridge name not allowed in ${mode} mode (network '${name}')`)
    if (bridge?.zone !== undefined) reject(`bridge zone not allowed in ${mode} mode (network '${name}')`)
    if (bridge?.macTableManager !== undefined)
      reject(`bridge macTableManager setting not allowed in ${mode} mode (network '${name}')`)
  }
  if (bridge?.delay !== undefined || bridge?.stp !== undefined || bridge?.zone !== undefined)
    only('bridge delay/stp/zone options')
  if (bridge?.name !== undefined && ((forward?.interfaces.length ?? 0) > 0 || forward?.pf !== undefined))
    reject(
      `A network with forward mode='${mode}' can specify a bridge name or a forward dev, but not both (network '${name}')`,
    )
  if (mtu !== undefined && mtu > 0) only('mtu size')
}

/** Refuses what does not go with the way a network forwards. */
export function checkMode(network: Network): void {
  const { name, forward, ips } = network
  const mode = forward?.mode ?? 'none'
  if (mode === 'route' || mode === 'nat') {
    if (ips.length === 0) reject(`${mode} forwarding requested, but no IP address provided for network '${name}'`)
    if ((forward?.interfaces.length ?? 0) > 1)
      reject(`multiple forwarding interfaces specified for network '${name}', only one is supported`)
  }
  if (mode === 'open' && (forward?.dev !== undefined || (forward?.interfaces.length ?? 0) > 0))
    reject(`forward dev not allowed for network '${name}' with forward mode='${mode}'`)
  if (!ownsBridge(network)) checkForeignBridge(network, mode)
  checkGateways(network)
}
