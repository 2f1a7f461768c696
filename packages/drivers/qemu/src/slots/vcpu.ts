// SPDX-License-Identifier: LGPL-2.1-or-later
// How many processors a guest has.
import { type Domain, values } from '@virt/conf'
import {
  type Call,
  ErrorDomain,
  ErrorNumber,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  virtError,
} from '@virt/core'
import { impactOf, type Job, rangesOf } from '@virt/stateful'
import { guestCpus, planOnline, setGuestCpus } from '../agent/commands.js'
import { documentOf, modifyDomain } from '../domain/modify.js'
import {
  currentOf,
  maximumOf,
  processorsOf,
  resized,
  switched,
  withProcessors,
  withReplugged,
} from '../domain/processors.js'
import type { QemuDomain } from '../domain/record.js'
import { badArgument, configUnsupported, invalidArg, qemuError } from '../errors.js'
import { askAll } from '../process/inspect.js'
import type { Run } from '../process/run.js'
import { plugSocket, socketsOf, unplugSocket } from '../process/sockets.js'
import { placeThread } from '../resources/threads.js'
import type { QemuState } from '../state.js'
import { withAgent } from './agent-lane.js'

/** `virDomainVcpuFlags` */
const Flag = { live: 1, config: 2, maximum: 4, guest: 8, hotpluggable: 16 } as const

export const vcpuSupport: SlotTable = {
  domainSetVcpus: {},
  domainSetVcpusFlags: {
    flags: Flag.live | Flag.config | Flag.maximum | Flag.guest | Flag.hotpluggable,
    fn: 'qemuDomainSetVcpusFlags',
  },
  domainGetVcpusFlags: { flags: Flag.live | Flag.config | Flag.maximum | Flag.guest, fn: 'qemuDomainGetVcpusFlags' },
  domainGetMaxVcpus: {},
  domainSetVcpu: { flags: Flag.live | Flag.config, fn: 'qemuDomainSetVcpu' },
}

/** Processors that a document places into nodes. */
function numaCpus({ cpu }: Domain): number {
  const sets = (cpu?.numa?.cells ?? []).map(({ cpus }) => cpus ?? '')
  const ends = sets.flatMap((set) => set.split(/[,-]/).filter(Boolean).map(Number))
  return ends.length === 0 ? 0 : Math.max(...ends) + 1
}

function withMaximum(document: Domain, count: number): Domain {
  if (numaCpus(document) > count) throw invalidArg('Number of CPUs in <numa> exceeds the desired maximum vcpu count')
  const { topology } = document.cpu ?? {}
  if (topology !== undefined) {
    const { sockets, cores, threads } = topology
    const all = sockets * (topology.dies ?? 1) * (topology.clusters ?? 1) * cores * threads
    if (all !== count) throw invalidArg("CPU topology doesn't match the desired vcpu count")
  }
  return withCounts(withAllPlaced(document, count), count, Math.min(currentOf(document), count))
}

/** Processors that no node has yet are the first one's. */
function withAllPlaced(document: Domain, count: number): Domain {
  const { cpu } = document
  const [first, ...others] = cpu?.numa?.cells ?? []
  if (cpu?.numa === undefined || first === undefined) return document
  const elsewhere = new Set(others.flatMap(({ cpus }) => values.readSet(cpus ?? '') ?? []))
  const own = Array.from({ length: count }, (_, id) => id).filter((id) => !elsewhere.has(id))
  return { ...document, cpu: { ...cpu, numa: { ...cpu.numa, cells: [{ ...first, cpus: rangesOf(own) }, ...others] } } }
}

function withCounts(document: Domain, count: number, current: number): Domain {
  const vcpu = { placement: 'static' as const, ...document.vcpu, count }
  // Which of them are on is up to the next start again.
  return { ...document, vcpus: [], vcpu: { ...vcpu, current: current === count ? undefined : current } }
}

/** What has come of it: threads, and their places. */
async function takeThreads(state: QemuState, domain: QemuDomain, run: Run): Promise<void> {
  const { vcpus } = await askAll(run.monitor)
  const before = new Set(run.facts.vcpus.map(({ thread }) => thread))
  run.facts.vcpus = vcpus
  for (const one of vcpus)
    if (!before.has(one.thread)) await placeThread(state, run.facts.group, domain.def, 'vcpu', one)
}

/** Plugs some in. The record has each as soon as the guest has it: one that fails takes none of those before it back. */
async function plug(state: QemuState, domain: QemuDomain, run: Run, ids: readonly number[]): Promise<undefined> {
  const sockets = await socketsOf(run.monitor)
  for (const id of ids) {
    const socket = sockets[id]
    if (socket === undefined) continue
    await plugSocket(run.monitor, socket, id)
    state.domains.change(domain, () => {
      domain.def = withReplugged(domain.def, id, true)
    })
    await takeThreads(state, domain, run)
  }
}

/** Has the guest give some back: the record loses each when QEMU tells that it is gone. @throws VirtError `operation-timeout` when it does not */
async function unplug(
  state: QemuState,
  domain: QemuDomain,
  run: Run,
  job: Job,
  ids: readonly number[],
): Promise<undefined> {
  for (const id of ids) await unplugSocket(domain, run, job, id)
  await takeThreads(state, domain, run)
}

/** How a guest that runs comes to so many: which processors come or go. @throws VirtError when there are not enough that can */
function step(document: Domain, count: number): { readonly enabled: boolean; readonly ids: readonly number[] } {
  const list = processorsOf(document)
  const change = count - currentOf(document)
  const able = list.filter((one) => one.enabled === change < 0 && one.hotpluggable).map(({ id }) => id)
  const ids = change < 0 ? able.reverse().slice(0, -change) : able.slice(0, change)
  if (ids.length < Math.abs(change))
    throw configUnsupported('failed to find appropriate hotpluggable vcpus to reach the desired target vcpu count')
  return { enabled: change > 0, ids }
}

async function setCount(state: QemuState, call: Call, domain: QemuDomain, count: number, flags: number): Promise<void> {
  const check = (document: Domain, kind: 'live' | 'persistent'): void => {
    const most = maximumOf(document)
    if (count > most)
      throw invalidArg(`requested vcpus is greater than max allowable vcpus for the ${kind} domain: ${count} > ${most}`)
  }
  const hotpluggable = (flags & Flag.hotpluggable) !== 0
  await modifyDomain(state, call, domain, flags, {
    checkLive: (document) => check(document, 'live'),
    async live(document, run, job) {
      if (count === currentOf(document)) return undefined
      const { enabled, ids } = step(document, count)
      return enabled ? await plug(state, domain, run, ids) : await unplug(state, domain, run, job, ids)
    },
    config(document) {
      check(document, 'persistent')
      if (count === currentOf(document)) return withoutOrder(document)
      const each = document.vcpus.length > 0 || (hotpluggable && count > currentOf(document))
      if (!each) return withCounts(document, maximumOf(document), count)
      return withProcessors(document, resized(processorsOf(document), count, hotpluggable))
    },
  })
}

const withoutOrder = (document: Domain): Domain => ({
  ...document,
  vcpus: document.vcpus.map(({ order: _, ...one }) => one),
})

/** The numbers of a set as text (`1,3-5`). @throws VirtError `invalid-arg` */
function numbersOf(map: string): number[] {
  const numbers = map === '' ? undefined : values.readSet(map)
  if (numbers === undefined)
    throw virtError(ErrorNumber.INVALID_ARG, ErrorDomain.NONE, `Failed to parse bitmap '${map}'`)
  if (numbers.length === 0) throw invalidArg('no vcpus selected for modification')
  return numbers
}

/** @throws VirtError for processors that are not there */
function checkThere(document: Domain, ids: readonly number[], kind: 'live' | 'persistent'): void {
  const last = Math.max(...ids)
  if (last >= maximumOf(document)) throw invalidArg(`vcpu ${last} is not present in ${kind} config`)
}

/** Checks what of a guest that runs is to come or go. @throws VirtError */
function checkSwitch(document: Domain, ids: readonly number[], enabled: boolean): void {
  checkThere(document, ids, 'live')
  const list = processorsOf(document)
  for (const id of ids) {
    const one = list[id]
    if (one?.enabled === enabled) throw invalidArg(`vcpu '${id}' is already in requested state`)
    if (one?.enabled === true && !one.hotpluggable)
      throw qemuError(ErrorNumber.OPERATION_UNSUPPORTED, `vcpu '${id}' can't be unplugged`)
  }
  if (ids.length > 1) throw qemuError(ErrorNumber.OPERATION_UNSUPPORTED, 'only one hotpluggable entity can be selected')
}

/** `virDomainSetVcpu` */
async function setVcpu(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  map: string,
  wanted: number,
  flags: number,
): Promise<void> {
  if (wanted !== 0 && wanted !== 1) {
    throw badArgument('unsupported state value', 'qemuDomainSetVcpu', 'state')
  }
  const enabled = wanted === 1
  const ids = numbersOf(map)
  await modifyDomain(state, call, domain, flags, {
    checkLive: (document) => checkSwitch(document, ids, enabled),
    live: (_document, run, job) => (enabled ? plug(state, domain, run, ids) : unplug(state, domain, run, job, ids)),
    config(document) {
      checkThere(document, ids, 'persistent')
      if (ids.includes(0)) throw invalidArg("vCPU '0' can't be modified")
      return withProcessors(document, switched(processorsOf(document), new Set(ids), enabled))
    },
  })
}

async function setVcpus(state: QemuState, call: Call, domain: QemuDomain, count: number, flags: number): Promise<void> {
  if (flags & Flag.guest) {
    impactOf(domain, flags)
    await withAgent(
      call,
      domain,
      'agentModify',
      async (agent) => {
        const most = currentOf(domain.def)
        if (count > most)
          throw invalidArg(
            `requested vcpu count is greater than the count of enabled vcpus in the domain: ${count} > ${most}`,
          )
        const cpus = await guestCpus(agent)
        planOnline(cpus, count)
        await setGuestCpus(agent, cpus)
      },
      false,
    )
    return
  }
  if (!(flags & Flag.maximum)) return await setCount(state, call, domain, count, flags)
  await modifyDomain(state, call, domain, flags, {
    checkLive() {
      throw invalidArg("maximum vcpu count of a live domain can't be modified")
    },
    config: (document) => withMaximum(document, count),
  })
}

async function getVcpus(call: Call, domain: QemuDomain, flags: number): Promise<number> {
  const document = documentOf(domain, flags)
  if (!(flags & Flag.guest)) return flags & Flag.maximum ? maximumOf(document) : currentOf(document)
  // parity: with the flag for the definition, too.
  if (!domain.active)
    throw qemuError(
      ErrorNumber.INVALID_ARG,
      'vCPU count provided by the guest agent can only be requested for live domains',
    )
  const cpus = await withAgent(call, domain, 'agentQuery', (agent) => guestCpus(agent), false)
  return flags & Flag.maximum ? cpus.length : cpus.filter(({ online }) => online).length
}

export function vcpuSlots(state: QemuState): SlotMethods & Resolvers {
  return {
    domainSetVcpus: (call, domain: QemuDomain, count) => setVcpus(state, call, domain, count, Flag.live),
    domainSetVcpusFlags: (call, domain: QemuDomain, count, flags) => setVcpus(state, call, domain, count, flags),
    domainGetVcpusFlags: (call, domain: QemuDomain, flags) => getVcpus(call, domain, flags),
    domainSetVcpu: (call, domain: QemuDomain, map, wanted, flags) => setVcpu(state, call, domain, map, wanted, flags),
    domainGetMaxVcpus: (call, domain: QemuDomain) => getVcpus(call, domain, Flag.live | Flag.maximum),
  }
}
