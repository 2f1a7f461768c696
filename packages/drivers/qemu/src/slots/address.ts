// SPDX-License-Identifier: LGPL-2.1-or-later
// Which name and addresses a guest has: as its network gave them, as it says itself, as this host has seen them.
import { readFile } from 'node:fs/promises'
import {
  type Call,
  type DomainInterface,
  ErrorNumber,
  type NetworkDhcpLease,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
} from '@virt/core'
import { requireActive } from '@virt/stateful'
import { guestHostname } from '../agent/commands.js'
import { guestInterfaces } from '../agent/interfaces.js'
import type { QemuDomain } from '../domain/record.js'
import { argumentUnsupported, badArgument, qemuError } from '../errors.js'
import type { QemuState } from '../state.js'
import { withAgent } from './agent-lane.js'

/** `virDomainGetHostnameFlags` */
const Name = { lease: 1, agent: 2 } as const
/** `virDomainInterfaceAddressesSource` */
const Source = { lease: 0, agent: 1, arp: 2 } as const

export const addressSupport: SlotTable = {
  domainGetHostname: { flags: Name.lease | Name.agent, fn: 'qemuDomainGetHostname' },
  domainInterfaceAddresses: { flags: 0, fn: 'qemuDomainInterfaceAddresses' },
}

/** One card of the guest. */
interface Card {
  readonly mac: string
  readonly device: string
  /** The network it is plugged into, where it is one of this host's. */
  readonly network: string | undefined
}

function cardsOf({ def }: QemuDomain): Card[] {
  return (def.devices?.interfaces ?? []).map((one) => ({
    mac: one.mac?.address ?? '',
    device: one.target?.dev ?? '',
    network: one.type === 'network' ? one.source?.network : undefined,
  }))
}

async function leasesOf(state: QemuState, call: Call, { network, mac }: Card): Promise<readonly NetworkDhcpLease[]> {
  if (network === undefined) return []
  const peer = await state.services.peer('network')
  const found = await peer.networkLookupByName?.(call, network)
  if (found === undefined) return []
  return (await peer.networkGetDHCPLeases?.(call, found, mac, 0)) ?? []
}

async function leased(state: QemuState, call: Call, domain: QemuDomain): Promise<DomainInterface[]> {
  requireActive(domain)
  const found: DomainInterface[] = []
  for (const card of cardsOf(domain)) {
    const leases = await leasesOf(state, call, card)
    const [first] = leases
    if (first === undefined) continue
    const addrs = leases.map(({ type, ipaddr, prefix }) => ({ type, addr: ipaddr, prefix }))
    found.push({ name: first.iface, hwaddr: card.mac, addrs })
  }
  return found
}

/** What the kernel has seen on its links; of IPv4. */
async function seen(domain: QemuDomain): Promise<DomainInterface[]> {
  requireActive(domain)
  const rows = (await readFile('/proc/net/arp', 'utf8')).split('\n').slice(1)
  const known = rows.map((row) => row.split(/\s+/)).map(([addr = '', , , mac = '']) => ({ addr, mac }))
  return cardsOf(domain).flatMap(({ mac, device }): DomainInterface[] => {
    const addrs = known
      .filter((one) => one.mac.toLowerCase() === mac.toLowerCase())
      .map(({ addr }) => ({ type: 0, addr, prefix: 0 }))
    return addrs.length === 0 ? [] : [{ name: device, hwaddr: mac, addrs }]
  })
}

export function addressSlots(state: QemuState): SlotMethods & Resolvers {
  return {
    async domainGetHostname(call, domain: QemuDomain, flags) {
      if ((flags & Name.lease) !== 0 && (flags & Name.agent) !== 0)
        throw badArgument(
          "Flags 'VIR_DOMAIN_GET_HOSTNAME_LEASE' and 'VIR_DOMAIN_GET_HOSTNAME_AGENT' are mutually exclusive",
          'qemuDomainGetHostname',
          'ctl',
        )
      if (!(flags & Name.lease)) return await withAgent(call, domain, 'agentQuery', (agent) => guestHostname(agent))
      requireActive(domain)
      for (const card of cardsOf(domain)) {
        const name = (await leasesOf(state, call, card)).find(({ hostname }) => hostname !== undefined)?.hostname
        if (name !== undefined) return name
      }
      throw qemuError(ErrorNumber.NO_HOSTNAME, `no hostname found for domain ${domain.name}`)
    },
    async domainInterfaceAddresses(call, domain: QemuDomain, source) {
      switch (source) {
        case Source.lease:
          return await leased(state, call, domain)
        case Source.agent:
          requireActive(domain)
          return await withAgent(call, domain, 'agentQuery', (agent) => guestInterfaces(agent))
        case Source.arp:
          return await seen(domain)
        default:
          requireActive(domain)
          throw argumentUnsupported(`Unknown IP address data source ${source}`)
      }
    },
  }
}
