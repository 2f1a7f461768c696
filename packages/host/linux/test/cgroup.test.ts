// SPDX-License-Identifier: LGPL-2.1-or-later
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Cgroup, CgroupHost } from '../src/cgroup/cgroup.js'
import {
  bandwidth,
  blkioWeight,
  cpuShares,
  memoryLimit,
  setBandwidth,
  setBlkioWeight,
  setCpuShares,
  setDeviceLimit,
  setMemoryLimit,
  unlimitedMemory,
} from '../src/cgroup/limits.js'
import { guestGroupName, machineName, partitionPath } from '../src/cgroup/names.js'

const folder = mkdtempSync(join(tmpdir(), 'cgroup-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A tree as the kernel would show it, of plain files. */
function put(tree: string, group: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, tree, group), { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, tree, group, name), text)
}

const said = (tree: string, file: string): string => readFileSync(join(folder, tree, 'guest', file), 'utf8')

async function groupOf(mounts: string[]): Promise<Cgroup> {
  const lines = mounts.map((line) => line.replace('@', folder)).join('\n')
  return (await CgroupHost.open(undefined, { mounts: lines, groups: '' })).group('/guest')
}

describe('limits', () => {
  it('of version 1 are in files of their own', async () => {
    put('cpu', 'guest', { 'cpu.shares': '1024\n', 'cpu.cfs_period_us': '100000\n', 'cpu.cfs_quota_us': '-1\n' })
    put('memory', 'guest', {
      'memory.limit_in_bytes': '9223372036854771712\n',
      'memory.soft_limit_in_bytes': '1048576',
    })
    put('blkio', 'guest', { 'blkio.bfq.weight': '500', 'blkio.throttle.read_bps_device': '' })
    const group = await groupOf(['c @/cpu cgroup rw,cpu', 'm @/memory cgroup rw,memory', 'b @/blkio cgroup rw,blkio'])
    expect(await cpuShares(group)).toBe(1024n)
    expect(await bandwidth(group)).toEqual({ period: 100_000n, quota: -1n })
    await setBandwidth(group, { quota: 5000n })
    expect(said('cpu', 'cpu.cfs_quota_us')).toBe('5000')
    expect(await memoryLimit(group, 'hard_limit')).toBe(unlimitedMemory)
    expect(await memoryLimit(group, 'soft_limit')).toBe(1024n)
    expect(await memoryLimit(group, 'swap_hard_limit')).toBeUndefined()
    await setMemoryLimit(group, 'soft_limit', unlimitedMemory)
    expect(said('memory', 'memory.soft_limit_in_bytes')).toBe('-1')
    expect(await blkioWeight(group)).toBe(500)
    await setDeviceLimit(group, 'read_bytes_sec', '8:0', 77n)
    expect(said('blkio', 'blkio.throttle.read_bps_device')).toBe('8:0 77')
    await expect(group.write('cpuset', 'cpuset.cpus', '0')).rejects.toMatchObject({ code: 'ENXIO' })
  })

  it('of version 2 are in lines that keep what is not set', async () => {
    put('two', '.', { 'cgroup.controllers': 'cpuset cpu io memory\n' })
    put('two', 'guest', {
      'cpu.weight': '100',
      'cpu.max': 'max 100000',
      'memory.max': 'max',
      'memory.swap.max': 'max',
      'io.weight': 'default 100\n8:0 200',
      'io.max': '',
    })
    const group = await groupOf(['u @/two cgroup2 rw'])
    await setCpuShares(group, 300n)
    expect(await cpuShares(group)).toBe(300n)
    await setBandwidth(group, { quota: 5000n })
    expect(said('two', 'cpu.max')).toBe('5000 100000')
    await setBandwidth(group, { period: 20_000n })
    expect(await bandwidth(group)).toEqual({ period: 20_000n, quota: 5000n })
    await setBandwidth(group, { quota: -1n })
    expect(said('two', 'cpu.max')).toBe('max 20000')
    await setMemoryLimit(group, 'hard_limit', 2048n)
    await setMemoryLimit(group, 'swap_hard_limit', 3072n)
    expect([said('two', 'memory.max'), said('two', 'memory.swap.max')]).toEqual(['2097152', '1048576'])
    expect(await memoryLimit(group, 'swap_hard_limit')).toBe(3072n)
    expect(await blkioWeight(group)).toBe(100)
    await setBlkioWeight(group, 400)
    expect(said('two', 'io.weight').startsWith('400')).toBe(true)
    await setDeviceLimit(group, 'write_iops_sec', '8:0', 0n)
    expect(said('two', 'io.max')).toBe('8:0 wiops=max')
  })
})

describe('groups', () => {
  it('are in all trees, those of threads only where threads can differ', async () => {
    const host = await CgroupHost.open(undefined, {
      mounts: `c ${folder}/a cgroup rw,cpu,cpuacct\nm ${folder}/b cgroup rw,memory`,
      groups: '',
    })
    for (const tree of ['a', 'b']) put(tree, '.', {})
    const group = host.group('/g')
    await group.make()
    const threads = group.threads('vcpu0')
    await threads.make(true)
    expect([...group.folders, ...threads.folders].map((path) => path.slice(folder.length))).toEqual([
      '/a/g',
      '/b/g',
      '/a/g/vcpu0',
    ])
    expect(group.entries(threads).map((entry) => String(entry).slice(folder.length))).toEqual(['/a/g/vcpu0', '/b/g'])
    expect([await group.children(), await host.group('/none').children()]).toEqual([['vcpu0'], []])
    await group.remove()
    expect(existsSync(join(folder, 'a/g')) || existsSync(join(folder, 'b/g'))).toBe(false)
  })

  it('are not made where nothing may be used', async () => {
    const host = await CgroupHost.open([], { mounts: `c ${folder}/a cgroup rw,cpu`, groups: '' })
    expect(host.available).toBe(false)
    expect((await CgroupHost.open(['cpu'], { mounts: `c ${folder}/a cgroup rw,cpu`, groups: '' })).has('cpu')).toBe(
      true,
    )
  })
})

describe('names', () => {
  it.each([
    ['/machine', '/machine'],
    ['/machine/web', '/machine/web.partition'],
    ['/machine.slice/a.slice', '/machine.slice/a.slice'],
    ['/cpu.shares/_x', '/_cpu.shares/__x.partition'],
  ])('of partitions: %s', (partition, path) => expect(partitionPath(partition)).toBe(path))

  it('of guests hold no more than machines may be called', () => {
    expect(guestGroupName(machineName('qemu', 1, 'demo'), 'qemu')).toBe('qemu-1-demo.libvirt-qemu')
    expect(machineName('qemu', 2, '--a..b_c d--')).toBe('qemu-2-a.bcd')
    expect(machineName('qemu', 3, 'x'.repeat(100))).toHaveLength(64)
  })
})
