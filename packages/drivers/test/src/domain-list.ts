// SPDX-License-Identifier: LGPL-2.1-or-later
// Finding domains.
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
import { refOf, type TestDomain } from './domain-record.js'
import { State } from './domain-state.js'
import { testError } from './errors.js'
import type { TestState } from './state.js'

type Filter = (domain: TestDomain) => boolean

/** `virConnectListAllDomainsFlags`: in each group one bit must hold, if any is set. */
const groups: readonly (readonly (readonly [number, Filter])[])[] = [
  [
    [1, (d) => d.active],
    [2, (d) => !d.active],
  ],
  [
    [4, (d) => d.persistent],
    [8, (d) => !d.persistent],
  ],
  [
    [16, (d) => d.state === State.running],
    [32, (d) => d.state === State.paused],
    [64, (d) => d.state === State.shutoff],
    [128, (d) => d.state !== State.running && d.state !== State.paused && d.state !== State.shutoff],
  ],
  [
    [256, (d) => d.managedSave],
    [512, (d) => !d.managedSave],
  ],
  [
    [1024, (d) => d.autostart],
    [2048, (d) => !d.autostart],
  ],
  [
    [4096, (d) => d.hasSnapshots],
    [8192, (d) => !d.hasSnapshots],
  ],
  [
    [16384, (d) => d.hasCheckpoints],
    [32768, (d) => !d.hasCheckpoints],
  ],
]

/** The filter that flags ask for; undefined when all pass. */
export function filterOf(flags: number): Filter | undefined {
  const tests = groups
    .map((group) => group.filter(([bit]) => flags & bit).map(([, test]) => test))
    .filter((group) => group.length > 0)
  return tests.length === 0 ? undefined : (domain) => tests.every((group) => group.some((test) => test(domain)))
}

/** The domain that a reference is to. @throws VirtError `no-domain` */
export function theDomain({ domains }: TestState, { uuid, name }: DomainRef): TestDomain {
  const domain = domains.byUuid(uuid)
  if (domain === undefined) throw testError(ErrorNumber.NO_DOMAIN, `no domain with matching uuid '${uuid}' (${name})`)
  return domain
}

export const listSupport: SlotTable = {
  connectListDomains: {},
  connectNumOfDomains: {},
  connectListDefinedDomains: {},
  connectNumOfDefinedDomains: {},
  connectListAllDomains: { flags: 0xffff, fn: 'testConnectListAllDomains' },
  domainLookupByID: {},
  domainLookupByName: {},
  domainLookupByUUID: {},
}

export function listSlots(state: TestState): SlotMethods & Resolvers {
  const { domains } = state
  const active: Filter = (domain) => domain.active
  const inactive: Filter = (domain) => !domain.active
  const found = (call: Call, domain: TestDomain | undefined): Answer<DomainRef> => {
    if (domain === undefined) throw testError(ErrorNumber.NO_DOMAIN)
    return permitted(call, domain, 0, () => refOf(domain))
  }
  const list = <R>(call: Call, filter: Filter | undefined, fn: (domains: readonly TestDomain[]) => R): Answer<R> =>
    listed(call, 'domain', domains.list(filter), fn)
  return {
    resolveDomain: (ref) => theDomain(state, ref),
    connectListDomains: (call) => list(call, active, (all) => all.map((domain) => domain.id)),
    connectNumOfDomains: (call) => list(call, active, (all) => all.length),
    connectListDefinedDomains: (call) => list(call, inactive, (all) => all.map((domain) => domain.name)),
    connectNumOfDefinedDomains: (call) => list(call, inactive, (all) => all.length),
    connectListAllDomains: (call, flags) => list(call, filterOf(flags), (all) => all.map(refOf)),
    domainLookupByID: (call, id) => found(call, domains.byId(id)),
    domainLookupByName: (call, name) => found(call, domains.byName(name)),
    domainLookupByUUID: (call, uuid) => found(call, domains.byUuid(uuid)),
  }
}
