// SPDX-License-Identifier: LGPL-2.1-or-later
// How much of the host's memory a guest may have, and from which nodes.
import type { Domain, NumatuneMode } from '@virt/conf'
import { ErrorDomain, ErrorNumber, type Resolvers, type SlotMethods, type SlotTable, virtError } from '@virt/core'
import { type MemoryLimit, memoryLimit, setMemoryLimit, unlimitedMemory } from '@virt/linux'
import {
  impactOf,
  memoryLimits,
  numaModes,
  numaParams,
  numaWish,
  paramsFrom,
  rangesOf,
  readParams,
} from '@virt/stateful'
import { documentOf, modifyDomain } from '../domain/modify.js'
import type { QemuDomain } from '../domain/record.js'
import { invalidArg, operationInvalid } from '../errors.js'
import { setting } from '../resources/group.js'
import { threadGroupNames } from '../resources/threads.js'
import type { QemuState } from '../state.js'
import { groupWith, requireSystem } from './tuning-impact.js'

const limits = memoryLimits.names as readonly MemoryLimit[]

export const memoryTuningSupport: SlotTable = {
  domainGetMemoryParameters: { flags: 0x7, fn: 'qemuDomainGetMemoryParameters' },
  domainSetMemoryParameters: { flags: 0x3, fn: 'qemuDomainSetMemoryParameters' },
  domainGetNumaParameters: { flags: 0x7, fn: 'qemuDomainGetNumaParameters' },
  domainSetNumaParameters: { flags: 0x3, fn: 'qemuDomainSetNumaParameters' },
}

type Given = ReadonlyMap<MemoryLimit, bigint>

function withLimits(document: Domain, given: Given): Domain {
  const set = Object.fromEntries([...given].map(([name, size]) => [name, size >= unlimitedMemory ? undefined : size]))
  return { ...document, memtune: { ...document.memtune, ...set } }
}

/** Swap counts with memory: there cannot be less of both than of one. @throws VirtError `invalid-arg` */
function checkLimits({ memtune }: Domain, given: Given): void {
  const hard = given.get('hard_limit') ?? memtune?.hard_limit ?? unlimitedMemory
  const swap = given.get('swap_hard_limit') ?? memtune?.swap_hard_limit ?? unlimitedMemory
  if (hard > swap)
    throw virtError(
      ErrorNumber.INVALID_ARG,
      ErrorDomain.DOMAIN,
      'memory hard_limit tunable value must be lower than or equal to swap_hard_limit',
    )
}

/** A group knows nothing beyond no limit at all. @throws VirtError `invalid-arg` */
function checkCountable(given: Given): void {
  for (const size of given.values())
    if (size > unlimitedMemory)
      throw virtError(
        ErrorNumber.INVALID_ARG,
        ErrorDomain.CGROUP,
        `Memory '${size}' must be less than ${unlimitedMemory}`,
      )
}

/** In an order in which none is ever above what it has to be below. */
function inOrder(given: Given, { memtune }: Domain): [MemoryLimit, bigint][] {
  const rows = [...given]
  const grows = (given.get('swap_hard_limit') ?? 0n) > (memtune?.swap_hard_limit ?? unlimitedMemory)
  return grows
    ? rows.sort(([a]) => (a === 'swap_hard_limit' ? -1 : 1))
    : rows.sort(([a]) => (a === 'swap_hard_limit' ? 1 : -1))
}

function withNodes(document: Domain, mode: NumatuneMode | undefined, nodes: readonly number[] | undefined): Domain {
  const before = document.numatune?.memory
  if (before?.nodeset === undefined && nodes === undefined)
    throw virtError(
      ErrorNumber.CONFIG_UNSUPPORTED,
      ErrorDomain.DOMAIN,
      "nodeset for NUMA memory tuning must be set if 'placement' is 'static'",
    )
  const memory = {
    ...before,
    mode: mode ?? before?.mode ?? 'strict',
    ...(nodes === undefined ? {} : { nodeset: rangesOf(nodes), placement: 'static' as const }),
  }
  return { ...document, numatune: { memnodes: [], ...document.numatune, memory } }
}

export function memoryTuningSlots(state: QemuState): SlotMethods & Resolvers {
  return {
    async domainGetMemoryParameters(_call, domain: QemuDomain, flags) {
      requireSystem(state, 'Memory tuning')
      const document = documentOf(domain, flags)
      const live = impactOf(domain, flags & 3).live
      const group = live ? groupWith(domain, 'memory') : undefined
      const rows = await Promise.all(
        limits.map(async (name) => {
          const size = group === undefined ? document.memtune?.[name] : await memoryLimit(group, name)
          return [name, size ?? unlimitedMemory] as const
        }),
      )
      return paramsFrom(memoryLimits, Object.fromEntries(rows))
    },
    async domainSetMemoryParameters(call, domain: QemuDomain, params, flags) {
      requireSystem(state, 'Memory tuning')
      const given: Given = new Map(
        [...readParams(params, memoryLimits)].map(([name, size]) => [name as MemoryLimit, BigInt(size)]),
      )
      await modifyDomain(state, call, domain, flags, {
        checkLive(document) {
          groupWith(domain, 'memory')
          checkLimits(document, given)
          checkCountable(given)
        },
        async live(document) {
          const group = groupWith(domain, 'memory')
          for (const [name, size] of inOrder(given, document)) await setting(setMemoryLimit(group, name, size))
          return (now) => withLimits(now, given)
        },
        config(document) {
          checkLimits(document, given)
          return withLimits(document, given)
        },
      })
    },
    domainGetNumaParameters(_call, domain: QemuDomain, flags) {
      const memory = documentOf(domain, flags).numatune?.memory
      return paramsFrom(numaParams, {
        numa_mode: Math.max(0, numaModes.indexOf(memory?.mode ?? 'strict')),
        numa_nodeset: memory?.nodeset ?? '',
      })
    },
    async domainSetNumaParameters(call, domain: QemuDomain, params, flags) {
      const { mode, nodes, text } = numaWish(readParams(params, numaParams), invalidArg)
      if (nodes?.length === 0) throw operationInvalid(`Invalid nodeset of 'numatune': ${text}`)
      await modifyDomain(state, call, domain, flags, {
        checkLive(document) {
          requireSystem(state, 'NUMA tuning')
          groupWith(domain, 'cpuset')
          const before = document.numatune?.memory?.mode ?? 'strict'
          if (mode !== undefined && mode !== before)
            throw operationInvalid("can't change numatune mode for running domain")
          if (nodes !== undefined && before !== 'strict' && before !== 'restrictive')
            throw operationInvalid('change of nodeset for running domain requires strict numa mode')
          withNodes(document, mode, nodes)
        },
        async live(document) {
          if (nodes !== undefined) {
            const group = groupWith(domain, 'cpuset')
            for (const name of threadGroupNames(document)) {
              const threads = group.threads(name)
              if (await threads.exists()) await setting(threads.write('cpuset', 'cpuset.mems', rangesOf(nodes)))
            }
          }
          return (now) => withNodes(now, mode, nodes)
        },
        config: (document) => withNodes(document, mode, nodes),
      })
    },
  }
}
