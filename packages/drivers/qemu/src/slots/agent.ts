// SPDX-License-Identifier: LGPL-2.1-or-later
// What the agent in the guest does for callers: file systems, clock, passwords, keys, processors.
import {
  type Call,
  type DomainFsinfo,
  ErrorDomain,
  ErrorNumber,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  virtError,
} from '@virt/core'
import { Param, paramShape, parseRanges, rangesOf, requireActive } from '@virt/stateful'
import type { Agent } from '../agent/agent.js'
import * as commands from '../agent/commands.js'
import { targetOf } from '../domain/guest-disk.js'
import type { QemuDomain } from '../domain/record.js'
import { argumentUnsupported, badArgument, invalidArg, operationUnsupported } from '../errors.js'
import type { QemuState } from '../state.js'
import { withAgent } from './agent-lane.js'
import { runOf } from './impact.js'

const Flag = { timeSync: 1, encrypted: 1, keysAppend: 1, keysRemove: 2 } as const

export const agentSupport: SlotTable = {
  domainFSTrim: { flags: 0, fn: 'qemuDomainFSTrim' },
  domainFSFreeze: { flags: 0, fn: 'qemuDomainFSFreeze' },
  domainFSThaw: { flags: 0, fn: 'qemuDomainFSThaw' },
  domainGetFSInfo: { flags: 0, fn: 'qemuDomainGetFSInfo' },
  domainGetTime: { flags: 0, fn: 'qemuDomainGetTime' },
  domainSetTime: { flags: Flag.timeSync, fn: 'qemuDomainSetTime' },
  domainSetUserPassword: { flags: Flag.encrypted, fn: 'qemuDomainSetUserPassword' },
  domainGetGuestVcpus: { flags: 0, fn: 'qemuDomainGetGuestVcpus' },
  domainSetGuestVcpus: { flags: 0, fn: 'qemuDomainSetGuestVcpus' },
  domainAgentSetResponseTimeout: { flags: 0, fn: 'qemuDomainAgentSetResponseTimeout' },
  domainAuthorizedSSHKeysGet: { flags: 0, fn: 'qemuDomainAuthorizedSSHKeysGet' },
  domainAuthorizedSSHKeysSet: { flags: Flag.keysAppend | Flag.keysRemove, fn: 'qemuDomainAuthorizedSSHKeysSet' },
}

const vcpuShape = paramShape({ vcpus: Param.string, online: Param.string, offlinable: Param.string })
const billion = 1_000_000_000n
/** What the agent can be told, in nanoseconds. */
const mostTime = 2n ** 63n - 1n
/** The longest wait that has a name of its own. */
const leastTimeout = -2

async function filesystems(call: Call, domain: QemuDomain): Promise<DomainFsinfo[]> {
  const found = await withAgent(call, domain, 'agentQuery', (agent) => commands.guestFilesystems(agent))
  return await domain.jobs.run(call, 'query', () => {
    requireActive(domain)
    return found.map(({ mountpoint, name, type, disks }) => ({
      mountpoint,
      name,
      fstype: type,
      devAliases: disks.flatMap((disk) => targetOf(domain.def, disk) ?? []),
    }))
  })
}

async function setTime(
  call: Call,
  domain: QemuDomain,
  wanted: { readonly seconds: bigint; readonly nseconds: number } | undefined,
): Promise<void> {
  const arch = domain.def.os?.type?.arch
  const injects = arch === 'x86_64' || arch === 'i686'
  if (injects && domain.run?.facts.caps.flags.has('rtc-reset-reinjection') !== true)
    throw operationUnsupported("cannot set time: qemu doesn't support rtc-reset-reinjection command")
  const time = wanted === undefined ? undefined : wanted.seconds * billion + BigInt(wanted.nseconds)
  await withAgent(call, domain, 'agentModify', async (agent) => {
    if (time !== undefined && time > mostTime) throw invalidArg(`Time '${wanted?.seconds}' is too big for guest agent`)
    await commands.setGuestTime(agent, time)
  })
  // What the guest's hardware clock has missed must not be made up for.
  if (!injects) return
  await domain.jobs.run(call, 'modify', async (job) => {
    await job.wait(runOf(domain).monitor.command('rtc-reset-reinjection'))
  })
}

async function guestVcpus(agent: Agent): Promise<{ vcpus: string; online: string; offlinable: string }> {
  const cpus = await commands.guestCpus(agent)
  const list = (fits: (cpu: commands.GuestCpu) => boolean): string =>
    rangesOf(
      cpus
        .filter(fits)
        .map(({ id }) => id)
        .sort((a, b) => a - b),
    )
  return { vcpus: list(() => true), online: list((cpu) => cpu.online), offlinable: list((cpu) => cpu.offlinable) }
}

async function setGuestVcpus(agent: Agent, wanted: readonly number[], online: boolean): Promise<void> {
  const cpus = await commands.guestCpus(agent)
  for (const id of wanted) {
    const cpu = cpus.find((one) => one.id === id)
    if (cpu === undefined) throw invalidArg(`guest is missing vCPUs '${id}'`)
    if (!cpu.offlinable && !online) throw operationUnsupported(`vCPU '${id}' is not offlinable`)
    if (cpu.online === online) continue
    cpu.online = online
    cpu.modified = true
  }
  await commands.setGuestCpus(agent, cpus)
}

export function agentSlots(_state: QemuState): SlotMethods & Resolvers {
  return {
    async domainFSTrim(call, domain: QemuDomain, mountPoint, minimum) {
      if (mountPoint !== undefined) throw argumentUnsupported('Specifying mount point is not supported for now')
      await withAgent(call, domain, 'agentModify', (agent) => commands.fsTrim(agent, minimum), false)
    },
    domainFSFreeze: (call, domain: QemuDomain, mountpoints) =>
      withAgent(call, domain, 'agentModify', (agent) => commands.fsFreeze(agent, mountpoints)),
    async domainFSThaw(call, domain: QemuDomain, mountpoints) {
      if (mountpoints.length > 0) throw argumentUnsupported('specifying mountpoints is not supported')
      return await withAgent(call, domain, 'agentModify', (agent) => commands.fsThaw(agent))
    },
    domainGetFSInfo: filesystems,
    async domainGetTime(call, domain: QemuDomain) {
      const time = await withAgent(call, domain, 'agentQuery', (agent) => commands.guestTime(agent))
      return { seconds: time / billion, nseconds: Number(time % billion) }
    },
    async domainSetTime(call, domain: QemuDomain, seconds, nseconds, flags) {
      await setTime(call, domain, flags & Flag.timeSync ? undefined : { seconds, nseconds })
    },
    async domainSetUserPassword(call, domain: QemuDomain, user, password, flags) {
      await withAgent(call, domain, 'agentModify', (agent) =>
        commands.setUserPassword(agent, user ?? '', password ?? '', (flags & Flag.encrypted) !== 0),
      )
    },
    async domainGetGuestVcpus(call, domain: QemuDomain) {
      const found = await withAgent(call, domain, 'agentQuery', guestVcpus, false)
      return { shape: vcpuShape, values: [found.vcpus, found.online, found.offlinable] }
    },
    async domainSetGuestVcpus(call, domain: QemuDomain, cpumap, vcpuState) {
      if (vcpuState !== 0 && vcpuState !== 1)
        throw badArgument('unsupported state value', 'qemuDomainSetGuestVcpus', 'state')
      const wanted = parseRanges(cpumap)
      if (wanted === undefined)
        throw virtError(ErrorNumber.INVALID_ARG, ErrorDomain.NONE, `Failed to parse bitmap '${cpumap}'`)
      await withAgent(call, domain, 'agentModify', (agent) => setGuestVcpus(agent, wanted, vcpuState === 1), false)
    },
    async domainAgentSetResponseTimeout(call, domain: QemuDomain, timeout) {
      if (timeout < leastTimeout)
        throw invalidArg(`guest agent timeout '${timeout}' is less than the minimum '${leastTimeout}'`)
      await domain.jobs.runAgent(call, 'agentModify', () => {
        domain.agentTimeout = timeout
        if (domain.run?.agent !== undefined) domain.run.agent.responseTimeout = timeout
        domain.status?.changed()
      })
      return 0
    },
    domainAuthorizedSSHKeysGet: (call, domain: QemuDomain, user) =>
      withAgent(call, domain, 'agentQuery', (agent) => commands.authorizedKeys(agent, user), false),
    async domainAuthorizedSSHKeysSet(call, domain: QemuDomain, user, keys, flags) {
      await withAgent(
        call,
        domain,
        'agentModify',
        (agent) =>
          flags & Flag.keysRemove
            ? commands.removeAuthorizedKeys(agent, user, keys)
            : commands.addAuthorizedKeys(agent, user, keys, (flags & Flag.keysAppend) === 0),
        false,
      )
    },
  }
}
