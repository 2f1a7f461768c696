// SPDX-License-Identifier: LGPL-2.1-or-later
// What the guest agent can be asked and told, and its answers in the form that libvirt's calls have.
import type { Json } from '@virt/core'
import { internalError } from '../errors.js'
import {
  asObject,
  bigintOf,
  booleanOf,
  doubleOf,
  numberOf,
  objectsOf,
  textOf,
  textsOf,
} from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'
import type { Agent, AgentCommandOptions } from './agent.js'

/** Ways to end. */
export type ShutdownMode = 'powerdown' | 'halt' | 'reboot'

/** Ends the guest from inside. Its end is the answer; an agent that refuses is an error. */
export async function shutdown(agent: Agent, mode: ShutdownMode): Promise<void> {
  await agent.command('guest-shutdown', { mode }, { deadline: 60_000, lastsUntilEvent: true })
}

const suspends = {
  0: 'guest-suspend-ram',
  1: 'guest-suspend-disk',
  2: 'guest-suspend-hybrid',
} as const

/** `virNodeSuspendTarget`: 0 memory, 1 disk, 2 both. */
export async function suspend(agent: Agent, target: 0 | 1 | 2): Promise<void> {
  await agent.command(suspends[target], undefined, { deadline: 'forever', lastsUntilEvent: true })
}

/** Stops writing to file systems. @returns how many were frozen */
export async function fsFreeze(agent: Agent, mountpoints?: readonly string[]): Promise<number> {
  const listed = mountpoints !== undefined && mountpoints.length > 0
  const answer = listed
    ? await agent.command('guest-fsfreeze-freeze-list', { mountpoints })
    : await agent.command('guest-fsfreeze-freeze')
  return counted(answer)
}

/** @returns how many were thawed */
export async function fsThaw(agent: Agent): Promise<number> {
  return counted(await agent.command('guest-fsfreeze-thaw'))
}

function counted(answer: Json): number {
  if (typeof answer !== 'number') throw internalError('malformed return value')
  return answer
}

/** Gives unused blocks back. @param minimum bytes of the smallest range */
export async function fsTrim(agent: Agent, minimum: bigint): Promise<void> {
  await agent.command('guest-fstrim', { minimum })
}

/** One processor as the guest sees it. */
export interface GuestCpu {
  readonly id: number
  online: boolean
  readonly offlinable: boolean
  /** It is to be set. */
  modified: boolean
}

/** The guest's processors. */
export async function guestCpus(agent: Agent): Promise<GuestCpu[]> {
  return objectsOf(await agent.command('guest-get-vcpus'), 'guest-get-vcpus').map((entry) => {
    const [id, online] = [numberOf(entry, 'logical-id'), booleanOf(entry, 'online')]
    if (id === undefined) throw internalError("'logical-id' missing in reply of guest-get-vcpus")
    if (online === undefined) throw internalError("'online' missing in reply of guest-get-vcpus")
    return { id, online, offlinable: booleanOf(entry, 'can-offline') ?? false, modified: false }
  })
}

/**
 * Marks processors so that `count` are online; the first that can change do.
 * @throws VirtError when the guest cannot
 */
export function planOnline(cpus: readonly GuestCpu[], count: number): void {
  let online = cpus.filter((cpu) => cpu.online).length
  const offlinable = cpus.filter((cpu) => cpu.online && cpu.offlinable).length
  if (count > cpus.length) throw internalError('guest agent reports less cpu than requested')
  // The processor that the guest was started by cannot go.
  if (count < online - offlinable) throw internalError('Cannot offline enough CPUs')
  for (const cpu of cpus) {
    if (online === count) break
    const add = online < count
    if (cpu.online === add || (!add && !cpu.offlinable)) continue
    cpu.online = add
    cpu.modified = true
    online += add ? 1 : -1
  }
}

/** Sets the processors that are marked; the guest may do some of them only, and is asked again for the rest. */
export async function setGuestCpus(agent: Agent, cpus: readonly GuestCpu[]): Promise<void> {
  for (;;) {
    const wanted = cpus.filter((cpu) => cpu.modified)
    if (wanted.length === 0) return
    const vcpus = wanted.map((cpu) => ({ 'logical-id': cpu.id, online: cpu.online }))
    const done = counted(await agent.command('guest-set-vcpus', { vcpus }))
    if (done <= 0 || done > wanted.length) throw internalError('guest agent reports no vCPU was set')
    for (const cpu of wanted.slice(0, done)) cpu.modified = false
  }
}

/** A user who is logged in. */
export interface GuestUser {
  readonly name: string
  readonly domain: string | undefined
  /** Milliseconds since the epoch. */
  readonly loginTime: bigint
}

export async function guestUsers(agent: Agent, options?: AgentCommandOptions): Promise<GuestUser[]> {
  return objectsOf(await agent.command('guest-get-users', undefined, options), 'guest-get-users').map((entry) => {
    const [name, time] = [textOf(entry, 'user'), doubleOf(entry, 'login-time')]
    if (name === undefined || time === undefined)
      throw internalError("'user' or 'login-time' missing in reply of guest-get-users")
    return { name, domain: textOf(entry, 'domain'), loginTime: BigInt(Math.trunc(time * 1000)) }
  })
}

/** Time zone: its name if it has one, and seconds east of UTC. */
export async function guestTimezone(
  agent: Agent,
  options?: AgentCommandOptions,
): Promise<{ name: string | undefined; offset: number }> {
  const answer = asObject(await agent.command('guest-get-timezone', undefined, options)) ?? {}
  const offset = numberOf(answer, 'offset')
  if (offset === undefined) throw internalError("'offset' missing in reply of guest-get-timezone")
  return { name: textOf(answer, 'zone'), offset }
}

const osFields = [
  ['id', 'id'],
  ['name', 'name'],
  ['pretty-name', 'pretty-name'],
  ['version', 'version'],
  ['version-id', 'version-id'],
  ['machine', 'machine'],
  ['variant', 'variant'],
  ['variant-id', 'variant-id'],
  ['kernel-release', 'kernel-release'],
  ['kernel-version', 'kernel-version'],
] as const

/** Facts of the operating system, by the names of libvirt's parameters without `os.`. */
export async function guestOsInfo(agent: Agent, options?: AgentCommandOptions): Promise<Map<string, string>> {
  const answer = asObject(await agent.command('guest-get-osinfo', undefined, options)) ?? {}
  return new Map(
    osFields
      .map(([key, name]) => [name, textOf(answer, key)] as const)
      .filter((row): row is readonly [(typeof row)[0], string] => row[1] !== undefined),
  )
}

/** The name the guest has for itself. */
export async function guestHostname(agent: Agent, options?: AgentCommandOptions): Promise<string> {
  const answer = asObject(await agent.command('guest-get-host-name', undefined, options)) ?? {}
  const name = textOf(answer, 'host-name')
  if (name === undefined) throw internalError('malformed return value')
  return name
}

/** Nanoseconds since the epoch. */
export async function guestTime(agent: Agent): Promise<bigint> {
  const answer = await agent.command('guest-get-time')
  if (typeof answer !== 'number' && typeof answer !== 'bigint') throw internalError('malformed return value')
  return BigInt(answer)
}

/** @param nanoseconds since the epoch; absent: the guest takes its hardware clock */
export async function setGuestTime(agent: Agent, nanoseconds?: bigint): Promise<void> {
  await agent.command('guest-set-time', nanoseconds === undefined ? undefined : { time: nanoseconds })
}

/** Load of the last 1, 5 and 15 minutes. */
export async function guestLoad(
  agent: Agent,
  options?: AgentCommandOptions,
): Promise<{ load1m: number; load5m: number; load15m: number }> {
  const answer = asObject(await agent.command('guest-get-load', undefined, options)) ?? {}
  const [load1m, load5m, load15m] = [
    doubleOf(answer, 'load1m'),
    doubleOf(answer, 'load5m'),
    doubleOf(answer, 'load15m'),
  ]
  if (load1m === undefined || load5m === undefined || load15m === undefined)
    throw internalError("'load1m', 'load5m' or 'load15m' missing in reply of guest-get-load")
  return { load1m, load5m, load15m }
}

/** Sets a user's password. @param crypted whether it is a hash already */
export async function setUserPassword(
  agent: Agent,
  username: string,
  password: string,
  crypted: boolean,
): Promise<void> {
  const encoded = Buffer.from(password).toString('base64')
  await agent.command('guest-set-user-password', { crypted, username, password: encoded })
}

export async function authorizedKeys(agent: Agent, username: string): Promise<string[]> {
  const answer = asObject(await agent.command('guest-ssh-get-authorized-keys', { username })) ?? {}
  if (!Array.isArray(answer.keys)) throw internalError("Malformed qemu-agent reply: 'keys' missing")
  return textsOf(answer, 'keys')
}

/** @param reset take away those that are there */
export async function addAuthorizedKeys(
  agent: Agent,
  username: string,
  keys: readonly string[],
  reset: boolean,
): Promise<void> {
  await agent.command('guest-ssh-add-authorized-keys', { username, keys, reset })
}

export async function removeAuthorizedKeys(agent: Agent, username: string, keys: readonly string[]): Promise<void> {
  await agent.command('guest-ssh-remove-authorized-keys', { username, keys })
}

/** Where a disk is plugged in, as the guest sees it. */
export interface GuestDiskAddress {
  readonly busType: string | undefined
  readonly bus: number | undefined
  readonly target: number | undefined
  readonly unit: number | undefined
  readonly serial: string | undefined
  readonly dev: string | undefined
  readonly ccw: { readonly cssid: number; readonly ssid: number; readonly devno: number } | undefined
  readonly pci: { readonly domain: number; readonly bus: number; readonly slot: number; readonly function: number }
}

export interface GuestDisk {
  readonly name: string
  readonly partition: boolean
  readonly dependencies: readonly string[]
  readonly alias: string | undefined
  readonly address: GuestDiskAddress | undefined
}

function diskAddress(entry: JsonObject | undefined): GuestDiskAddress | undefined {
  if (entry === undefined) return undefined
  const pci = asObject(entry['pci-controller']) ?? {}
  const ccw = asObject(entry['ccw-address'])
  return {
    busType: textOf(entry, 'bus-type'),
    bus: numberOf(entry, 'bus'),
    target: numberOf(entry, 'target'),
    unit: numberOf(entry, 'unit'),
    serial: textOf(entry, 'serial'),
    dev: textOf(entry, 'dev'),
    ccw:
      ccw === undefined
        ? undefined
        : {
            cssid: numberOf(ccw, 'cssid') ?? 0,
            ssid: numberOf(ccw, 'ssid') ?? 0,
            devno: numberOf(ccw, 'devno') ?? 0,
          },
    pci: {
      domain: numberOf(pci, 'domain') ?? -1,
      bus: numberOf(pci, 'bus') ?? -1,
      slot: numberOf(pci, 'slot') ?? -1,
      function: numberOf(pci, 'function') ?? -1,
    },
  }
}

export async function guestDisks(agent: Agent, options?: AgentCommandOptions): Promise<GuestDisk[]> {
  return objectsOf(await agent.command('guest-get-disks', undefined, options), 'guest-get-disks').map((entry) => {
    const [name, partition] = [textOf(entry, 'name'), booleanOf(entry, 'partition')]
    if (name === undefined) throw internalError("'name' missing in reply of guest-get-disks")
    return {
      name,
      partition: partition ?? false,
      dependencies: textsOf(entry, 'dependencies'),
      alias: textOf(entry, 'alias'),
      address: diskAddress(asObject(entry.address)),
    }
  })
}

/** A file system that is mounted. */
export interface GuestFilesystem {
  readonly name: string
  readonly mountpoint: string
  readonly type: string
  readonly totalBytes: bigint | undefined
  readonly usedBytes: bigint | undefined
  readonly disks: readonly GuestDiskAddress[]
}

export async function guestFilesystems(agent: Agent, options?: AgentCommandOptions): Promise<GuestFilesystem[]> {
  return objectsOf(await agent.command('guest-get-fsinfo', undefined, options), 'guest-get-fsinfo').map((entry) => {
    const [name, mountpoint, type] = [textOf(entry, 'name'), textOf(entry, 'mountpoint'), textOf(entry, 'type')]
    if (name === undefined || mountpoint === undefined || type === undefined)
      throw internalError("'mountpoint', 'name' or 'type' missing in reply of guest-get-fsinfo")
    const disks = Array.isArray(entry.disk) ? entry.disk.map((disk: Json) => diskAddress(asObject(disk))) : []
    return {
      name,
      mountpoint,
      type,
      totalBytes: bigintOf(entry, 'total-bytes'),
      usedBytes: bigintOf(entry, 'used-bytes'),
      disks: disks.filter((disk) => disk !== undefined),
    }
  })
}
