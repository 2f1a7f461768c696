// SPDX-License-Identifier: LGPL-2.1-or-later
// A guest's control group: where it is, what it is set to before the guest begins.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Domain } from '@virt/conf'
import { ErrorDomain, systemFailure } from '@virt/core'
import {
  type Cgroup,
  type DeviceLimit,
  guestGroupName,
  type MemoryLimit,
  machineName,
  partitionPath,
  setBandwidth,
  setBlkioWeight,
  setCpuShares,
  setDeviceLimit,
  setMemoryLimit,
} from '@virt/linux'
import { configUnsupported } from '../errors.js'
import type { DriverPaths } from '../host/paths.js'
import type { QemuState } from '../state.js'
import { allowDevices } from './device-access.js'
import { deviceNumber } from './device-number.js'

const defaultPartition = '/machine'
/** What a group that is not ours to make answers. The guest then runs without. */
const notOurs: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'ENXIO', 'EROFS'])

/** What libvirt's own system has its run folder called; machines of others have names apart from its. */
const systemRun = '/run/libvirt/qemu'

/** What the names of our machines begin with. */
function machinePrefix({ place, run }: DriverPaths): string {
  if (place === 'session') return `${userInfo().username}-qemu`
  if (run === systemRun) return 'qemu'
  return `qemu-embed-${createHash('sha256').update(run).digest('hex').slice(0, 8)}`
}

/** The name of a guest among the machines of this host. */
export function nameOfMachine(paths: DriverPaths, id: number, name: string): string {
  return machineName(machinePrefix(paths), id, name)
}

const partitionOf = ({ resource }: Domain): string => resource?.partition ?? defaultPartition

/** The document with the partition that the guest gets, where groups are to be had. */
export function withPartition(state: QemuState, document: Domain): Domain {
  if (state.cgroups === undefined || document.resource?.partition !== undefined) return document
  return { ...document, resource: { ...document.resource, partition: defaultPartition } }
}

/**
 * Makes a guest's group and sets it up.
 * @returns undefined where groups are not to be had
 * @throws VirtError for what is asked of groups and cannot be had
 */
export async function makeGroup(state: QemuState, document: Domain, id: number): Promise<Cgroup | undefined> {
  const group = await newGroup(state, document, id)
  try {
    await setUp(state, group, document)
    return group
  } catch (error) {
    await group?.remove()
    throw error
  }
}

async function newGroup({ cgroups, paths }: QemuState, document: Domain, id: number): Promise<Cgroup | undefined> {
  if (cgroups === undefined) return undefined
  const partition = partitionOf(document)
  if (!partition.startsWith('/')) throw configUnsupported(`Resource partition '${partition}' must start with '/'`)
  const above = cgroups.group(partitionPath(partition))
  const group = above.child(guestGroupName(nameOfMachine(paths, id, document.name ?? ''), 'qemu'))
  try {
    // Other partitions are the administrator's to make.
    if (partition === defaultPartition) await above.make()
    await group.make()
  } catch (error) {
    await group.remove()
    if (notOurs.has((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw systemFailure(error, ErrorDomain.CGROUP, `Unable to create directory ${group.folders[0] ?? group.path}`)
  }
  // A group of before that a crash has left: nobody is in it, but it is set up.
  return group
}

const memoryLimits: readonly MemoryLimit[] = ['hard_limit', 'soft_limit', 'swap_hard_limit']
const deviceLimits: readonly DeviceLimit[] = [
  'weight',
  'read_iops_sec',
  'write_iops_sec',
  'read_bytes_sec',
  'write_bytes_sec',
]

/** Sets something of a group. @throws VirtError with the kernel's file, and what it was to be */
export async function setting(work: Promise<void>): Promise<void> {
  await work.catch((error: NodeJS.ErrnoException & { file?: string; value?: string }) => {
    const { code, file, value, path } = error
    if (code === undefined) throw error
    const what =
      code === 'EINVAL' && file !== undefined
        ? `Invalid value '${value}' for '${file}'`
        : `Unable to write to '${path ?? file}'`
    throw systemFailure(error, ErrorDomain.CGROUP, what)
  })
}

async function setUp(state: QemuState, group: Cgroup | undefined, document: Domain): Promise<void> {
  const { blkiotune, memtune, cputune } = document
  if (!group?.has('blkio')) {
    if (blkiotune?.weight !== undefined || (blkiotune?.devices.length ?? 0) > 0)
      throw configUnsupported('Block I/O tuning is not available on this host')
  } else {
    if (blkiotune?.weight !== undefined) await setting(setBlkioWeight(group, blkiotune.weight))
    for (const device of blkiotune?.devices ?? [])
      for (const limit of deviceLimits) {
        const value = device[limit]
        if (value === undefined || BigInt(value) === 0n) continue
        await setting(setDeviceLimit(group, limit, await deviceNumber(device.path ?? ''), BigInt(value)))
      }
  }
  if (!group?.has('memory')) {
    if (memoryLimits.some((limit) => memtune?.[limit] !== undefined))
      throw configUnsupported('Memory cgroup is not available on this host')
  } else
    for (const limit of memoryLimits) {
      const size = memtune?.[limit]
      if (size !== undefined) await setting(setMemoryLimit(group, limit, size))
    }
  if (!group?.has('cpu')) {
    if (cputune?.shares !== undefined) throw configUnsupported('CPU tuning is not available on this host')
    const wanted = [cputune?.period, cputune?.quota, cputune?.global_period, cputune?.global_quota]
    if (wanted.some((value) => value !== undefined))
      throw configUnsupported('cgroup cpu is required for scheduler tuning')
  } else {
    if (cputune?.shares !== undefined) await setting(setCpuShares(group, cputune.shares))
    await setting(setBandwidth(group, spread(cputune?.global_period, cputune?.global_quota)))
  }
  if (group?.version('cpuset') === 1) await group.write('cpuset', 'cpuset.memory_migrate', '1').catch(() => {})
  if (group?.version('devices') === 1) await allowDevices(state, group, document)
}

/** A bandwidth of what is given. */
export function spread(
  period: bigint | undefined,
  quota: bigint | undefined,
): { readonly period?: bigint; readonly quota?: bigint } {
  return {
    ...(period === undefined || period === 0n ? {} : { period }),
    ...(quota === undefined || quota === 0n ? {} : { quota }),
  }
}

/** The group of a guest that runs already: the one that its process is in, if it is the guest's own. */
export async function findGroup(
  { cgroups, paths }: QemuState,
  pid: number,
  id: number,
  name: string,
): Promise<Cgroup | undefined> {
  if (cgroups === undefined) return undefined
  const own = guestGroupName(nameOfMachine(paths, id, name), 'qemu')
  const text = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')
  for (const line of text.split('\n')) {
    const path = line.slice(line.indexOf('/'))
    const at = path.split('/').indexOf(own)
    if (at > 0) return cgroups.group(join('/', ...path.split('/').slice(1, at + 1)))
  }
  return undefined
}

/** Removes groups of guests that have no process any more: a daemon that was killed leaves them. */
export async function sweepGroups({ cgroups, domains, paths }: QemuState): Promise<void> {
  if (cgroups === undefined) return
  const used = await groupsInUse()
  const prefix = `${machinePrefix(paths)}-`
  const partitions = new Set([defaultPartition, ...[...domains.values()].map(({ config }) => partitionOf(config))])
  for (const partition of partitions) {
    const above = cgroups.group(partitionPath(partition))
    for (const name of await above.children())
      if (isOurs(name, prefix) && !used.has(name)) await above.child(name).remove()
  }
}

const suffix = '.libvirt-qemu'

/**
 * Whether a group is one of this instance's guests. What others make may be empty for a moment, before its guest is in it.
 * @param prefix what names of our machines begin with, before their number
 */
export function isOurs(name: string, prefix: string): boolean {
  return name.startsWith(prefix) && name.endsWith(suffix) && /^\d+[-.]/.test(name.slice(prefix.length))
}

/** Names of guests' groups that some process is in. */
async function groupsInUse(): Promise<Set<string>> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const texts = await Promise.all(names.map((name) => readFile(`/proc/${name}/cgroup`, 'utf8').catch(() => '')))
  return new Set(texts.flatMap((text) => text.split(/[/\n]/).filter((part) => part.endsWith(suffix))))
}
