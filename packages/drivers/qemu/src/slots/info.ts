// SPDX-License-Identifier: LGPL-2.1-or-later
// Small facts of a guest.
import type { Resolvers, SlotMethods, SlotTable } from '@virt/core'
import { mapOfBits, requireActive } from '@virt/stateful'
import type { QemuDomain } from '../domain/record.js'
import { operationInvalid } from '../errors.js'
import { lastProcessor, processTimes } from '../process/usage.js'
import { affinityOf } from '../resources/threads.js'
import type { QemuState } from '../state.js'

export const infoSupport: SlotTable = {
  domainGetInfo: {},
  domainGetState: { flags: 0, fn: 'qemuDomainGetState' },
  domainGetOSType: {},
  domainGetMaxMemory: {},
  domainIsActive: {},
  domainIsPersistent: {},
  domainIsUpdated: {},
  domainGetControlInfo: { flags: 0, fn: 'qemuDomainGetControlInfo' },
  domainGetVcpus: {},
  domainHasManagedSaveImage: { flags: 0, fn: 'qemuDomainHasManagedSaveImage' },
}

/** `virDomainControlState` */
const control = { ok: 0, job: 1, occupied: 2 } as const
/** `virVcpuState` */
const vcpuState = { offline: 0, running: 1 } as const

export function infoSlots(state: QemuState): SlotMethods & Resolvers {
  const { clock } = state.services
  return {
    domainGetInfo(_call, domain: QemuDomain) {
      const times = domain.run === undefined ? undefined : processTimes(domain.run.facts.pid)
      return {
        state: domain.state,
        maxMem: domain.maxMemory,
        memory: domain.memory,
        nrVirtCpu: domain.vcpus,
        cpuTime: times === undefined ? 0n : times.user + times.system,
      }
    },
    domainGetState: (_call, domain: QemuDomain) => ({ state: domain.state, reason: domain.reason }),
    domainGetOSType: (_call, domain: QemuDomain) => domain.def.os?.type?.type ?? 'hvm',
    domainGetMaxMemory: (_call, domain: QemuDomain) => domain.maxMemory,
    domainIsActive: (_call, domain: QemuDomain) => domain.active,
    domainIsPersistent: (_call, domain: QemuDomain) => domain.persistent,
    domainIsUpdated: () => false,
    domainHasManagedSaveImage: (_call, domain: QemuDomain) => domain.managedSave,
    domainGetControlInfo(_call, domain: QemuDomain) {
      requireActive(domain)
      const { async: long, running } = domain.jobs
      if (long !== undefined) return { state: control.job, details: 0, stateTime: BigInt(clock.now() - long.started) }
      return { state: running === undefined ? control.ok : control.occupied, details: 0, stateTime: 0n }
    },
    domainGetVcpus(_call, domain: QemuDomain, maxInfo, mapLength) {
      if (!domain.active) throw operationInvalid('cannot retrieve vcpu information for inactive domain')
      const { facts } = domain.run ?? {}
      const threads = (facts?.vcpus ?? []).slice(0, maxInfo)
      const pid = facts?.pid ?? 0
      const info = threads.map(({ id, thread }) => {
        const { user, system } = processTimes(pid, thread)
        return { number: id, state: vcpuState.running, cpuTime: user + system, cpu: lastProcessor(pid, thread) }
      })
      // Maps of those that are not there are empty.
      const cpumaps = new Uint8Array(maxInfo * mapLength)
      for (const [i, { thread }] of threads.entries())
        cpumaps.set(mapOfBits(affinityOf(state, thread), mapLength), i * mapLength)
      return { info, cpumaps }
    },
  }
}
