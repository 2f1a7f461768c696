// SPDX-License-Identifier: LGPL-2.1-or-later
// How much processor time a guest gets, all told and by kind of thread.
import type { Domain } from '@virt/conf'
import {
  type Call,
  ErrorDomain,
  ErrorNumber,
  type ParamValue,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  type TypedParams,
  virtError,
} from '@virt/core'
import { bandwidth, type Cgroup, cpuShares, cpuSharesRange, setBandwidth, setCpuShares } from '@virt/linux'
import { impactOf, Param, paramShape, paramsFrom, readParams, withCputune } from '@virt/stateful'
import { documentOf, modifyDomain } from '../domain/modify.js'
import type { QemuDomain } from '../domain/record.js'
import { invalidArg } from '../errors.js'
import type { RunFacts } from '../process/run.js'
import { setting } from '../resources/group.js'
import { threadGroup } from '../resources/threads.js'
import type { QemuState } from '../state.js'
import { groupWith, requireSystem, tellTuned } from './tuning-impact.js'

/** Who is limited: each has a period and a quota. */
type Who = 'vcpu' | 'emulator' | 'global' | 'iothread'

const kinds: readonly Who[] = ['vcpu', 'emulator', 'global', 'iothread']

const shape = paramShape({
  cpu_shares: Param.ullong,
  ...Object.fromEntries(
    kinds.flatMap((who) => [
      [`${who}_period`, Param.ullong],
      [`${who}_quota`, Param.llong],
    ]),
  ),
})

export const schedulerSupport: SlotTable = {
  domainGetSchedulerType: {},
  domainGetSchedulerParameters: {},
  domainGetSchedulerParametersFlags: { flags: 0x7, fn: 'qemuDomainGetSchedulerParametersFlags' },
  domainSetSchedulerParameters: {},
  domainSetSchedulerParametersFlags: { flags: 0x3, fn: 'qemuDomainSetSchedulerParametersFlags' },
}

/** Microseconds. */
const ranges = { period: [1000n, 1_000_000n], quota: [1000n, 17_592_186_044_415n] } as const

type Key = 'shares' | 'period' | 'quota' | Exclude<`${Exclude<Who, 'vcpu'>}_${'period' | 'quota'}`, never>

/** Which field of documents a parameter is. */
function keyOf(name: string): Key {
  return (name === 'cpu_shares' ? 'shares' : name.replace(/^vcpu_/, '')) as Key
}

/** @throws VirtError `invalid-arg` */
function checkRange(name: string, value: bigint): void {
  const part = /_(period|quota)$/.exec(name)?.[1] as 'period' | 'quota' | undefined
  if (part === undefined) return
  const [least, most] = ranges[part]
  // Nothing, and with a quota less than nothing, stands for no limit.
  if ((value > 0n && value < least) || value > most)
    throw invalidArg(`value of '${name}' is out of range [${least}, ${most}]`)
}

/** Groups that a kind is in: one, or one for each thread. */
function groupsOf(group: Cgroup, who: Who, { vcpus, iothreads }: RunFacts): Cgroup[] {
  switch (who) {
    case 'global':
      return [group]
    case 'emulator':
      return [threadGroup(group, 'emulator')]
    case 'vcpu':
      return vcpus.map(({ id }) => threadGroup(group, 'vcpu', id))
    case 'iothread':
      return iothreads.map(({ id }) => threadGroup(group, 'iothread', id))
  }
}

/** Sets one for a guest that runs. @returns what it is then */
async function setLive(group: Cgroup, facts: RunFacts, name: string, value: bigint): Promise<bigint> {
  if (name === 'cpu_shares') {
    const [least, most] = cpuSharesRange(group)
    if (value < least || value > most)
      throw virtError(
        ErrorNumber.INVALID_ARG,
        ErrorDomain.CGROUP,
        `shares '${value}' must be in range [${least}, ${most}]`,
      )
    await setting(setCpuShares(group, value))
    return (await cpuShares(group)) ?? value
  }
  const [, who, part] = /^(\w+)_(period|quota)$/.exec(name) as unknown as [string, Who, 'period' | 'quota']
  if (value !== 0n) for (const one of groupsOf(group, who, facts)) await setting(setBandwidth(one, { [part]: value }))
  return value
}

function fromDocument({ cputune }: Domain): TypedParams {
  const rows = shape.names.map((name) => [name, cputune?.[keyOf(name)]] as const)
  return paramsFrom(shape, Object.fromEntries(rows.map(([name, value]) => [name, value ?? 0n])))
}

/** How the kernel makes groups. */
const unlimited = { period: 100_000n, quota: -1n } as const

async function fromGroup(group: Cgroup, facts: RunFacts): Promise<TypedParams> {
  const values: Record<string, ParamValue> = { cpu_shares: (await cpuShares(group)) ?? 0n }
  for (const who of kinds) {
    const [first] = groupsOf(group, who, facts)
    // parity: threads that there are none of have what a new group has.
    const found = first === undefined ? unlimited : await bandwidth(first)
    values[`${who}_period`] = found?.period ?? 0n
    values[`${who}_quota`] = found?.quota ?? 0n
  }
  return paramsFrom(shape, values)
}

export function schedulerSlots(state: QemuState): SlotMethods & Resolvers {
  const what = 'CPU tuning'
  const get = async (domain: QemuDomain, flags: number): Promise<TypedParams> => {
    requireSystem(state, what)
    const document = documentOf(domain, flags)
    if (!impactOf(domain, flags & 3).live || domain.run === undefined) return fromDocument(document)
    return await fromGroup(groupWith(domain, 'cpu'), domain.run.facts)
  }
  const set = async (call: Call, domain: QemuDomain, params: TypedParams, flags: number): Promise<void> => {
    requireSystem(state, what)
    const given = [...readParams(params, shape)].map(([name, value]) => [name, BigInt(value)] as const)
    // parity: what there is of the guest is looked at before the values.
    impactOf(domain, flags)
    for (const [name, value] of given) checkRange(name, value)
    await modifyDomain(state, call, domain, flags, {
      checkLive: () => void groupWith(domain, 'cpu'),
      async live(_document, { facts }) {
        const set: [Key, bigint][] = []
        for (const [name, value] of given)
          set.push([keyOf(name), await setLive(groupWith(domain, 'cpu'), facts, name, value)])
        // parity: what is nothing sets nothing.
        const rows = given
          .filter(([name, value]) => name === 'cpu_shares' || value !== 0n)
          .map(
            ([name, value]) => [`cputune.${name}`, name.endsWith('quota') ? Param.llong : Param.ullong, value] as const,
          )
        tellTuned(state, domain, rows)
        return (document) => withCputune(document, Object.fromEntries(set))
      },
      config: (document) =>
        withCputune(document, Object.fromEntries(given.map(([name, value]) => [keyOf(name), value]))),
    })
  }
  return {
    domainGetSchedulerType() {
      requireSystem(state, what)
      return { type: 'posix', nparams: shape.names.length }
    },
    domainGetSchedulerParameters: (_call, domain: QemuDomain) => get(domain, 0),
    domainGetSchedulerParametersFlags: (_call, domain: QemuDomain, flags) => get(domain, flags),
    domainSetSchedulerParameters: (call, domain: QemuDomain, params) => set(call, domain, params, 0),
    domainSetSchedulerParametersFlags: set,
  }
}
