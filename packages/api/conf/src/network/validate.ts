// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules between the parts of a network.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { checkRoute } from '../net/route.js'
import type { Pass } from '../runtime/context.js'
import { checkGateways, checkIp } from './addresses.js'
import type { Network, NetworkSrv } from './types.gen.js'

function reject(message: string, number: number = ErrorNumber.XML_ERROR): never {
  throw virtError(number, ErrorDomain.NETWORK, message)
}

/** What a record of a service says of where the service is, it can say only with a target. */
function checkSrv(srv: NetworkSrv, name: string): void {
  const where = `for service '${srv.service}' in network '${name}'`
  for (const key of ['port', 'priority', 'weight'] as const) {
    const value = srv[key]
    if (value === undefined) continue
    if (srv.target === undefined)
      reject(`DNS SRV ${key} attribute not permitted without target ${where}`, ErrorNumber.XML_DETAIL)
    if (value > 65535 || (key === 'port' && value === 0))
      reject(`invalid DNS SRV ${key} attribute ${where}`, ErrorNumber.XML_DETAIL)
  }
}

export const checks: readonly Pass<Network>[] = [
  {
    name: 'dns',
    run: ({ name = '', dns }) => {
      for (const srv of dns?.srvs ?? []) checkSrv(srv, name)
      for (const txt of dns?.txts ?? [])
        if (/[ ,]/.test(txt.name))
          reject(`prohibited character in DNS TXT record name '${txt.name}' of network ${name}`, ErrorNumber.XML_DETAIL)
      for (const host of dns?.hosts ?? [])
        if (host.hostnames.length === 0)
          reject(`Missing hostname in network '${name}' DNS HOST record`, ErrorNumber.XML_DETAIL)
      if (dns?.enable !== false) return
      if (
        dns.forwarders.length + dns.txts.length + dns.srvs.length + dns.hosts.length > 0 ||
        dns.forwardPlainNames !== undefined
      )
        reject(`Extra data in disabled network '${name}'`)
    },
  },
  {
    name: 'addresses',
    run(network) {
      for (const ip of network.ips) checkIp(network, ip)
      for (const route of network.routes) checkRoute(network.name ?? '', route)
    },
  },
  {
    name: 'forward',
    run(network) {
      const { name, forward, ips, bridge } = network
      const first = forward?.interfaces[0]
      if (forward?.dev !== undefined && first?.kind === 'interface' && first.dev !== forward.dev)
        reject(`<forward dev='${forward.dev}'> must match first <interface dev='${first.dev}'/> in network ${name}`)
      const ports = forward?.nat?.port
      if (ports !== undefined && !((ports.end ?? 0) >= (ports.start ?? 0)))
        reject(
          `Missing or invalid 'end' attribute in <port> in <nat> in <forward> in network ${name}`,
          ErrorNumber.XML_DETAIL,
        )
      if (forward?.nat !== undefined && forward.mode !== 'nat')
        reject(`The <nat> element can only be used when <forward> 'mode' is 'nat' in network ${name}`)
      switch (forward?.mode) {
        case 'route':
        case 'nat':
          if (ips.length === 0)
            reject(`${forward.mode} forwarding requested, but no IP address provided for network '${name}'`)
          break
        case 'open':
          if (forward.dev !== undefined || forward.interfaces.length > 0)
            reject(`forward dev not allowed for network '${name}' with forward mode='${forward.mode}'`)
          break
        case 'private':
        case 'vepa':
        case 'passthrough':
        case 'hostdev':
          if (bridge?.name !== undefined) reject(`bridge name not allowed in ${forward.mode} mode (network '${name}')`)
      }
      checkGateways(network)
    },
  },
]
