// SPDX-License-Identifier: LGPL-2.1-or-later
// Limits that disks of a guest share: set, changed, taken away.
import type { Domain, ThrottleGroup } from '@virt/conf'
import { type Call, Param, type Resolvers, type SlotMethods, type SlotTable, type TypedParams } from '@virt/core'
import { readParams } from '@virt/stateful'
import { throttleId, throttleLimits, throttleObject } from '../devices/throttle-groups.js'
import { modifyDomain } from '../domain/modify.js'
import { type QemuDomain, refOf } from '../domain/record.js'
import { invalidArg } from '../errors.js'
import type { Run } from '../process/run.js'
import type { QemuState } from '../state.js'
import { checkBursts, checkLimits, type Given, mergedLimits, tuneShape } from './throttle-limits.js'

export const throttleGroupSupport: SlotTable = {
  domainSetThrottleGroup: { flags: 3, fn: 'qemuDomainSetThrottleGroup' },
  domainDelThrottleGroup: { flags: 3, fn: 'qemuDomainDelThrottleGroup' },
}

const groupOf = ({ throttlegroups }: Domain, name: string): ThrottleGroup | undefined =>
  throttlegroups.find((one) => one.group_name === name)

function withGroup(document: Domain, name: string, given: Given): Domain {
  const before = groupOf(document, name)
  // differs: libvirt 11.3 takes the name from the parameters; without it there, it keeps a group that has none, or ends.
  const group: ThrottleGroup = { ...mergedLimits(before, given), group_name: name }
  const { throttlegroups } = document
  return {
    ...document,
    throttlegroups:
      before === undefined ? [...throttlegroups, group] : throttlegroups.map((one) => (one === before ? group : one)),
  }
}

async function tellQemu({ monitor }: Run, group: ThrottleGroup, isNew: boolean): Promise<void> {
  if (isNew) await monitor.command('object-add', throttleObject(group))
  else
    await monitor.command('qom-set', {
      path: `/objects/${throttleId(group.group_name ?? '')}`,
      property: 'limits',
      value: throttleLimits(group),
    })
}

/** Who listens is told of what was set. */
function tell(state: QemuState, domain: QemuDomain, name: string, { shape: given, values }: TypedParams): void {
  const named = given.names.map((own, i) => [own, given.types[i], values[i]] as const)
  const rows = [['group_name', Param.string, name] as const, ...named.filter(([own]) => own !== 'group_name')]
  const params = {
    shape: {
      names: rows.map(([own]) => `blkdeviotune.${own}`),
      types: rows.map(([, type]) => type ?? Param.ullong),
    },
    values: rows.map(([, , value]) => value ?? 0n),
  }
  state.domains.change(domain, (change) => change.emit('domain', 'tunable', { dom: refOf(domain), params }))
}

async function setGroup(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  name: string,
  params: TypedParams,
  flags: number,
): Promise<void> {
  const given = readParams(params, tuneShape)
  checkLimits(given)
  const changed = (document: Domain): Domain => withGroup(document, name, given)
  await modifyDomain(state, call, domain, flags, {
    // parity: bursts are compared with what the call itself says, not with what the group has.
    checkLive: () => void checkBursts(mergedLimits(undefined, given)),
    async live(document, run) {
      const group = groupOf(changed(document), name)
      if (group !== undefined) await tellQemu(run, group, groupOf(document, name) === undefined)
      tell(state, domain, name, params)
      return changed
    },
    config: changed,
  })
}

function withoutGroup(document: Domain, name: string): Domain {
  for (const { throttlefilters, target } of document.devices?.disks ?? [])
    if (throttlefilters.some(({ group }) => group === name))
      throw invalidArg(`throttle group '${name}' is still being used by disk ${target?.dev ?? ''}`)
  return { ...document, throttlegroups: document.throttlegroups.filter((one) => one.group_name !== name) }
}

export function throttleGroupSlots(state: QemuState): SlotMethods & Resolvers {
  return {
    domainSetThrottleGroup: (call, domain: QemuDomain, name, params, flags) =>
      setGroup(state, call, domain, name, params, flags),
    async domainDelThrottleGroup(call, domain: QemuDomain, name = '', flags) {
      const changed = (document: Domain): Domain => withoutGroup(document, name)
      await modifyDomain(state, call, domain, flags, {
        checkLive: (document) => void changed(document),
        async live(_document, { monitor }) {
          await monitor.command('object-del', { id: throttleId(name) })
          return changed
        },
        config: changed,
      })
    },
  }
}
