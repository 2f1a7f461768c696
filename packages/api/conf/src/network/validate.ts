// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules between the parts of a network.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import type { Pass } from '../runtime/context.js'
import type { Network } from './types.gen.js'

function reject(message: string, number: number = ErrorNumber.XML_ERROR): never {
  throw virtError(number, ErrorDomain.NETWORK, message)
}

export const checks: readonly Pass<Network>[] = [
  {
    name: 'dns',
    run: ({ name, dns }) => {
      if (dns?.enable !== false) return
      if (
        dns.forwarders.length + dns.txts.length + dns.srvs.length + dns.hosts.length > 0 ||
        dns.forwardPlainNames !== undefined
      )
        reject(`Extra data in disabled network '${name}'`)
    },
  },
  {
    name: 'forward',
    run: (network) => {
      const { name, forward } = network
      if (forward?.mode !== 'open') return
      if (forward.dev !== undefined || forward.interfaces.length > 0)
        reject(`forward dev not allowed for network '${name}' with forward mode='${forward.mode}'`)
      if (network.ips.length === 0)
        reject(`${forward.mode} forwarding requested, but no IP address provided for network '${name}'`)
    },
  },
]
