// SPDX-License-Identifier: LGPL-2.1-or-later
// Tunables of the whole domain: block I/O weights, NUMA placement, perf events, scheduler.
import type { BlkioDevice, PerfEventName } from '@virt/conf'
import {
  ErrorDomain,
  ErrorNumber,
  type ParamShape,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  virtError,
} from '@virt/core'
import { numaModes, numaParams, numaWish, Param, paramShape, paramsFrom, rangesOf, readParams } from '@virt/stateful'
import { documentOf, oneDocument, replace, theDocuments } from './domain-impact.js'
import type { TestDomain } from './domain-record.js'
import { invalidArg, operationInvalid } from './errors.js'
import type { TestState } from './state.js'

type DeviceKey = 'weight' | 'read_iops_sec' | 'write_iops_sec' | 'read_bytes_sec' | 'write_bytes_sec'

/** Per-device lists by parameter name: which field of a device they set. */
const deviceLists: Readonly<Record<string, DeviceKey>> = {
  device_weight: 'weight',
  device_read_iops_sec: 'read_iops_sec',
  device_write_iops_sec: 'write_iops_sec',
  device_read_bytes_sec: 'read_bytes_sec',
  device_write_bytes_sec: 'write_bytes_sec',
}
const longKeys: ReadonlySet<DeviceKey> = new Set(['read_bytes_sec', 'write_bytes_sec'])

const blkio: ParamShape = paramShape({
  weight: Param.uint,
  device_weight: Param.string,
  device_read_iops_sec: Param.string,
  device_write_iops_sec: Param.string,
  device_read_bytes_sec: Param.string,
  device_write_bytes_sec: Param.string,
})

function unusable(detail: string): Error {
  return virtError(ErrorNumber.INVALID_ARG, ErrorDomain.DOMAIN, detail)
}

/** Reads `/dev/a,1,/dev/b,2`. */
function parseDevices(name: string, text: string): [path: string, value: bigint][] {
  if (text === '') return []
  const parts = text.split(',')
  if (parts.length % 2 !== 0) throw unusable(`unable to parse blkio device '${name}' '${text}'`)
  const max = longKeys.has(deviceLists[name] as DeviceKey) ? 0xffffffffffffffffn : 0xffffffffn
  const found: [string, bigint][] = []
  for (let i = 0; i < parts.length; i += 2) {
    const [path = '', raw = ''] = [parts[i], parts[i + 1]]
    const value = /^\d+$/.test(raw) ? BigInt(raw) : undefined
    if (value === undefined || value > max)
      throw unusable(`invalid value '${raw}' for parameter '${name}' of device '${path}'`)
    found.push([path, value])
  }
  return found
}

function merge(devices: readonly BlkioDevice[], key: DeviceKey, values: [string, bigint][]): BlkioDevice[] {
  const merged = [...devices]
  for (const [path, value] of values) {
    const at = merged.findIndex((one) => one.path === path)
    const set = { ...(merged[at] ?? { path }), [key]: longKeys.has(key) ? value : Number(value) }
    if (at < 0) merged.push(set)
    else merged[at] = set
  }
  return merged
}

const perfNames: readonly PerfEventName[] = [
  'cmt',
  'mbmt',
  'mbml',
  'cpu_cycles',
  'instructions',
  'cache_references',
  'cache_misses',
  'branch_instructions',
  'branch_misses',
  'bus_cycles',
  'stalled_cycles_frontend',
  'stalled_cycles_backend',
  'ref_cpu_cycles',
  'cpu_clock',
  'task_clock',
  'page_faults',
  'context_switches',
  'cpu_migrations',
  'page_faults_min',
  'page_faults_maj',
  'alignment_faults',
  'emulation_faults',
]
const perf: ParamShape = paramShape(Object.fromEntries(perfNames.map((name) => [name, Param.boolean])))

const scheduler: ParamShape = paramShape({ weight: Param.uint })
const schedulerWeight = 50

const lifecycleKeys = ['on_poweroff', 'on_reboot', 'on_crash'] as const
const lifecycleActions = [
  'destroy',
  'restart',
  'rename-restart',
  'preserve',
  'coredump-destroy',
  'coredump-restart',
] as const

function noSuch(what: string, number: number): Error {
  return unusable(`invalid lifecycle ${what} '${number}'`)
}

export const tuneSupport: SlotTable = {
  domainGetBlkioParameters: { flags: 7, fn: 'testDomainGetBlkioParameters', count: blkio.names.length },
  domainSetBlkioParameters: { flags: 3, fn: 'testDomainSetBlkioParameters' },
  domainGetNumaParameters: { flags: 7, fn: 'testDomainGetNumaParameters', count: numaParams.names.length },
  domainSetNumaParameters: { flags: 3, fn: 'testDomainSetNumaParameters' },
  domainGetPerfEvents: { flags: 7, fn: 'testDomainGetPerfEvents' },
  domainSetPerfEvents: { flags: 3, fn: 'testDomainSetPerfEvents' },
  domainGetSchedulerType: {},
  domainGetSchedulerParameters: {},
  domainGetSchedulerParametersFlags: { flags: 0, fn: 'testDomainGetSchedulerParametersFlags' },
  domainSetSchedulerParameters: {},
  domainSetSchedulerParametersFlags: { flags: 0, fn: 'testDomainSetSchedulerParametersFlags' },
  domainSetLifecycleAction: { flags: 3, fn: 'testDomainSetLifecycleAction' },
}

export function tuneSlots(state: TestState): SlotMethods & Resolvers {
  const getScheduler = (): ReturnType<typeof paramsFrom> => paramsFrom(scheduler, { weight: schedulerWeight })
  return {
    domainGetBlkioParameters(_call, domain: TestDomain, flags) {
      const { blkiotune } = documentOf(domain, oneDocument(domain, flags & 3))
      const list = (key: DeviceKey): string =>
        (blkiotune?.devices ?? [])
          .filter((one) => one[key])
          .map((one) => `${one.path},${one[key]}`)
          .join(',')
      return paramsFrom(blkio, {
        weight: blkiotune?.weight,
        ...Object.fromEntries(Object.entries(deviceLists).map(([name, key]) => [name, list(key)])),
      })
    },
    domainSetBlkioParameters(_call, domain: TestDomain, params, flags) {
      const given = readParams(params, blkio)
      const which = oneDocument(domain, flags)
      const document = documentOf(domain, which)
      let { weight, devices } = document.blkiotune ?? { weight: undefined, devices: [] }
      for (const [name, value] of given) {
        const key = deviceLists[name]
        if (key === undefined) weight = Number(value)
        else devices = merge(devices, key, parseDevices(name, String(value)))
      }
      replace(state, domain, which, { ...document, blkiotune: { weight, devices } })
    },
    domainGetNumaParameters(_call, domain: TestDomain, flags) {
      const { numatune } = documentOf(domain, oneDocument(domain, flags & 3))
      return paramsFrom(numaParams, {
        numa_mode: Math.max(0, numaModes.indexOf(numatune?.memory?.mode ?? 'strict')),
        numa_nodeset: numatune?.memory?.nodeset ?? '',
      })
    },
    domainSetNumaParameters(_call, domain: TestDomain, params, flags) {
      const given = readParams(params, numaParams)
      const which = oneDocument(domain, flags)
      const { mode, nodes } = numaWish(given, invalidArg)
      const document = documentOf(domain, which)
      const before = document.numatune?.memory
      if (before === undefined && nodes === undefined)
        throw virtError(
          ErrorNumber.CONFIG_UNSUPPORTED,
          ErrorDomain.DOMAIN,
          "nodeset for NUMA memory tuning must be set if 'placement' is 'static'",
        )
      if (
        domain.active &&
        which === 'def' &&
        before !== undefined &&
        mode !== undefined &&
        mode !== (before.mode ?? 'strict')
      )
        throw operationInvalid("can't change numatune mode for running domain")
      const memory = {
        ...before,
        mode: mode ?? before?.mode ?? 'strict',
        ...(nodes === undefined ? {} : { nodeset: rangesOf(nodes), placement: 'static' as const }),
      }
      replace(state, domain, which, { ...document, numatune: { memnodes: [], ...document.numatune, memory } })
    },
    domainGetPerfEvents(_call, domain: TestDomain, flags) {
      const events = documentOf(domain, oneDocument(domain, flags & 3)).perf?.events ?? []
      return paramsFrom(perf, Object.fromEntries(events.map((one) => [one.name, one.enabled])))
    },
    domainSetPerfEvents(_call, domain: TestDomain, params, flags) {
      const given = readParams(params, perf)
      const which = oneDocument(domain, flags)
      const document = documentOf(domain, which)
      const before = new Map((document.perf?.events ?? []).map((one) => [one.name, one.enabled]))
      for (const [name, value] of given) before.set(name as PerfEventName, Boolean(value))
      const events = perfNames.flatMap((name) => {
        const enabled = before.get(name)
        return enabled === undefined ? [] : [{ name, enabled }]
      })
      replace(state, domain, which, { ...document, perf: { events } })
    },
    domainGetSchedulerType: () => ({ type: 'fair', nparams: 1 }),
    domainGetSchedulerParameters: getScheduler,
    domainGetSchedulerParametersFlags: getScheduler,
    domainSetSchedulerParameters: (_call, _domain, params) => void readParams(params, scheduler),
    domainSetSchedulerParametersFlags: (_call, _domain, params) => void readParams(params, scheduler),
    domainSetLifecycleAction(_call, domain: TestDomain, type, action, flags) {
      const key = lifecycleKeys[type]
      const name = lifecycleActions[action]
      if (key === undefined) throw noSuch('type', type)
      if (name === undefined) throw noSuch('action', action)
      if (key !== 'on_crash' && name.startsWith('coredump-'))
        throw virtError(
          ErrorNumber.CONFIG_UNSUPPORTED,
          ErrorDomain.DOMAIN,
          `Lifecycle event '${key.slice(3)}' doesn't support '${name}' action`,
        )
      for (const which of theDocuments(domain, flags))
        replace(state, domain, which, { ...documentOf(domain, which), [key]: name })
    },
  }
}
