// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules between the parts of a network.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { checkRoute } from '../net/route.js'
import type { Pass } from '../runtime/context.js'
import { checkIp } from './addresses.js'
import { checkMode } from './forward.js'
import type { Network, NetworkSrv } from './types.gen.js'

function reject(message: string, number: number = ErrorNumber.XML_ERROR): never {
  throw virtError(number, ErrorDomain.NETWORK, message)
}

/** What a record of a service says of where the service is, it can say only with a target. */
function checkSrv(srv: NetworkSrv, name: string): void {
  const odd = `in DNS SRV record of network '${name}'`
  if (/[^a-zA-Z0-9_\-*+/]/.test(srv.service))
    reject(`invalid character in service attribute '${srv.service}' ${odd}`, ErrorNumber.XML_DETAIL)
  if (/[^a-zA-Z0-9\-+/]/.test(srv.protocol))
    reject(`invalid character in protocol attribute '${srv.protocol}' ${odd}`, ErrorNumber.XML_DETAIL)
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

/** The sums that a network's own limits are; a guest's share of them is for the guest to say. */
function checkLimits({ bandwidth, portgroups }: Network): void {
  for (const limits of [bandwidth, ...portgroups.map((group) => group.bandwidth)]) {
    if (limits?.classID !== undefined)
      reject('classID attribute not supported on <bandwidth> in this usage context', ErrorNumber.XML_DETAIL)
    if (limits?.inbound?.floor !== undefined)
      reject('floor attribute is not supported for this config', ErrorNumber.CONFIG_UNSUPPORTED)
  }
}

const parts = { ip: 'IP address', hostnames: 'hostname' } as const

export const checks: readonly Pass<Network>[] = [
  {
    name: 'name',
    run: ({ name = '', title }) => {
      if (name.includes('/')) throw virtError(ErrorNumber.XML_DETAIL, ErrorDomain.XML, 'invalid char in name: /')
      if (title?.includes('\n')) reject("Network title can't contain newlines")
    },
  },
  {
    name: 'own address and domain',
    run: ({ name, mac, domain }) => {
      if (mac !== undefined && Number.parseInt(mac.slice(0, 2), 16) % 2 === 1)
        reject(`Invalid multicast bridge mac address '${mac}' in network '${name}'`)
      if (domain?.register === true && domain.localOnly !== true)
        reject(
          `attribute 'register=yes' in <domain> element requires 'localOnly=yes' in network ${name}`,
          ErrorNumber.CONFIG_UNSUPPORTED,
        )
    },
  },
  { name: 'limits', run: checkLimits },
  {
    name: 'dns',
    run: ({ name = '', dns }) => {
      for (const srv of dns?.srvs ?? []) checkSrv(srv, name)
      for (const txt of dns?.txts ?? [])
        if (/[ ,]/.test(txt.name))
          reject(`prohibited character in DNS TXT record name '${txt.name}' of network ${name}`, ErrorNumber.XML_DETAIL)
      for (const host of dns?.hosts ?? [])
        for (const part of ['ip', 'hostnames'] as const)
          if (host[part] === undefined || host[part].length === 0)
            reject(`Missing ${parts[part]} in network '${name}' DNS HOST record`, ErrorNumber.XML_DETAIL)
      if (dns?.enable !== false) return
      if (
        dns.forwarders.length + dns.txts.length + dns.srvs.length + dns.hosts.length > 0 ||
        dns.forwardPlainNames !== undefined
      )
        reject(`Extra data in disabled network '${name}'`)
    },
  },
  {
    name: 'virtual port',
    run: ({ virtualport }) => {
      if (virtualport !== undefined && virtualport.type === undefined) reject('missing required virtualport type')
    },
  },
  {
    name: 'addresses',
    run(network) {
      for (const ip of network.ips) checkIp(network, ip)
      for (const route of network.routes) checkRoute(network.name ?? '', route)
    },
  },
  { name: 'forward', run: checkMode },
]
