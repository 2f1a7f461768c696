// SPDX-License-Identifier: LGPL-2.1-or-later
// How many processors a guest has.
import type { Domain } from '@virt/conf'
import { type Call, ErrorNumber, type Resolvers, type SlotMethods, type SlotTable } from '@virt/core'
import { guestCpus, planOnline, setGuestCpus } from '../agent/commands.js'
import { documentOf, impactOf, modifyDomain } from '../domain/modify.js'
import type { QemuDomain } from '../domain/record.js'
import { invalidArg, operationInvalid, qemuError } from '../errors.js'
import { askAll } from '../process/inspect.js'
import type { Run } from '../process/run.js'
import { plugSocket, socketsOf } from '../process/sockets.js'
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
}

const maximumOf = ({ vcpu }: Domain): number => vcpu?.count ?? 1
const currentOf = (document: Domain): number => document.vcpu?.current ?? maximumOf(document)

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
  return withCounts(document, count, Math.min(currentOf(document), count))
}

function withCounts(document: Domain, count: number, current: number): Domain {
  const vcpu = { placement: 'static' as const, ...document.vcpu, count }
  // Which of them are on is up to the next start again.
  return { ...document, vcpus: [], vcpu: { ...vcpu, current: current === count ? undefined : current } }
}

/** Whether the guest has had a processor from its start: QEMU takes those away no more. */
function isFirst(document: Domain, id: number): boolean {
  const known = document.vcpus.find((one) => one.id === id)
  return known === undefined ? id < currentOf(document) : known.hotpluggable === false
}

/** Plugs processors in until there are so many. */
async function plug(state: QemuState, run: Run, document: Domain, count: number): Promise<Domain> {
  const sockets = await socketsOf(run.monitor)
  const free = sockets.flatMap((socket, i) => (socket.plugged ? [] : [{ socket, i }]))
  const wanted = count - sockets.filter(({ plugged }) => plugged).length
  for (const { socket, i } of free.slice(0, wanted)) await plugSocket(run.monitor, socket, i)
  const { vcpus } = await askAll(run.monitor)
  const before = new Set(run.facts.vcpus.map(({ thread }) => thread))
  run.facts.vcpus = vcpus
  const last = free[wanted - 1]?.i ?? -1
  const next = {
    ...withCounts(document, maximumOf(document), count),
    vcpus: sockets
      .map(({ plugged }, id) => ({ id, enabled: plugged || id <= last, hotpluggable: !isFirst(document, id) }))
      .map((one, i) => (one.enabled ? { ...one, order: i + 1 } : one)),
  }
  for (const one of vcpus) if (!before.has(one.thread)) await placeThread(state, run.facts.group, next, 'vcpu', one)
  return next
}

async function setCount(state: QemuState, call: Call, domain: QemuDomain, count: number, flags: number): Promise<void> {
  const check = (document: Domain, kind: 'live' | 'persistent'): void => {
    const most = maximumOf(document)
    if (count > most)
      throw invalidArg(`requested vcpus is greater than max allowable vcpus for the ${kind} domain: ${count} > ${most}`)
  }
  await modifyDomain(state, call, domain, flags, {
    checkLive: (document) => check(document, 'live'),
    async live(document, run) {
      const now = currentOf(document)
      if (count === now) return document
      if (count > now) return await plug(state, run, document, count)
      throw operationInvalid('failed to find appropriate hotpluggable vcpus to reach the desired target vcpu count')
    },
    config(document) {
      check(document, 'persistent')
      return withCounts(document, maximumOf(document), count)
    },
  })
}

async function setVcpus(state: QemuState, call: Call, domain: QemuDomain, count: number, flags: number): Promise<void> {
  if (flags & Flag.guest) {
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
  if (!impactOf(domain, flags).live)
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
    domainGetMaxVcpus: (call, domain: QemuDomain) => getVcpus(call, domain, Flag.live | Flag.maximum),
  }
}
