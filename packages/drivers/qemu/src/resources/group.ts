// SPDX-License-Identifier: LGPL-2.1-or-later
// A guest's control group: where it is, what it is set to before the guest begins.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Domain } from '@virt/conf'
import { ErrorDomain } from '@virt/core'
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
import { systemFailure } from '@virt/stateful'
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

/** The name of a guest among the machines of this host. */
export function nameOfMachine({ place, run }: DriverPaths, id: number, name: string): string {
  if (place === 'session') return machineName(`${userInfo().username}-qemu`, id, name)
  if (run === systemRun) return machineName('qemu', id, name)
  const hash = createHash('sha256').update(run).digest('hex').slice(0, 8)
  return machineName(`qemu-embed-${hash}`, id, name)
}

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
  const partition = document.resource?.partition ?? defaultPartition
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
        : `Unable to write to '${path}'`
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
