// SPDX-License-Identifier: LGPL-2.1-or-later
// IOThreads: in the documents, and as the imaginary hypervisor counts them.
import type { Domain, IothreadId } from '@virt/conf'
import {
  ErrorDomain,
  ErrorNumber,
  type ParamShape,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  virtError,
} from '@virt/core'
import {
  bitsOfMap,
  firstBits,
  mapOfBits,
  Param,
  paramShape,
  parseRanges,
  rangesOf,
  readParams,
  withIothreadPin,
} from '@virt/stateful'
import { documentOf, oneDocument, replace } from './domain-impact.js'
import type { TestDomain } from './domain-record.js'
import { causeUnknown, invalidArg } from './errors.js'
import type { TestState } from './state.js'

const pollMax = 32768n

const tunables: ParamShape = paramShape({
  poll_max_ns: Param.ullong,
  poll_grow: Param.uint,
  poll_shrink: Param.uint,
})

function unusable(detail: string): Error {
  return virtError(ErrorNumber.INVALID_ARG, ErrorDomain.DOMAIN, detail)
}

function withThreads(document: Domain, iothreadids: readonly IothreadId[]): Domain {
  return { ...document, iothreadids, iothreads: iothreadids.length }
}

export const iothreadSupport: SlotTable = {
  domainGetIOThreadInfo: { flags: 3, fn: 'testDomainGetIOThreadInfo' },
  domainAddIOThread: { flags: 3, fn: 'testDomainAddIOThread' },
  domainDelIOThread: { flags: 3, fn: 'testDomainDelIOThread' },
  domainPinIOThread: { flags: 3, fn: 'testDomainPinIOThread' },
  domainSetIOThreadParams: { flags: 1, fn: 'testDomainSetIOThreadParams' },
}

export function iothreadSlots(state: TestState): SlotMethods & Resolvers {
  return {
    domainGetIOThreadInfo(_call, domain: TestDomain, flags) {
      const document = documentOf(domain, oneDocument(domain, flags))
      const pins = document.cputune?.iothreadpins ?? []
      const { cpuset, current, count = 1 } = document.vcpu ?? {}
      const unpinned = cpuset === undefined ? firstBits(current ?? count) : (parseRanges(cpuset) ?? [])
      return document.iothreadids.map(({ id }) => {
        const pin = pins.find((one) => one.iothread === id)
        const cpus = pin === undefined ? unpinned : (parseRanges(pin.cpuset) ?? [])
        // A map ends with the last processor that is in it.
        return { iothreadId: id, cpumap: mapOfBits(cpus, Math.floor(Math.max(-1, ...cpus) / 8) + 1) }
      })
    },
    domainAddIOThread(_call, domain: TestDomain, id, flags) {
      if (id === 0) throw invalidArg('invalid value of 0 for iothread_id')
      const which = oneDocument(domain, flags)
      const document = documentOf(domain, which)
      if (document.iothreadids.some((one) => one.id === id))
        throw unusable(`an IOThread is already using iothread_id '${id}'`)
      replace(state, domain, which, withThreads(document, [...document.iothreadids, { id }]))
      domain.guest.threads.set(id, { id, pollMax, pollGrow: 0, pollShrink: 0 })
    },
    domainDelIOThread(_call, domain: TestDomain, id, flags) {
      const which = oneDocument(domain, flags)
      const document = documentOf(domain, which)
      if (!document.iothreadids.some((one) => one.id === id))
        throw unusable(`cannot find IOThread '${id}' in iothreadids list`)
      const at = document.iothreadids.findIndex((one) => one.id === id)
      // Those after it no longer have the number that they would be given.
      const left = document.iothreadids.map(({ auto, ...one }, i) => (i < at && auto ? { auto, ...one } : one))
      const rest = withThreads(document, left.toSpliced(at, 1))
      replace(state, domain, which, withIothreadPin(rest, id, undefined))
      domain.guest.threads.delete(id)
    },
    domainPinIOThread(_call, domain: TestDomain, id, cpumap, flags) {
      const which = oneDocument(domain, flags)
      const bits = bitsOfMap(cpumap)
      if (bits.length === 0) throw invalidArg('Empty iothread cpumap list for pinning')
      const document = documentOf(domain, which)
      if (!document.iothreadids.some((one) => one.id === id)) throw invalidArg(`iothreadid ${id} not found`)
      replace(state, domain, which, withIothreadPin(document, id, rangesOf(bits)))
    },
    domainSetIOThreadParams(_call, domain: TestDomain, id, params, flags) {
      if (id === 0) throw invalidArg('invalid value of 0 for iothread_id')
      const document = documentOf(domain, oneDocument(domain, flags))
      if (!document.iothreadids.some((one) => one.id === id))
        throw invalidArg(`cannot find IOThread '${id}' in iothreadids`)
      const thread = domain.guest.threads.get(id)
      // parity: a thread that is in the document only makes libvirt's driver fail without an error of its own.
      if (thread === undefined) throw causeUnknown()
      const given = readParams(params, tunables)
      thread.pollMax = BigInt((given.get('poll_max_ns') as bigint | undefined) ?? thread.pollMax)
      thread.pollGrow = Number(given.get('poll_grow') ?? thread.pollGrow)
      thread.pollShrink = Number(given.get('poll_shrink') ?? thread.pollShrink)
    },
  }
}
