// SPDX-License-Identifier: LGPL-2.1-or-later
// Statistics of many domains at once, and of one domain's CPUs.
import {
  type DomainRef,
  type DomainStatsRecord,
  ErrorNumber,
  listed,
  type ParamShape,
  type ParamType,
  type ParamValue,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  type TypedParams,
} from '@virt/core'
import { cpuTimeEach, cpuTimeTotal, Param, paramShape, requireActive } from '@virt/stateful'
import { filterOf } from './domain-list.js'
import { refOf, type TestDomain } from './domain-record.js'
import { invalidArg, testError } from './errors.js'
import type { TestState } from './state.js'

/** `virDomainStatsTypes` */
const Group = { state: 1, iothread: 128 } as const
const groups = Group.state | Group.iothread
const enforce = 0x80000000

const stateShape: ParamShape = paramShape({ 'state.state': Param.int, 'state.reason': Param.int })
const noShape: ParamShape = paramShape({})

const cpuTotals = [48_772_617_035n, 5_540_000_000n, 6_460_000_000n]
const cpuRows = [
  [24_386_308_517n, 23_151_740_627n],
  [24_386_308_518n, 23_151_740_628n],
]

/** A list with the shapes of its parts, one after the other. */
function join(shape: ParamShape, rows: readonly (readonly ParamValue[])[], width: number): TypedParams {
  const names = shape.names.slice(0, width)
  const types = shape.types.slice(0, width)
  return {
    shape: { names: rows.flatMap(() => names), types: rows.flatMap(() => types) },
    values: rows.flatMap((row) => row.slice(0, width)),
  }
}

function withThreads(domain: TestDomain, before: readonly ParamValue[]): TypedParams {
  const names: string[] = before.length > 0 ? [...stateShape.names] : []
  const types: ParamType[] = before.length > 0 ? [...stateShape.types] : []
  const values = [...before]
  const put = (name: string, type: ParamType, value: ParamValue): void => {
    names.push(name)
    types.push(type)
    values.push(value)
  }
  const threads = [...(domain.threads?.values() ?? [])]
  put('iothread.count', Param.uint, threads.length)
  for (const { id, pollMax, pollGrow, pollShrink } of threads) {
    put(`iothread.${id}.poll-max-ns`, Param.ullong, pollMax)
    put(`iothread.${id}.poll-grow`, Param.uint, pollGrow)
    put(`iothread.${id}.poll-shrink`, Param.uint, pollShrink)
  }
  return { shape: { names, types }, values }
}

function statsOf(domain: TestDomain, wanted: number): TypedParams {
  const state = wanted & Group.state ? [domain.state, domain.reason] : []
  if (wanted & Group.iothread && domain.active && (domain.threads?.size ?? 0) > 0) return withThreads(domain, state)
  return { shape: state.length > 0 ? stateShape : noShape, values: state }
}

export const statsSupport: SlotTable = {
  connectGetAllDomainStats: { flags: 0xe00000ff, fn: 'testConnectGetAllDomainStats' },
  domainGetCPUStats: { flags: 4, fn: 'testDomainGetCPUStats' },
}

export function statsSlots(state: TestState): SlotMethods & Resolvers {
  return {
    connectGetAllDomainStats(call, doms: readonly DomainRef[], stats, flags) {
      const unknown = (stats & ~groups) >>> 0
      if (flags & enforce && unknown !== 0)
        throw testError(
          ErrorNumber.ARGUMENT_UNSUPPORTED,
          `Stats types bits 0x${unknown.toString(16)} are not supported by this daemon`,
        )
      const wanted = stats === 0 ? groups : stats
      const filter = filterOf(flags & 0xff)
      const chosen =
        doms.length === 0
          ? state.domains.list(filter)
          : doms.flatMap((ref) => {
              const domain = state.domains.byUuid(ref.uuid)
              return domain !== undefined && (filter === undefined || filter(domain)) ? [domain] : []
            })
      return listed(
        call,
        'domain',
        chosen,
        (all): readonly DomainStatsRecord[] =>
          all.map((domain) => ({ dom: refOf(domain), params: statsOf(domain, wanted) })),
        'read',
      )
    },
    domainGetCPUStats(_call, domain: TestDomain, nparams, startCpu, ncpus) {
      requireActive(domain)
      const none: TypedParams = { shape: noShape, values: [] }
      if (startCpu === -1) {
        if (nparams === 0) return { params: none, nparams: cpuTimeTotal.names.length }
        const width = Math.min(nparams, cpuTimeTotal.names.length)
        return { params: join(cpuTimeTotal, [cpuTotals], width), nparams: width }
      }
      if (nparams === 0) return { params: none, nparams: ncpus === 0 ? cpuRows.length : cpuTimeEach.names.length }
      if (startCpu >= cpuRows.length)
        throw invalidArg(`start_cpu ${startCpu} larger than maximum of ${cpuRows.length - 1}`)
      const width = Math.min(nparams, cpuTimeEach.names.length)
      return { params: join(cpuTimeEach, cpuRows.slice(startCpu, startCpu + ncpus), width), nparams: width }
    },
  }
}
