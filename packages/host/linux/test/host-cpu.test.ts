// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Native } from '@virt/native'
import { describe, expect, it } from 'vitest'
import { readHostCpu, readPageSizes } from '../src/index.js'
import { host, processors } from './host.js'

type Registers = readonly [eax: number, ebx: number, ecx: number, edx: number]

/** A processor that answers to leaves it does not have with the highest it has, as Intel's do. */
function processorOf(leaves: Readonly<Record<string, Registers>>, registers: Readonly<Record<number, bigint>> = {}) {
  const asked: string[] = []
  const processor: Native['processor'] = {
    cpuid(leaf, sub = 0) {
      asked.push(`${leaf.toString(16)}.${sub}`)
      const [eax, ebx, ecx, edx] = leaves[`${leaf.toString(16)}.${sub}`] ?? [
        0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
      ]
      return { eax, ebx, ecx, edx }
    },
    kvmRegisters: async (numbers) => numbers.map((number) => registers[number]),
    kvmCounter: async () => ({ kilohertz: 2_000_000, scaling: true }),
  }
  return { processor, asked }
}

const vendor: Registers = [7, 0x756e6547, 0x6c65746e, 0x49656e69]
/** Family 6, model 60; SSE3, and what every processor of 64 bits has. */
const first: Registers = [0x306c3, 0, 0x1, 0x0f8b_fbff]
const nothing: Registers = [0, 0, 0, 0]
const leaves: Record<string, Registers> = {
  '0.0': vendor,
  '1.0': first,
  '6.0': nothing,
  '7.0': nothing,
  '80000000.0': [0x80000007, 0, 0, 0],
  '80000001.0': [0, 0, 0x1, 0x2010_0800],
  '80000007.0': [0, 0, 0, 0x100],
}
const files = {
  ...processors(
    [
      [0, 0],
      [0, 0],
      [0, 1],
      [0, 1],
    ],
    [0, 1, 2, 3],
  ),
  'proc/cpuinfo': 'processor\t: 0\nmicrocode\t: 0x1f\naddress sizes\t: 39 bits physical, 48 bits virtual\n',
}

describe("the host's processor", () => {
  it('has a model, what it has more, its place and speed', async () => {
    const { processor } = processorOf(leaves)
    const cpu = await readHostCpu(host(files), 'x86_64', processor)
    expect(cpu).toMatchObject({
      arch: 'x86_64',
      vendor: 'Intel',
      signature: { family: 6, model: 60, stepping: 3 },
      microcode: { version: 31 },
      counter: { name: 'tsc', frequency: 2_000_000_000n, scaling: true },
      maxphysaddr: { mode: 'emulate', bits: 39 },
      topology: { sockets: 1, dies: 1, clusters: 1, cores: 2, threads: 2 },
    })
    expect(cpu.model).toEqual(expect.any(String))
    expect(cpu.features.map(({ name }) => name)).toContain('invtsc')
  })

  it('is not asked for leaves that it does not have', async () => {
    const { processor, asked } = processorOf(leaves)
    const { features } = await readHostCpu(host(files), 'x86_64', processor)
    expect(asked).not.toContain('7.1')
    expect(asked).not.toContain('d.1')
    expect(asked).not.toContain('80000008.0')
    expect(features.map(({ name }) => name)).not.toContain('xsaveopt')
  })

  it('has features that KVM tells of, or the device of the registers', async () => {
    const capabilities = Buffer.alloc(0x10a + 8)
    capabilities.writeBigUInt64LE(0x20n, 0x10a)
    const names = async (texts: Readonly<Record<string, string | Uint8Array>>, value: bigint): Promise<string[]> => {
      const { processor } = processorOf(leaves, { 266: value })
      const { features } = await readHostCpu(host(texts), 'x86_64', processor)
      return features.flatMap(({ name = '' }) => (name === 'rdctl-no' || name === 'mds-no' ? name : []))
    }
    expect(await names(files, 1n)).toEqual(['rdctl-no'])
    expect(await names({ ...files, 'dev/cpu/0/msr': capabilities }, 1n)).toEqual(['mds-no'])
  })

  it('is known by its places alone where it cannot be asked', async () => {
    const none: Native['processor'] = {
      ...processorOf({}).processor,
      cpuid: () => undefined,
    }
    const topology = { sockets: 1, dies: 1, clusters: 1, cores: 2, threads: 2 }
    expect(await readHostCpu(host(files), 'x86_64', none)).toEqual({ arch: 'x86_64', features: [], topology })
    const { processor, asked } = processorOf(leaves)
    expect(await readHostCpu(host(files), 'aarch64', processor)).toEqual({ arch: 'aarch64', features: [], topology })
    expect(asked).toEqual([])
  })
})

it('tells sizes of pages, the smallest first', async () => {
  const pool = 'sys/kernel/mm/hugepages/hugepages'
  const texts = { [`${pool}-1048576kB/nr_hugepages`]: '0\n', [`${pool}-2048kB/nr_hugepages`]: '0\n' }
  expect(await readPageSizes(host(texts))).toEqual([4n, 2048n, 1048576n])
})
