// SPDX-License-Identifier: LGPL-2.1-or-later
// Counters of the host's processors that are kept of a guest.
import type { Domain, PerfEventName } from '@virt/conf'
import {
  ErrorDomain,
  type ParamValue,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  systemFailure,
} from '@virt/core'
import { Param, paramShape, paramsFrom, readParams } from '@virt/stateful'
import { documentOf, modifyDomain } from '../domain/modify.js'
import type { QemuDomain } from '../domain/record.js'
import type { QemuState } from '../state.js'

const names = (
  'cmt mbmt mbml cpu_cycles instructions cache_references cache_misses branch_instructions branch_misses bus_cycles ' +
  'stalled_cycles_frontend stalled_cycles_backend ref_cpu_cycles cpu_clock task_clock page_faults context_switches ' +
  'cpu_migrations page_faults_min page_faults_maj alignment_faults emulation_faults'
).split(' ') as PerfEventName[]
const shape = paramShape(Object.fromEntries(names.map((name) => [name, Param.boolean])))

export const perfSupport: SlotTable = {
  domainGetPerfEvents: { flags: 0x7, fn: 'qemuDomainGetPerfEvents' },
  domainSetPerfEvents: { flags: 0x3, fn: 'qemuDomainSetPerfEvents' },
}

function withEvents(document: Domain, given: ReadonlyMap<string, ParamValue>): Domain {
  const before = new Map((document.perf?.events ?? []).map(({ name, enabled }) => [name, enabled]))
  for (const [name, value] of given) before.set(name as PerfEventName, Boolean(value))
  const events = names.flatMap((name) => {
    const enabled = before.get(name)
    return enabled === undefined ? [] : [{ name, enabled }]
  })
  return { ...document, perf: { events } }
}

export function perfSlots(state: QemuState): SlotMethods & Resolvers {
  return {
    domainGetPerfEvents(_call, domain: QemuDomain, flags) {
      const events = documentOf(domain, flags).perf?.events ?? []
      return paramsFrom(shape, Object.fromEntries(events.map(({ name, enabled }) => [name, enabled])))
    },
    async domainSetPerfEvents(call, domain: QemuDomain, params, flags) {
      const given = readParams(params, shape)
      await modifyDomain(state, call, domain, flags, {
        checkLive() {
          const [wanted] = [...given].find(([, value]) => value === true) ?? []
          // differs: the driver opens no counters, so that a guest that runs gets none.
          if (wanted !== undefined)
            throw systemFailure(
              { code: 'ENOSYS' },
              ErrorDomain.PERF,
              `unable to open host cpu perf event for ${wanted}`,
            )
        },
        live: () => (document) => withEvents(document, given),
        config: (document) => withEvents(document, given),
      })
    },
  }
}
