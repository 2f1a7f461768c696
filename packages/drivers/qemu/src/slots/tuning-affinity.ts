// SPDX-License-Identifier: LGPL-2.1-or-later
// On which of the host's processors a guest's threads run.
import type { Domain } from '@virt/conf'
import { type Call, Param, type Resolvers, type SlotMethods, type SlotTable } from '@virt/core'
import { HostFiles } from '@virt/linux'
import {
  bitsOfMap,
  impactOf,
  mapOfBits,
  parseRanges,
  rangesOf,
  withCputune,
  withIothreadPin,
  withVcpuPin,
} from '@virt/stateful'
import { documentOf, modifyDomain } from '../domain/modify.js'
import { currentOf } from '../domain/processors.js'
import type { QemuDomain } from '../domain/record.js'
import { invalidArg } from '../errors.js'
import type { RunFacts } from '../process/run.js'
import { setting } from '../resources/group.js'
import { affinityOf, bindThread, threadGroup } from '../resources/threads.js'
import type { QemuState } from '../state.js'
import { tellTuned } from './tuning-impact.js'

export const affinitySupport: SlotTable = {
  domainPinVcpu: {},
  domainPinVcpuFlags: { flags: 0x3, fn: 'qemuDomainPinVcpuFlags' },
  domainGetVcpuPinInfo: { flags: 0x3, fn: 'qemuDomainGetVcpuPinInfo' },
  domainPinEmulator: { flags: 0x3, fn: 'qemuDomainPinEmulator' },
  domainGetEmulatorPinInfo: { flags: 0x3, fn: 'qemuDomainGetEmulatorPinInfo' },
  domainPinIOThread: { flags: 0x3, fn: 'qemuDomainPinIOThread' },
  domainGetIOThreadInfo: { flags: 0x3, fn: 'qemuDomainGetIOThreadInfo' },
}

/** The processors of a map. @throws VirtError `invalid-arg` for none */
function cpusOf(map: Uint8Array, what = 'Empty cpu list for pinning'): string {
  const bits = bitsOfMap(map)
  if (bits.length === 0) throw invalidArg(what)
  return rangesOf(bits)
}

/** Threads of a guest by kind: those that share a group. */
function threadsOf({ vcpus, iothreads }: RunFacts, kind: 'vcpu' | 'iothread', id: number): number[] {
  return (kind === 'vcpu' ? vcpus : iothreads).filter((one) => one.id === id).map(({ thread }) => thread)
}

const highestVcpu = ({ vcpu }: Domain): number => vcpu?.count ?? 1

export function affinitySlots(state: QemuState): SlotMethods & Resolvers {
  const files = new HostFiles()
  const hostCpus = async (): Promise<number[]> => (await files.set('/sys/devices/system/cpu/online')) ?? [0]
  const maps = async (ranges: readonly (string | undefined)[], length: number): Promise<Uint8Array> => {
    const all = await hostCpus()
    return Buffer.concat(ranges.map((one) => mapOfBits(one === undefined ? all : (parseRanges(one) ?? []), length)))
  }

  /** Binds threads of a guest that runs, by their group where there is one. */
  const pin = async (
    facts: RunFacts,
    kind: 'emulator' | 'vcpu' | 'iothread',
    cpus: string,
    threads: readonly number[],
    id?: number,
  ): Promise<void> => {
    const { group } = facts
    // Threads that there are none of yet are placed when they come.
    if (threads.length === 0) return
    if (group?.has('cpuset')) await setting(threadGroup(group, kind, id).write('cpuset', 'cpuset.cpus', cpus))
    for (const thread of threads) bindThread(state, thread, cpus)
  }

  const pinVcpu = async (
    call: Call,
    domain: QemuDomain,
    vcpu: number,
    map: Uint8Array,
    flags: number,
  ): Promise<void> => {
    const inRange = (document: Domain, which: string): void => {
      const most = highestVcpu(document)
      // parity: told of a definition are those that are on.
      const told = which === 'live' ? most : currentOf(document)
      if (vcpu >= most) throw invalidArg(`vcpu ${vcpu} is out of range of ${which} cpu count ${told}`)
    }
    // parity: what there is of the guest is looked at before the map.
    const impact = impactOf(domain, flags)
    if (impact.live) inRange(domain.def, 'live')
    if (impact.config) inRange(domain.config, 'persistent')
    const cpus = cpusOf(map)
    await modifyDomain(state, call, domain, flags, {
      async live(document, { facts }) {
        inRange(document, 'live')
        await pin(facts, 'vcpu', cpus, threadsOf(facts, 'vcpu', vcpu), vcpu)
        tellTuned(state, domain, [[`cputune.vcpupin${vcpu}`, Param.string, cpus]])
        return (now) => withVcpuPin(now, vcpu, cpus)
      },
      config(document) {
        inRange(document, 'persistent')
        return withVcpuPin(document, vcpu, cpus)
      },
    })
  }

  return {
    // parity: the older call is about the guest that runs.
    domainPinVcpu: (call, domain: QemuDomain, vcpu, map) => pinVcpu(call, domain, vcpu, map, 1),
    domainPinVcpuFlags: pinVcpu,
    async domainGetVcpuPinInfo(_call, domain: QemuDomain, count, length, flags) {
      const document = documentOf(domain, flags)
      const num = Math.min(count, highestVcpu(document))
      const ranges = Array.from(
        { length: num },
        (_, vcpu) => document.cputune?.vcpupins.find((one) => one.vcpu === vcpu)?.cpuset ?? document.vcpu?.cpuset,
      )
      // Maps of those that are not there are empty.
      const cpumaps = new Uint8Array(count * length)
      cpumaps.set(await maps(ranges, length))
      return { cpumaps, num }
    },
    async domainPinEmulator(call, domain: QemuDomain, map, flags) {
      impactOf(domain, flags)
      const cpus = cpusOf(map)
      const changed = (document: Domain): Domain => withCputune(document, { emulatorpin: cpus })
      await modifyDomain(state, call, domain, flags, {
        async live(_document, { facts }) {
          await pin(facts, 'emulator', cpus, [facts.pid])
          tellTuned(state, domain, [['cputune.emulatorpin', Param.string, cpus]])
          return changed
        },
        config: changed,
      })
    },
    async domainGetEmulatorPinInfo(_call, domain: QemuDomain, length, flags) {
      const document = documentOf(domain, flags)
      return { cpumaps: await maps([document.cputune?.emulatorpin ?? document.vcpu?.cpuset], length), ret: 1 }
    },
    async domainPinIOThread(call, domain: QemuDomain, id, map, flags) {
      impactOf(domain, flags)
      const cpus = cpusOf(map, 'Empty iothread cpumap list for pinning')
      const known = ({ iothreadids }: Domain): boolean => iothreadids.some((one) => one.id === id)
      await modifyDomain(state, call, domain, flags, {
        checkLive(document) {
          if (!known(document)) throw invalidArg(`iothread ${id} not found`)
        },
        async live(_document, { facts }) {
          await pin(facts, 'iothread', cpus, threadsOf(facts, 'iothread', id), id)
          tellTuned(state, domain, [[`cputune.iothreadpin${id}`, Param.string, cpus]])
          return (now) => withIothreadPin(now, id, cpus)
        },
        config(document) {
          if (!known(document)) throw invalidArg(`iothreadid ${id} not found`)
          return withIothreadPin(document, id, cpus)
        },
      })
    },
    async domainGetIOThreadInfo(_call, domain: QemuDomain, flags) {
      const document = documentOf(domain, flags)
      const all = await hostCpus()
      const length = Math.floor((all.at(-1) ?? 0) / 8) + 1
      // Those of a guest that runs in the order that QEMU tells of them.
      if (impactOf(domain, flags).live && domain.run !== undefined)
        return domain.run.facts.iothreads.map(({ id, thread }) => ({
          iothreadId: id,
          cpumap: mapOfBits(affinityOf(state, thread), length),
        }))
      return document.iothreadids.map(({ id }) => {
        const ranges =
          document.cputune?.iothreadpins.find((one) => one.iothread === id)?.cpuset ?? document.vcpu?.cpuset
        return { iothreadId: id, cpumap: mapOfBits(ranges === undefined ? all : (parseRanges(ranges) ?? []), length) }
      })
    },
  }
}
