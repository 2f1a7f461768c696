// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory: sizes, memoryLimits, the balloon's figures.
import type { Domain } from '@virt/conf'
import type { Resolvers, SlotMethods, SlotTable } from '@virt/core'
import { Affect, memoryLimits, paramsFrom, readParams, requireActive } from '@virt/stateful'
import { documentOf, oneDocument, replace } from './domain-impact.js'
import type { TestDomain } from './domain-record.js'
import { internalError, invalidArg, operationInvalid } from './errors.js'
import type { TestState } from './state.js'

const maximum = 4
/** How libvirt says "no limit", in KiB. */
const unlimited = 9007199254740991n

function limit(value: bigint | undefined): bigint {
  return value === undefined || value > unlimited ? unlimited : value
}

/** What a document keeps of a limit. */
function kept(value: bigint | undefined): bigint | undefined {
  return value === undefined || value >= unlimited ? undefined : value
}

function resize(document: Domain, memory: bigint, asMaximum: boolean): Domain {
  if (!asMaximum) return { ...document, currentMemory: memory }
  const current = document.currentMemory ?? document.memory?.value ?? 0n
  return {
    ...document,
    memory: { ...document.memory, value: memory },
    currentMemory: current > memory ? memory : current,
  }
}

/** Tags of `virDomainMemoryStatTags` with what the balloon says, given its size in KiB. */
const balloonFigures: readonly (readonly [tag: number, value: (size: bigint) => bigint])[] = [
  [6, (size) => size],
  [0, () => 0n],
  [1, () => 0n],
  [2, () => 0n],
  [3, () => 0n],
  [4, (size) => size / 2n],
  [5, (size) => size],
  [8, (size) => size / 2n],
  [9, () => 627319920n],
  [10, (size) => size / 8n],
  [11, () => 0n],
  [12, () => 0n],
  [7, (size) => size / 2n],
]

function hasBalloon(document: Domain): boolean {
  const model = document.devices?.memballoon?.model
  return model !== undefined && model !== 'none'
}

export const memorySupport: SlotTable = {
  domainSetMaxMemory: {},
  domainSetMemory: {},
  domainSetMemoryFlags: { flags: 7, fn: 'testDomainSetMemoryFlags' },
  domainSetMemoryStatsPeriod: { flags: 3, fn: 'testDomainSetMemoryStatsPeriod' },
  domainMemoryStats: { flags: 0, fn: 'testDomainMemoryStats' },
  domainMemoryPeek: { flags: 3, fn: 'testDomainMemoryPeek' },
  domainGetMemoryParameters: { flags: 7, fn: 'testDomainGetMemoryParameters', count: memoryLimits.names.length },
  domainSetMemoryParameters: { flags: 3, fn: 'testDomainSetMemoryParameters' },
}

export function memorySlots(state: TestState): SlotMethods & Resolvers {
  const setMemory = (domain: TestDomain, memory: bigint, flags: number): void => {
    const which = oneDocument(domain, flags)
    const document = documentOf(domain, which)
    const asMaximum = (flags & maximum) !== 0
    if (asMaximum && domain.active && which === 'def')
      throw operationInvalid('cannot resize the maximum memory on an active domain')
    if (!asMaximum && memory > (document.memory?.value ?? 0n))
      throw invalidArg('cannot set memory higher than max memory')
    replace(state, domain, which, resize(document, memory, asMaximum))
  }
  return {
    domainSetMaxMemory: (_call, domain: TestDomain, memory) => setMemory(domain, memory, maximum),
    domainSetMemory: (_call, domain: TestDomain, memory) => setMemory(domain, memory, Affect.live),
    domainSetMemoryFlags: (_call, domain: TestDomain, memory, flags) => setMemory(domain, memory, flags),
    domainSetMemoryStatsPeriod(_call, domain: TestDomain, period, flags) {
      const which = oneDocument(domain, flags)
      const document = documentOf(domain, which)
      const { devices } = document
      if (devices?.memballoon === undefined || !hasBalloon(document))
        throw internalError('No memory balloon device configured, can not set the collection period')
      const memballoon = { ...devices.memballoon, stats: period === 0 ? undefined : period }
      replace(state, domain, which, { ...document, devices: { ...devices, memballoon } })
    },
    domainMemoryStats(_call, domain: TestDomain) {
      requireActive(domain)
      if (!hasBalloon(domain.def)) return []
      return balloonFigures.map(([tag, value]) => ({ tag, val: value(domain.memory) }))
    },
    domainMemoryPeek(_call, domain: TestDomain, _offset, size, flags) {
      if (flags !== 1 && flags !== 2)
        throw invalidArg('flags parameter must be VIR_MEMORY_VIRTUAL or VIR_MEMORY_PHYSICAL')
      requireActive(domain)
      return Uint8Array.from({ length: size }, (_, i) => i)
    },
    domainGetMemoryParameters(_call, domain: TestDomain, flags) {
      const { memtune } = documentOf(domain, oneDocument(domain, flags & 3))
      return paramsFrom(memoryLimits, {
        hard_limit: limit(memtune?.hard_limit),
        soft_limit: limit(memtune?.soft_limit),
        swap_hard_limit: limit(memtune?.swap_hard_limit),
      })
    },
    domainSetMemoryParameters(_call, domain: TestDomain, params, flags) {
      const given = readParams(params, memoryLimits)
      const which = oneDocument(domain, flags)
      const asked = (name: string): bigint | undefined => {
        const value = given.get(name)
        return value === undefined ? undefined : BigInt(value as bigint)
      }
      const hard = asked('hard_limit')
      const swap = asked('swap_hard_limit')
      // parity: the pair is compared with the document in force, whichever is changed.
      const inForce = domain.def.memtune
      if (
        (hard !== undefined || swap !== undefined) &&
        (hard ?? limit(inForce?.hard_limit)) > (swap ?? limit(inForce?.swap_hard_limit))
      )
        throw invalidArg('memory hard_limit tunable value must be lower than or equal to swap_hard_limit')
      const document = documentOf(domain, which)
      const memtune = {
        ...document.memtune,
        ...(hard === undefined ? {} : { hard_limit: kept(hard) }),
        ...(given.has('soft_limit') ? { soft_limit: kept(asked('soft_limit')) } : {}),
        ...(swap === undefined ? {} : { swap_hard_limit: kept(swap) }),
      }
      replace(state, domain, which, { ...document, memtune })
    },
  }
}
