// SPDX-License-Identifier: LGPL-2.1-or-later
// Finding guests.
import {
  type Answer,
  type Call,
  type DomainRef,
  ErrorNumber,
  listed,
  permitted,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
} from '@virt/core'
import { type QemuDomain, refOf } from '../domain/record.js'
import { State } from '../domain/states.js'
import { qemuError } from '../errors.js'
import type { QemuState } from '../state.js'

export type Filter = (domain: QemuDomain) => boolean

/** `virConnectListAllDomainsFlags`: in each group one bit must hold, if any is set. */
const groups: readonly (readonly (readonly [bit: number, holds: Filter])[])[] = [
  [
    [1, (one) => one.active],
    [2, (one) => !one.active],
  ],
  [
    [4, (one) => one.persistent],
    [8, (one) => !one.persistent],
  ],
  [
    [16, (one) => one.state === State.running],
    [32, (one) => one.state === State.paused],
    [64, (one) => one.state === State.shutoff],
    [128, (one) => one.state !== State.running && one.state !== State.paused && one.state !== State.shutoff],
  ],
  [
    [256, (one) => one.managedSave],
    [512, (one) => !one.managedSave],
  ],
  [
    [1024, (one) => one.autostart],
    [2048, (one) => !one.autostart],
  ],
  // No guest has snapshots or checkpoints here.
  [
    [4096, () => false],
    [8192, () => true],
  ],
  [
    [16384, () => false],
    [32768, () => true],
  ],
]

/** The filter that flags ask for; undefined when all pass. */
export function filterOf(flags: number): Filter | undefined {
  const asked = groups.flatMap((group) => {
    const tests = group.filter(([bit]) => flags & bit).map(([, holds]) => holds)
    return tests.length === 0 ? [] : [tests]
  })
  return asked.length === 0 ? undefined : (one) => asked.every((tests) => tests.some((holds) => holds(one)))
}

/** The guest that a reference is to. @throws VirtError `no-domain` */
function resolve({ domains }: QemuState, { uuid, name }: DomainRef): QemuDomain {
  const domain = domains.byUuid(uuid)
  if (domain !== undefined) return domain
  throw qemuError(ErrorNumber.NO_DOMAIN, `no domain with matching uuid '${uuid}'${name === '' ? '' : ` (${name})`}`)
}

export const listSupport: SlotTable = {
  connectListDomains: {},
  connectNumOfDomains: {},
  connectListDefinedDomains: {},
  connectNumOfDefinedDomains: {},
  connectListAllDomains: { flags: 0xffff, fn: 'qemuConnectListAllDomains' },
  domainLookupByID: {},
  domainLookupByName: {},
  domainLookupByUUID: {},
}

export function listSlots(state: QemuState): SlotMethods & Resolvers {
  const { domains } = state
  const active: Filter = (domain) => domain.active
  const inactive: Filter = (domain) => !domain.active
  const found = (call: Call, domain: QemuDomain | undefined, what: string): Answer<DomainRef> => {
    if (domain === undefined) throw qemuError(ErrorNumber.NO_DOMAIN, `no domain with matching ${what}`)
    return permitted(call, domain, 0, () => refOf(domain))
  }
  const list = <R>(call: Call, filter: Filter | undefined, fn: (found: readonly QemuDomain[]) => R): Answer<R> =>
    listed(call, 'domain', domains.list(filter), fn)
  return {
    resolveDomain: (ref) => resolve(state, ref),
    connectListDomains: (call) => list(call, active, (all) => all.map((domain) => domain.id)),
    connectNumOfDomains: (call) => list(call, active, (all) => all.length),
    connectListDefinedDomains: (call) => list(call, inactive, (all) => all.map((domain) => domain.name)),
    connectNumOfDefinedDomains: (call) => list(call, inactive, (all) => all.length),
    connectListAllDomains: (call, flags) => list(call, filterOf(flags), (all) => all.map(refOf)),
    domainLookupByID: (call, id) => found(call, domains.byId(id), `id ${id}`),
    domainLookupByName: (call, name) => found(call, domains.byName(name), `name '${name}'`),
    domainLookupByUUID: (call, uuid) => found(call, domains.byUuid(uuid), `uuid '${uuid}'`),
  }
}
