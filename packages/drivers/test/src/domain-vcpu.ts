// SPDX-License-Identifier: LGPL-2.1-or-later
// vCPUs and where they and the emulator may run.
import type { Domain, Vcpu } from '@virt/conf'
import type { Resolvers, SlotMethods, SlotTable } from '@virt/core'
import {
  Affect,
  bitsOfMap,
  firstBits,
  mapOfBits,
  parseRanges,
  rangesOf,
  withCputune,
  withVcpuPin,
} from '@virt/stateful'
import { documentOf, oneDocument, replace, theDocuments } from './domain-impact.js'
import type { TestDomain } from './domain-record.js'
import { invalidArg, operationInvalid } from './errors.js'
import { hostCpus } from './host.js'
import { maxVcpus } from './host-slots.js'
import type { TestState } from './state.js'

const maximum = 4

function vcpusOf(document: Domain): { now: number; max: number } {
  const max = document.vcpu?.count ?? 1
  return { now: document.vcpu?.current ?? max, max }
}

/** The CPUs a list of ranges names; all of `count` when there is none. */
function cpus(ranges: string | undefined, count: number): number[] {
  return ranges === undefined ? firstBits(count) : ranges === '' ? [] : (parseRanges(ranges) ?? [])
}

function setCount(document: Domain, count: number, asMaximum: boolean): Domain {
  const { now, max } = vcpusOf(document)
  const vcpu: Vcpu = { placement: 'static', ...document.vcpu }
  const next = asMaximum ? { max: count, now: Math.min(now, count) } : { max, now: count }
  return { ...document, vcpu: { ...vcpu, count: next.max, current: next.now === next.max ? undefined : next.now } }
}

export const vcpuSupport: SlotTable = {
  domainSetVcpus: {},
  domainSetVcpusFlags: { flags: 7, fn: 'testDomainSetVcpusFlags' },
  domainGetVcpusFlags: { flags: 7, fn: 'testDomainGetVcpusFlags' },
  domainGetMaxVcpus: {},
  domainGetVcpus: {},
  domainPinVcpu: {},
  domainPinVcpuFlags: { flags: 0, fn: 'testDomainPinVcpuFlags' },
  // parity: it takes whatever other bits there are.
  domainGetVcpuPinInfo: {},
  domainPinEmulator: { flags: 3, fn: 'testDomainPinEmulator' },
  domainGetEmulatorPinInfo: { flags: 3, fn: 'testDomainGetEmulatorPinInfo' },
}

export function vcpuSlots(state: TestState): SlotMethods & Resolvers {
  const { clock } = state.services
  const all = hostCpus(state.host)

  const getCount = (domain: TestDomain, flags: number): number => {
    const { now, max } = vcpusOf(documentOf(domain, oneDocument(domain, flags)))
    return flags & maximum ? max : now
  }
  const setVcpus = (domain: TestDomain, count: number, flags: number): void => {
    if (count > maxVcpus)
      throw invalidArg(`requested cpu amount exceeds maximum supported amount (${count} > ${maxVcpus})`)
    const which = theDocuments(domain, flags)
    for (const one of which) {
      const { max } = vcpusOf(documentOf(domain, one))
      if (!(flags & maximum) && count > max)
        throw invalidArg(`requested cpu amount exceeds maximum (${count} > ${max})`)
    }
    for (const one of which)
      replace(state, domain, one, setCount(documentOf(domain, one), count, (flags & maximum) !== 0))
  }
  const pin = (domain: TestDomain, vcpu: number, cpumap: Uint8Array): void => {
    if (!domain.active) throw operationInvalid('cannot pin vcpus on an inactive domain')
    const { def } = domain
    if (vcpu >= vcpusOf(def).now) throw invalidArg(`requested vcpu '${vcpu}' is not present in the domain`)
    const cpuset = rangesOf(bitsOfMap(cpumap))
    replace(state, domain, 'def', withVcpuPin(def, vcpu, cpuset))
  }
  const pinned = (document: Domain, vcpu: number): number[] =>
    cpus(document.cputune?.vcpupins.find((one) => one.vcpu === vcpu)?.cpuset ?? document.vcpu?.cpuset, all)
  /** Maps of the first vCPUs, in room for `room` of them. */
  const maps = (document: Domain, count: number, length: number, room: number): Uint8Array => {
    const joined = new Uint8Array(room * length)
    for (let i = 0; i < count; i++) joined.set(mapOfBits(pinned(document, i), length), i * length)
    return joined
  }

  return {
    domainSetVcpus: (_call, domain: TestDomain, count) => setVcpus(domain, count, Affect.live),
    domainSetVcpusFlags: (_call, domain: TestDomain, count, flags) => setVcpus(domain, count, flags),
    domainGetVcpusFlags: (_call, domain: TestDomain, flags) => getCount(domain, flags),
    domainGetMaxVcpus: (_call, domain: TestDomain) => getCount(domain, Affect.live | maximum),
    domainGetVcpus(_call, domain: TestDomain, maxInfo, mapLength) {
      if (!domain.active) throw operationInvalid('cannot list vcpus for an inactive domain')
      const { def } = domain
      const count = Math.min(maxInfo, vcpusOf(def).now)
      const cpuTime = BigInt(clock.now()) * 100n
      return {
        info: firstBits(count).map((number) => ({ number, state: 1, cpuTime, cpu: pinned(def, number).at(-1) ?? -1 })),
        cpumaps: maps(def, count, mapLength, maxInfo),
      }
    },
    domainPinVcpu: (_call, domain: TestDomain, vcpu, cpumap) => pin(domain, vcpu, cpumap),
    domainPinVcpuFlags: (_call, domain: TestDomain, vcpu, cpumap) => pin(domain, vcpu, cpumap),
    domainGetVcpuPinInfo(_call, domain: TestDomain, count, mapLength, flags) {
      const document = documentOf(domain, oneDocument(domain, flags))
      const num = Math.min(count, vcpusOf(document).max)
      return { cpumaps: maps(document, num, mapLength, count), num }
    },
    domainPinEmulator(_call, domain: TestDomain, cpumap, flags) {
      const which = oneDocument(domain, flags)
      const bits = bitsOfMap(cpumap)
      if (bits.length === 0) throw invalidArg('Empty cpu list for pinning')
      replace(state, domain, which, withCputune(documentOf(domain, which), { emulatorpin: rangesOf(bits) }))
    },
    domainGetEmulatorPinInfo(_call, domain: TestDomain, mapLength, flags) {
      const document = documentOf(domain, oneDocument(domain, flags))
      const ranges = document.cputune?.emulatorpin ?? document.vcpu?.cpuset
      return { cpumaps: mapOfBits(cpus(ranges, all), mapLength), ret: 1 }
    },
  }
}
