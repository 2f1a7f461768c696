// SPDX-License-Identifier: LGPL-2.1-or-later
// How guests are tuned, as callers give it and as documents have it.
import type { Cputune, Domain, NumatuneMode } from '@virt/conf'
import { ErrorDomain, ErrorNumber, Param, type ParamShape, type ParamValue, paramShape, virtError } from '@virt/core'
import { parseRanges } from './bitmap.js'

/** Rates of a network card: `virDomainSetInterfaceParameters`. */
export const interfaceRates: ParamShape = paramShape({
  'inbound.average': Param.uint,
  'inbound.peak': Param.uint,
  'inbound.burst': Param.uint,
  'inbound.floor': Param.uint,
  'outbound.average': Param.uint,
  'outbound.peak': Param.uint,
  'outbound.burst': Param.uint,
})

/** Limits of a guest's memory in KiB: `virDomainSetMemoryParameters`. */
export const memoryLimits: ParamShape = paramShape({
  hard_limit: Param.ullong,
  soft_limit: Param.ullong,
  swap_hard_limit: Param.ullong,
})

/** Processor time of a guest in ns: `virDomainGetCPUStats` of all processors. */
export const cpuTimeTotal: ParamShape = paramShape({
  cpu_time: Param.ullong,
  user_time: Param.ullong,
  system_time: Param.ullong,
})
/** The same of one of the host's processors. */
export const cpuTimeEach: ParamShape = paramShape({ cpu_time: Param.ullong, vcpu_time: Param.ullong })

/** By their numbers: `virDomainNumatuneMemMode`. */
export const numaModes: readonly NumatuneMode[] = ['strict', 'preferred', 'interleave', 'restrictive']
/** Where a guest's memory comes from: `virDomainSetNumaParameters`. */
export const numaParams: ParamShape = paramShape({ numa_mode: Param.int, numa_nodeset: Param.string })

/** What a caller asks of a guest's memory. */
export interface NumaWish {
  readonly mode: NumatuneMode | undefined
  readonly nodes: readonly number[] | undefined
  /** The nodes as they were given. */
  readonly text: string | undefined
}

/**
 * Reads what was given, by name.
 * @param refuse makes the driver's own `invalid-arg`
 * @throws VirtError `invalid-arg`
 */
export function numaWish(given: ReadonlyMap<string, ParamValue>, refuse: (text: string) => Error): NumaWish {
  const number = given.get('numa_mode')
  const mode = number === undefined ? undefined : numaModes[Number(number)]
  if (number !== undefined && mode === undefined) throw refuse(`unsupported numatune mode: '${number}'`)
  const text = given.get('numa_nodeset') as string | undefined
  const nodes = text === undefined ? undefined : parseRanges(text)
  if (text !== undefined && nodes === undefined)
    throw virtError(ErrorNumber.INVALID_ARG, ErrorDomain.NONE, `Failed to parse bitmap '${text}'`)
  return { mode, nodes, text }
}

/** A document with other tuning of processors. */
export function withCputune(document: Domain, changes: Partial<Cputune>): Domain {
  const none: Cputune = {
    vcpupins: [],
    iothreadpins: [],
    vcpuscheds: [],
    iothreadscheds: [],
    cachetunes: [],
    memorytunes: [],
  }
  return { ...document, cputune: { ...none, ...document.cputune, ...changes } }
}

/** A list with a pin in its place by number, instead of the one of the same number. */
function withPin<T>(pins: readonly T[], pin: T, number: (pin: T) => number): readonly T[] {
  return [...pins.filter((one) => number(one) !== number(pin)), pin].sort((a, b) => number(a) - number(b))
}

/** A document in which a virtual processor runs on some of the host's. @param cpuset ranges */
export function withVcpuPin(document: Domain, vcpu: number, cpuset: string): Domain {
  return withCputune(document, {
    vcpupins: withPin(document.cputune?.vcpupins ?? [], { vcpu, cpuset }, (pin) => pin.vcpu),
  })
}

/** The same for an IOThread. @param cpuset ranges; undefined takes its pin away */
export function withIothreadPin(document: Domain, iothread: number, cpuset: string | undefined): Domain {
  const pins = document.cputune?.iothreadpins ?? []
  // A thread that was pinned counts as chosen: from then on the document names threads.
  const iothreadids = document.iothreadids.map(({ auto, ...one }) =>
    auto === undefined || (one.id === iothread && cpuset !== undefined) ? one : { ...one, auto },
  )
  return withCputune(
    { ...document, iothreadids },
    {
      iothreadpins:
        cpuset === undefined
          ? pins.filter((pin) => pin.iothread !== iothread)
          : withPin(pins, { iothread, cpuset }, (pin) => pin.iothread),
    },
  )
}
