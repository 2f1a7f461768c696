// SPDX-License-Identifier: LGPL-2.1-or-later
// Processor time of a guest, all told or by each of the host's processors: as its group counts it.
import { ErrorNumber, type ParamValue, type Resolvers, type SlotMethods, type SlotTable } from '@virt/core'
import type { Cgroup } from '@virt/linux'
import { cpuTimeEach, cpuTimeTotal, paramShape, requireActive } from '@virt/stateful'
import type { QemuDomain } from '../domain/record.js'
import { invalidArg, operationInvalid, qemuError } from '../errors.js'
import type { QemuState } from '../state.js'
import { requireSystem } from './tuning-impact.js'

export const usageSupport: SlotTable = {
  domainGetCPUStats: { flags: 0x4, fn: 'qemuDomainGetCPUStats' },
}

const nanosPerTick = 10_000_000n
const nanosPerMicro = 1000n

const numberAfter = (text: string | undefined, name: string): bigint =>
  BigInt(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1] ?? 0)

/** Nanoseconds: all, in user mode, in the kernel. */
async function totals(group: Cgroup): Promise<ParamValue[]> {
  if (group.version('cpuacct') === 2) {
    const text = await group.read('cpu', 'cpu.stat')
    return ['usage_usec', 'user_usec', 'system_usec'].map((name) => numberAfter(text, name) * nanosPerMicro)
  }
  const stat = await group.read('cpuacct', 'cpuacct.stat')
  const usage = BigInt((await group.read('cpuacct', 'cpuacct.usage')) ?? 0)
  return [usage, numberAfter(stat, 'user') * nanosPerTick, numberAfter(stat, 'system') * nanosPerTick]
}

/** Nanoseconds by processor. */
async function byProcessor(group: Cgroup): Promise<bigint[]> {
  const text = await group.read('cpuacct', 'cpuacct.usage_percpu')
  if (text === undefined)
    throw qemuError(ErrorNumber.OPERATION_UNSUPPORTED, 'processor time is not counted by processor on this host')
  return text.split(/\s+/).map(BigInt)
}

export function usageSlots(state: QemuState): SlotMethods & Resolvers {
  return {
    async domainGetCPUStats(_call, domain: QemuDomain, nparams, startCpu, ncpus) {
      requireActive(domain)
      requireSystem(state, 'CPU tuning')
      const { group, vcpus } = domain.run?.facts ?? { vcpus: [] }
      if (!group?.has('cpuacct')) throw operationInvalid('cgroup CPUACCT controller is not mounted')
      if (startCpu === -1) {
        if (nparams === 0) return { params: { shape: paramShape({}), values: [] }, nparams: cpuTimeTotal.names.length }
        const count = Math.min(nparams, cpuTimeTotal.names.length)
        const [names, types] = [cpuTimeTotal.names.slice(0, count), cpuTimeTotal.types.slice(0, count)]
        return { params: { shape: { names, types }, values: (await totals(group)).slice(0, count) }, nparams: count }
      }
      const all = await byProcessor(group)
      // The number of processors is asked for by none of them.
      if (ncpus === 0) return { params: { shape: paramShape({}), values: [] }, nparams: all.length }
      if (nparams === 0) return { params: { shape: paramShape({}), values: [] }, nparams: cpuTimeEach.names.length }
      if (startCpu >= all.length) throw invalidArg(`start_cpu ${startCpu} larger than maximum of ${all.length - 1}`)
      const inVcpus = all.map(() => 0n)
      for (const { id } of vcpus) {
        const text = await group.threads(`vcpu${id}`).read('cpuacct', 'cpuacct.usage_percpu')
        for (const [i, time] of (text?.split(/\s+/) ?? []).entries()) inVcpus[i] = (inVcpus[i] ?? 0n) + BigInt(time)
      }
      const chosen = all.slice(startCpu, startCpu + ncpus)
      const values = chosen.flatMap((time, i) => [time, inVcpus[startCpu + i] ?? 0n])
      const names = chosen.flatMap(() => cpuTimeEach.names)
      const types = chosen.flatMap(() => cpuTimeEach.types)
      return { params: { shape: { names, types }, values }, nparams: cpuTimeEach.names.length }
    },
  }
}
