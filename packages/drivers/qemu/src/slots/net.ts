// SPDX-License-Identifier: LGPL-2.1-or-later
// Figures and limits of a guest's network cards.
import type { Domain, Interface } from '@virt/conf'
import {
  type Call,
  type DomainInterfaceStats,
  ErrorDomain,
  ErrorNumber,
  type ParamValue,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  type TypedParams,
  virtError,
} from '@virt/core'
import { interfaceRates, readParams } from '@virt/stateful'
import { documentOf, modifyDomain } from '../domain/modify.js'
import type { QemuDomain } from '../domain/record.js'
import { configUnsupported, internalError, qemuError } from '../errors.js'
import { cardStats, linkFigures } from '../process/link-figures.js'
import { type Bandwidth, changeLimits } from '../resources/bandwidth.js'
import { isDirect } from '../resources/macvtaps.js'
import type { QemuState } from '../state.js'
import { runOf } from './impact.js'

export const netSupport: SlotTable = {
  domainInterfaceStats: {},
  domainGetInterfaceParameters: { flags: 7, fn: 'qemuDomainGetInterfaceParameters' },
  domainSetInterfaceParameters: { flags: 3, fn: 'qemuDomainSetInterfaceParameters' },
}

const isMac = (text: string): boolean => /^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/i.test(text)

/** The card by its MAC address, or by its device on this host. @throws VirtError `invalid-arg` */
function cardOf({ devices }: Domain, name: string): Interface {
  const all = devices?.interfaces ?? []
  const unknown = (detail: string): Error => virtError(ErrorNumber.INVALID_ARG, ErrorDomain.DOMAIN, detail)
  if (!isMac(name)) {
    const found = all.find((one) => one.target?.dev === name)
    if (found !== undefined) return found
  } else {
    const found = all.filter((one) => one.mac?.address?.toLowerCase() === name.toLowerCase())
    if (found.length > 1) throw unknown(`multiple interfaces matching mac address ${name}`)
    if (found[0] !== undefined) return found[0]
  }
  throw unknown(`'${name}' is not a known interface`)
}

async function interfaceStats(call: Call, domain: QemuDomain, name: string): Promise<DomainInterfaceStats> {
  return await domain.jobs.run(call, 'query', async () => {
    runOf(domain)
    const card = cardOf(domain.def, name)
    const device = card.target?.dev ?? ''
    if (device === '') throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.NONE, 'Interface name not provided')
    const figures = await linkFigures(device)
    if (figures === undefined) throw internalError('/proc/net/dev: Interface not found')
    return cardStats(figures, isDirect(card))
  })
}

type Direction = 'inbound' | 'outbound'
type Rate = 'average' | 'peak' | 'burst' | 'floor'

function parametersOf(card: Interface | undefined): TypedParams {
  const values = interfaceRates.names.map((name): ParamValue => {
    const [direction, rate] = name.split('.') as [Direction, Rate]
    const rates = card?.bandwidth?.[direction] as Partial<Record<Rate, bigint>> | undefined
    return Number(rates?.[rate] ?? 0n)
  })
  return { shape: interfaceRates, values }
}

/** The limits afterwards: who names an average says all of a direction. */
function changed({ bandwidth: before }: Interface, given: ReadonlyMap<string, ParamValue>): Bandwidth | undefined {
  const rates = (direction: Direction): object | undefined => {
    const named = [...given].filter(([key, value]) => key.startsWith(`${direction}.`) && Number(value) > 0)
    const row = Object.fromEntries(
      named.map(([key, value]) => [key.slice(direction.length + 1), BigInt(Number(value))]),
    )
    if ('average' in row || 'floor' in row) return row
    return given.has(`${direction}.average`) ? undefined : before?.[direction]
  }
  const [inbound, outbound] = [rates('inbound'), rates('outbound')]
  if (inbound === undefined && outbound === undefined) return undefined
  return { ...(inbound === undefined ? {} : { inbound }), ...(outbound === undefined ? {} : { outbound }) }
}

function withBandwidth(document: Domain, name: string, given: ReadonlyMap<string, ParamValue>): Domain {
  const { devices } = document
  const card = cardOf(document, name)
  if (devices === undefined) return document
  const bandwidth = changed(card, given)
  const interfaces = devices.interfaces.map((one) => (one === card ? ({ ...one, bandwidth } as Interface) : one))
  return { ...document, devices: { ...devices, interfaces } }
}

/** Only networks that route can promise anything. @throws VirtError `operation-unsupported` */
function refuseFloor(card: Interface, given: ReadonlyMap<string, ParamValue>): void {
  if (Number(given.get('inbound.floor') ?? 0) === 0) return
  throw qemuError(
    ErrorNumber.OPERATION_UNSUPPORTED,
    `Invalid use of 'floor' on interface with MAC address ${card.mac?.address ?? ''} - 'floor' is only supported for interface type 'network' with forward type 'nat', 'route', 'open' or none`,
  )
}

/** Cards whose host's end is a link that the kernel limits. */
const limited: ReadonlySet<string> = new Set(['network', 'bridge', 'direct', 'ethernet'])

function requireLimits({ type }: Interface): void {
  if (limited.has(type)) return
  throw configUnsupported(`setting bandwidth on interfaces of type '${type}' is not implemented yet`)
}

export function netSlots(state: QemuState): SlotMethods & Resolvers {
  return {
    domainInterfaceStats: (call, domain: QemuDomain, name) => interfaceStats(call, domain, name),
    domainGetInterfaceParameters(call, domain: QemuDomain, name, flags) {
      const document = documentOf(domain, flags & 3)
      // parity: their number does not depend on the card.
      return parametersOf(call.countOnly ? undefined : cardOf(document, name))
    },
    async domainSetInterfaceParameters(call, domain: QemuDomain, name, params, flags) {
      const given = readParams(params, interfaceRates)
      await modifyDomain(state, call, domain, flags, {
        checkLive(document) {
          const card = cardOf(document, name)
          requireLimits(card)
          refuseFloor(card, given)
        },
        async live(document) {
          const card = cardOf(document, name)
          await changeLimits(card, changed(card, given))
          return (now) => withBandwidth(now, name, given)
        },
        config(document) {
          requireLimits(cardOf(document, name))
          return withBandwidth(document, name, given)
        },
      })
    },
  }
}
