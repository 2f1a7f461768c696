// SPDX-License-Identifier: LGPL-2.1-or-later
// What a guest tells of itself through its agent, as parameters.
import type { Call, Resolvers, SlotMethods, SlotTable } from '@virt/core'
import { Param } from '@virt/stateful'
import { type Agent, refusalOf } from '../agent/agent.js'
import * as commands from '../agent/commands.js'
import { guestInterfaces } from '../agent/interfaces.js'
import { targetOf } from '../domain/guest-disk.js'
import type { QemuDomain } from '../domain/record.js'
import { invalidArg } from '../errors.js'
import type { QemuState } from '../state.js'
import { StatsList } from '../stats/list.js'
import { agentOf } from './agent-lane.js'

/** What a group has at hand. */
interface Scope {
  readonly agent: Agent
  readonly domain: QemuDomain
  readonly list: StatsList
}

async function users({ agent, list }: Scope): Promise<void> {
  const found = await commands.guestUsers(agent)
  list.put('user.count', Param.uint, found.length)
  found.forEach((user, i) => {
    list.put(`user.${i}.name`, Param.string, user.name)
    list.put(`user.${i}.domain`, Param.string, user.domain)
    list.put(`user.${i}.login-time`, Param.ullong, user.loginTime)
  })
}

async function system({ agent, list }: Scope): Promise<void> {
  for (const [name, value] of await commands.guestOsInfo(agent)) list.put(`os.${name}`, Param.string, value)
}

async function timezone({ agent, list }: Scope): Promise<void> {
  const { name, offset } = await commands.guestTimezone(agent)
  list.put('timezone.name', Param.string, name)
  list.put('timezone.offset', Param.int, offset)
}

async function host({ agent, list }: Scope): Promise<void> {
  list.put('hostname', Param.string, await commands.guestHostname(agent))
}

async function filesystems({ agent, domain, list }: Scope): Promise<void> {
  const found = await commands.guestFilesystems(agent)
  list.put('fs.count', Param.uint, found.length)
  found.forEach((fs, i) => {
    const put = (name: string, value: string | undefined): void => list.put(`fs.${i}.${name}`, Param.string, value)
    put('name', fs.name)
    put('mountpoint', fs.mountpoint)
    put('fstype', fs.type)
    list.put(`fs.${i}.total-bytes`, Param.ullong, fs.totalBytes)
    list.put(`fs.${i}.used-bytes`, Param.ullong, fs.usedBytes)
    list.put(`fs.${i}.disk.count`, Param.uint, fs.disks.length)
    fs.disks.forEach((disk, k) => {
      put(`disk.${k}.alias`, targetOf(domain.def, disk))
      put(`disk.${k}.serial`, disk.serial)
      put(`disk.${k}.device`, disk.dev)
    })
  })
}

async function disks({ agent, domain, list }: Scope): Promise<void> {
  const found = await commands.guestDisks(agent)
  list.put('disk.count', Param.uint, found.length)
  found.forEach((disk, i) => {
    const put = (name: string, value: string | undefined): void => list.put(`disk.${i}.${name}`, Param.string, value)
    put('name', disk.name)
    list.put(`disk.${i}.partition`, Param.boolean, disk.partition)
    if (disk.dependencies.length > 0) list.put(`disk.${i}.dependency.count`, Param.uint, disk.dependencies.length)
    disk.dependencies.forEach((name, k) => {
      put(`dependency.${k}.name`, name)
    })
    if (disk.address !== undefined) {
      put('serial', disk.address.serial)
      put('alias', targetOf(domain.def, disk.address))
      put('guest_bus', disk.address.busType)
    }
    put('guest_alias', disk.alias)
  })
}

/** `virIPAddrType` by number. */
const families = ['ipv4', 'ipv6'] as const

async function interfaces({ agent, list }: Scope): Promise<void> {
  const found = await guestInterfaces(agent)
  list.put('if.count', Param.uint, found.length)
  found.forEach(({ name, hwaddr, addrs }, i) => {
    list.put(`if.${i}.name`, Param.string, name)
    list.put(`if.${i}.hwaddr`, Param.string, hwaddr)
    list.put(`if.${i}.addr.count`, Param.uint, addrs.length)
    addrs.forEach(({ type, addr, prefix }, k) => {
      list.put(`if.${i}.addr.${k}.type`, Param.string, families[type])
      list.put(`if.${i}.addr.${k}.addr`, Param.string, addr)
      list.put(`if.${i}.addr.${k}.prefix`, Param.uint, prefix)
    })
  })
}

async function load({ agent, list }: Scope): Promise<void> {
  const { load1m, load5m, load15m } = await commands.guestLoad(agent)
  list.put('load.1m', Param.double, load1m)
  list.put('load.5m', Param.double, load5m)
  list.put('load.15m', Param.double, load15m)
}

/** Groups by their bits (`virDomainGuestInfoTypes`), in the order they are told. */
const groups: readonly (readonly [bit: number, group: (scope: Scope) => Promise<void>])[] = [
  [1, users],
  [2, system],
  [4, timezone],
  [8, host],
  [16, filesystems],
  [32, disks],
  [64, interfaces],
  [128, load],
]
const all = groups.reduce((bits, [bit]) => bits | bit, 0)

/** How agents say that they do not know a command, or may not do it. */
const unknownCommand: ReadonlySet<string> = new Set(['CommandNotFound', 'CommandDisabled'])

export const guestInfoSupport: SlotTable = {
  domainGetGuestInfo: { flags: 0, fn: 'qemuDomainGetGuestInfo' },
}

async function guestInfo(call: Call, domain: QemuDomain, types: number): Promise<StatsList['params']> {
  const unknown = (types & ~all) >>> 0
  if (unknown !== 0) throw invalidArg(`unsupported guest information types '0x${unknown.toString(16)}'`)
  const list = new StatsList()
  await domain.jobs.runAgent(call, 'agentQuery', async (job) => {
    const agent = agentOf(domain)
    for (const [bit, group] of groups) {
      if (types !== 0 && !(types & bit)) continue
      try {
        await job.wait(group({ agent, domain, list }))
      } catch (error) {
        // Who asks for all there is wants what the agent knows.
        if (types !== 0 || !unknownCommand.has(refusalOf(error) ?? '')) throw error
      }
    }
  })
  return list.params
}

export function guestInfoSlots(_state: QemuState): SlotMethods & Resolvers {
  return { domainGetGuestInfo: (call, domain: QemuDomain, types) => guestInfo(call, domain, types) }
}
