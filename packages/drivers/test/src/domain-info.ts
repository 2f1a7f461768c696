// SPDX-License-Identifier: LGPL-2.1-or-later
// Small facts of a domain, answered from its record.
import type { Resolvers, SlotMethods, SlotTable } from '@virt/core'
import { requireActive } from '@virt/stateful'
import type { TestDomain } from './domain-record.js'
import type { TestState } from './state.js'

export const infoSupport: SlotTable = {
  domainGetInfo: {},
  domainGetState: { flags: 0, fn: 'testDomainGetState' },
  domainGetOSType: {},
  domainGetMaxMemory: {},
  domainIsActive: {},
  domainIsPersistent: {},
  domainIsUpdated: {},
  domainGetSecurityLabel: {},
  domainGetControlInfo: { flags: 0, fn: 'testDomainGetControlInfo' },
  domainGetHostname: { flags: 0, fn: 'testDomainGetHostname' },
}

export function infoSlots(state: TestState): SlotMethods & Resolvers {
  const { clock } = state.services
  return {
    domainGetInfo: (_call, domain: TestDomain) => ({
      state: domain.state,
      maxMem: domain.maxMemory,
      memory: domain.memory,
      nrVirtCpu: domain.vcpus,
      cpuTime: BigInt(clock.now()) * 1_000_000n,
    }),
    domainGetState: (_call, domain: TestDomain) => ({ state: domain.state, reason: domain.reason }),
    domainGetOSType: () => 'linux',
    domainGetMaxMemory: (_call, domain: TestDomain) => domain.maxMemory,
    domainIsActive: (_call, domain: TestDomain) => domain.active,
    domainIsPersistent: (_call, domain: TestDomain) => domain.persistent,
    domainIsUpdated: () => false,
    domainGetSecurityLabel: (_call, domain: TestDomain) =>
      domain.active ? { label: 'libvirt-test', enforcing: 1 } : { label: '', enforcing: 0 },
    domainGetControlInfo(_call, domain: TestDomain) {
      requireActive(domain)
      return { state: 0, details: 0, stateTime: 0n }
    },
    domainGetHostname(_call, domain: TestDomain) {
      requireActive(domain)
      return `${domain.name}host`
    },
  }
}
