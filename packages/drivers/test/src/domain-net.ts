// SPDX-License-Identifier: LGPL-2.1-or-later
// Interfaces of a domain: figures, bandwidth, addresses.
import type { Bandwidth, BandwidthRate, Domain, Interface } from '@virt/conf'
import {
  type DomainIpAddr,
  ErrorDomain,
  ErrorNumber,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  virtError,
} from '@virt/core'
import { interfaceRates, paramsFrom, readParams, requireActive } from '@virt/stateful'
import { documentOf, oneDocument, replace } from './domain-impact.js'
import type { TestDomain } from './domain-record.js'
import { testError } from './errors.js'
import { guestAddress } from './guest-address.js'
import type { TestState } from './state.js'

/** The interface of that name or MAC. @throws VirtError `invalid-arg` */
function findInterface(document: Domain, device: string): Interface {
  const interfaces = document.devices?.interfaces ?? []
  const mac = device.toLowerCase()
  const found =
    interfaces.find((one) => one.target?.dev === device) ?? interfaces.find((one) => one.mac?.address === mac)
  if (found === undefined)
    throw virtError(ErrorNumber.INVALID_ARG, ErrorDomain.DOMAIN, `'${device}' is not a known interface`)
  return found
}

const rateKeys = ['average', 'peak', 'burst', 'floor'] as const

/** What a caller wants of one direction: another rate, none, or what there is. */
function rate(
  given: ReadonlyMap<string, unknown>,
  direction: 'inbound' | 'outbound',
  before: BandwidthRate | undefined,
): BandwidthRate | undefined {
  const wanted: BandwidthRate = {}
  for (const key of rateKeys) {
    const value = given.get(`${direction}.${key}`)
    if (value !== undefined && value !== 0) wanted[key] = BigInt(value as number)
  }
  if (wanted.average !== undefined || wanted.floor !== undefined) return wanted
  const specified = given.has(`${direction}.average`) || given.has(`${direction}.floor`)
  return specified ? undefined : before
}

/** `virDomainInterfaceAddressesSource`: lease, agent, ARP. */
const sources = 3

export const netSupport: SlotTable = {
  domainInterfaceStats: {},
  domainGetInterfaceParameters: {
    flags: 7,
    fn: 'testDomainGetInterfaceParameters',
    count: interfaceRates.names.length,
  },
  domainSetInterfaceParameters: { flags: 3, fn: 'testDomainSetInterfaceParameters' },
  domainInterfaceAddresses: { flags: 0, fn: 'testDomainInterfaceAddresses' },
}

export function netSlots(state: TestState): SlotMethods & Resolvers {
  const { clock } = state.services

  const addresses = (domain: TestDomain, one: Interface, index: number): DomainIpAddr[] => {
    if (one.type !== 'network') return [{ type: 0, addr: `192.168.0.${index + 1}`, prefix: 24 }]
    const name = one.source?.network ?? ''
    const network = state.networks.byName(name)
    if (network === undefined) throw testError(ErrorNumber.NO_NETWORK, `no network with matching name '${name}'`)
    const address = guestAddress(network.live, 20 * (domain.id - 1) + index + 1)
    return address === undefined ? [] : [address]
  }

  return {
    domainInterfaceStats(_call, domain: TestDomain, device) {
      requireActive(domain)
      findInterface(domain.def, device)
      const now = clock.now()
      const us = BigInt(now) * 1000n
      const seconds = BigInt(Math.floor(now / 1000))
      return {
        rxBytes: us / 10n,
        rxPackets: us / 100n,
        rxErrs: seconds,
        rxDrop: seconds / 2n,
        txBytes: us / 20n,
        txPackets: us / 110n,
        txErrs: seconds / 3n,
        txDrop: seconds / 4n,
      }
    },
    domainGetInterfaceParameters(_call, domain: TestDomain, device, flags) {
      const document = documentOf(domain, oneDocument(domain, flags & 3))
      const { bandwidth } = findInterface(document, device)
      return paramsFrom(
        interfaceRates,
        Object.fromEntries(
          (['inbound', 'outbound'] as const).flatMap((direction) =>
            rateKeys.map((key) => [`${direction}.${key}`, Number(bandwidth?.[direction]?.[key] ?? 0n)]),
          ),
        ),
      )
    },
    domainSetInterfaceParameters(_call, domain: TestDomain, device, params, flags) {
      const given = readParams(params, interfaceRates)
      const which = oneDocument(domain, flags)
      const document = documentOf(domain, which)
      const target = findInterface(document, device)
      const { devices } = document
      if (devices === undefined) return
      const bandwidth: Bandwidth = {
        ...target.bandwidth,
        inbound: rate(given, 'inbound', target.bandwidth?.inbound),
        outbound: rate(given, 'outbound', target.bandwidth?.outbound),
      }
      const used = bandwidth.inbound !== undefined || bandwidth.outbound !== undefined
      const interfaces = devices.interfaces.map((one) =>
        one === target ? { ...one, bandwidth: used ? bandwidth : undefined } : one,
      )
      replace(state, domain, which, { ...document, devices: { ...devices, interfaces } })
    },
    domainInterfaceAddresses(_call, domain: TestDomain, source) {
      if (source < 0 || source >= sources)
        throw testError(ErrorNumber.ARGUMENT_UNSUPPORTED, `Unknown IP address data source ${source | 0}`)
      requireActive(domain)
      return (domain.def.devices?.interfaces ?? []).map((one, index) => ({
        name: one.target?.dev ?? '',
        hwaddr: one.mac?.address,
        addrs: addresses(domain, one, index),
      }))
    },
  }
}
