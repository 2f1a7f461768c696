// SPDX-License-Identifier: LGPL-2.1-or-later
// Statistics of many guests at once.
import {
  type DomainRef,
  type DomainStatsRecord,
  ErrorNumber,
  isVirtError,
  listed,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
} from '@virt/core'
import { type QemuDomain, refOf } from '../domain/record.js'
import { qemuError } from '../errors.js'
import type { QemuState } from '../state.js'
import { statsGroups } from '../stats/groups.js'
import { StatsList } from '../stats/list.js'
import { type Filter, filterOf } from './list.js'

/** `virConnectGetAllDomainStatsFlags` beyond the filters of lists. */
const Flag = { nowait: 1 << 29, backing: 1 << 30, enforce: 0x80000000 } as const

const supported = statsGroups.reduce((all, [bit]) => all | bit, 0)

export const statsSupport: SlotTable = {
  connectGetAllDomainStats: { flags: 0xe00000ff, fn: 'qemuConnectGetAllDomainStats' },
}

async function statsOf(domain: QemuDomain, wanted: number, flags: number): Promise<DomainStatsRecord> {
  const list = new StatsList()
  const backing = (flags & Flag.backing) !== 0
  const groups = statsGroups.filter(([bit]) => wanted & bit)
  const fill = async (asks: boolean): Promise<void> => {
    for (const [, group, needsQemu] of groups) {
      const silent = needsQemu && !asks
      await group({ domain, run: silent ? undefined : domain.run, list, backing })
    }
  }
  // parity: with `nowait` a guest that is busy answers with what needs nobody's answer.
  const busy = (flags & Flag.nowait) !== 0 && !domain.jobs.idle
  const asks = domain.run !== undefined && !busy && groups.some(([, , needsQemu]) => needsQemu)
  if (!asks) await fill(false)
  else
    await domain.jobs.run(
      undefined,
      'query',
      () => fill(domain.run !== undefined),
      'remoteDispatchConnectGetAllDomainStats',
    )
  return { dom: refOf(domain), params: list.params }
}

export function statsSlots(state: QemuState): SlotMethods & Resolvers {
  const chosen = (doms: readonly DomainRef[], filter: Filter | undefined): QemuDomain[] =>
    doms.length === 0
      ? state.domains.list(filter)
      : doms.flatMap((ref) => {
          const domain = state.domains.byUuid(ref.uuid)
          return domain !== undefined && (filter === undefined || filter(domain)) ? [domain] : []
        })
  return {
    connectGetAllDomainStats(call, doms: readonly DomainRef[], stats, flags) {
      const unknown = (stats & ~supported) >>> 0
      if (flags & Flag.enforce && unknown !== 0)
        throw qemuError(
          ErrorNumber.ARGUMENT_UNSUPPORTED,
          `Stats types bits 0x${unknown.toString(16)} are not supported by this daemon or QEMU`,
        )
      const wanted = stats === 0 ? supported : stats
      const found = chosen(doms, filterOf(flags & 0xff))
      // One that cannot answer is left out of nobody else's answer.
      const one = async (domain: QemuDomain): Promise<DomainStatsRecord[]> =>
        await statsOf(domain, wanted, flags).then(
          (record) => [record],
          (error: unknown) => {
            if (!isVirtError(error)) throw error
            return []
          },
        )
      return listed(call, 'domain', found, async (all) => (await Promise.all(all.map(one))).flat(), 'read')
    },
  }
}
