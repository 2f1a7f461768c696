// SPDX-License-Identifier: LGPL-2.1-or-later
// What groups are set to, in the units of libvirt's documents; each version of the kernel's files has its own.
import type { Cgroup, Controller } from './cgroup.js'

/** KiB that stand for no limit. */
export const unlimitedMemory = 9_007_199_254_740_991n

const numberIn = (text: string | undefined): bigint | undefined =>
  text !== undefined && /^-?\d+$/.test(text) ? BigInt(text) : undefined

/** Shares of processor time; with version 2 the weight itself. */
export async function cpuShares(group: Cgroup): Promise<bigint | undefined> {
  return numberIn(await group.read('cpu', group.version('cpu') === 2 ? 'cpu.weight' : 'cpu.shares'))
}

/** Least and most shares. */
export function cpuSharesRange(group: Cgroup): readonly [bigint, bigint] {
  return group.version('cpu') === 2 ? [1n, 10_000n] : [2n, 262_144n]
}

export async function setCpuShares(group: Cgroup, shares: bigint): Promise<void> {
  await group.write('cpu', group.version('cpu') === 2 ? 'cpu.weight' : 'cpu.shares', String(shares))
}

/** Microseconds of processor time in each period of microseconds; a negative quota is none. */
export interface Bandwidth {
  readonly period: bigint
  readonly quota: bigint
}

export async function bandwidth(group: Cgroup): Promise<Bandwidth | undefined> {
  if (group.version('cpu') === 2) {
    const [, quota, period] = /^(max|\d+) (\d+)$/.exec((await group.read('cpu', 'cpu.max')) ?? '') ?? []
    if (quota === undefined || period === undefined) return undefined
    // parity: no limit is the most that the kernel could be told.
    return { period: BigInt(period), quota: quota === 'max' ? 17_592_186_044_415n : BigInt(quota) }
  }
  const period = numberIn(await group.read('cpu', 'cpu.cfs_period_us'))
  const quota = numberIn(await group.read('cpu', 'cpu.cfs_quota_us'))
  return period === undefined || quota === undefined ? undefined : { period, quota }
}

/** Sets what is given. A period may not be shorter than the quota fits: the kernel says so. */
export async function setBandwidth(group: Cgroup, { period, quota }: Partial<Bandwidth>): Promise<void> {
  if (group.version('cpu') === 2) {
    const before = /^(max|\d+) (\d+)$/.exec((await group.read('cpu', 'cpu.max')) ?? '') ?? []
    const most = quota === undefined ? (before[1] ?? 'max') : quota < 0n ? 'max' : String(quota)
    return await group.write('cpu', 'cpu.max', `${most} ${period ?? before[2] ?? 100_000}`)
  }
  if (period !== undefined) await group.write('cpu', 'cpu.cfs_period_us', String(period))
  if (quota !== undefined) await group.write('cpu', 'cpu.cfs_quota_us', String(quota))
}

/** Limits of memory by their names in documents. */
export type MemoryLimit = 'hard_limit' | 'soft_limit' | 'swap_hard_limit'

const memoryFiles: Readonly<Record<MemoryLimit, readonly [v1: string, v2: string]>> = {
  hard_limit: ['memory.limit_in_bytes', 'memory.max'],
  soft_limit: ['memory.soft_limit_in_bytes', 'memory.high'],
  swap_hard_limit: ['memory.memsw.limit_in_bytes', 'memory.swap.max'],
}

const memoryFile = (group: Cgroup, limit: MemoryLimit): string =>
  memoryFiles[limit][group.version('memory') === 2 ? 1 : 0]

/** KiB; undefined where the kernel does not count it. */
export async function memoryLimit(group: Cgroup, limit: MemoryLimit): Promise<bigint | undefined> {
  const text = await group.read('memory', memoryFile(group, limit))
  if (text === 'max') return unlimitedMemory
  const bytes = numberIn(text)
  if (bytes === undefined) return undefined
  const size = bytes / 1024n
  if (size >= unlimitedMemory - 1024n) return unlimitedMemory
  // Version 2 counts swap alone, libvirt memory with it.
  if (limit !== 'swap_hard_limit' || group.version('memory') !== 2) return size
  const memory = (await memoryLimit(group, 'hard_limit')) ?? unlimitedMemory
  return memory === unlimitedMemory ? unlimitedMemory : memory + size
}

/** @param size KiB */
export async function setMemoryLimit(group: Cgroup, limit: MemoryLimit, size: bigint): Promise<void> {
  const file = memoryFile(group, limit)
  if (group.version('memory') === 1)
    return await group.write('memory', file, size >= unlimitedMemory ? '-1' : String(size * 1024n))
  if (size >= unlimitedMemory) return await group.write('memory', file, 'max')
  const memory = limit === 'swap_hard_limit' ? ((await memoryLimit(group, 'hard_limit')) ?? 0n) : 0n
  await group.write('memory', file, String((size > memory ? size - memory : 0n) * 1024n))
}

/** The first of some files that is there. */
async function firstOf(
  group: Cgroup,
  controller: Controller,
  files: readonly string[],
): Promise<{ file: string; text: string } | undefined> {
  for (const file of files) {
    const text = await group.read(controller, file)
    if (text !== undefined) return { file, text }
  }
  return undefined
}

const weightFiles = ['blkio.bfq.weight', 'blkio.weight', 'io.bfq.weight', 'io.weight']

/** Weight of block I/O; undefined where no scheduler of disks has any. */
export async function blkioWeight(group: Cgroup): Promise<number | undefined> {
  const found = await firstOf(group, 'blkio', weightFiles)
  const [, digits] = /^(?:default )?(\d+)/.exec(found?.text ?? '') ?? []
  return digits === undefined ? undefined : Number(digits)
}

/** @throws ENXIO where there is none, and as the kernel says */
export async function setBlkioWeight(group: Cgroup, weight: number): Promise<void> {
  const found = await firstOf(group, 'blkio', weightFiles)
  await group.write('blkio', found?.file ?? 'blkio.weight', String(weight))
}

/** Limits of one device by their names in documents. */
export type DeviceLimit = 'weight' | 'read_iops_sec' | 'write_iops_sec' | 'read_bytes_sec' | 'write_bytes_sec'

const deviceFiles: Readonly<Record<DeviceLimit, readonly [v1: string, key: string]>> = {
  weight: ['blkio.weight_device', ''],
  read_iops_sec: ['blkio.throttle.read_iops_device', 'riops'],
  write_iops_sec: ['blkio.throttle.write_iops_device', 'wiops'],
  read_bytes_sec: ['blkio.throttle.read_bps_device', 'rbps'],
  write_bytes_sec: ['blkio.throttle.write_bps_device', 'wbps'],
}

/** @param device `MAJOR:MINOR` @param value 0 is none */
export async function setDeviceLimit(group: Cgroup, limit: DeviceLimit, device: string, value: bigint): Promise<void> {
  const [file, key] = deviceFiles[limit]
  if (group.version('blkio') === 1) {
    const own = limit === 'weight' ? await firstOf(group, 'blkio', ['blkio.bfq.weight_device', file]) : undefined
    return await group.write('blkio', own?.file ?? file, `${device} ${value}`)
  }
  if (limit === 'weight')
    return await group.write('blkio', 'io.weight', `${device} ${value === 0n ? 'default' : value}`)
  await group.write('blkio', 'io.max', `${device} ${key}=${value === 0n ? 'max' : value}`)
}
