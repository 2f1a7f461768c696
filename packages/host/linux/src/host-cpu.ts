// SPDX-License-Identifier: LGPL-2.1-or-later
// The host's processor, as capabilities show it and guests' processors are compared with it.
import { type CpuidLeaf, cpuModels, type HostCpu, type MsrValue, type X86Data, x86Questions } from '@virt/conf'
import type { Native } from '@virt/native'
import { isOf } from './cpu-info.js'
import type { HostFiles } from './files.js'
import { readNodeInfo } from './node-info.js'

type Asked = Native['processor']

const bit = (value: number, index: number): boolean => ((value >>> index) & 1) === 1
const sgx = 2
/** Where the leaves of other makers begin. */
const extended = 0x80000000

/** Whether a leaf has a subleaf: processors answer to those that they do not have with anything. */
function hasSubleaf(ask: (leaf: number, sub: number) => CpuidLeaf, leaf: number, sub: number): boolean {
  switch (leaf) {
    case 0x7:
    case 0x14:
    case 0x24:
      return sub <= ask(leaf, 0).eax
    case 0xd:
      return sub <= 1
    // Of resources whose use can be watched or shared out, a bit each.
    case 0xf:
      return sub === 0 || bit(ask(leaf, 0).edx, sub)
    case 0x12:
      return bit(ask(0x7, 0).ebx, sgx)
    default:
      return sub === 0
  }
}

function readCpuid(processor: Asked): CpuidLeaf[] | undefined {
  if (processor.cpuid(0) === undefined) return undefined
  const ask = (leaf: number, sub: number): CpuidLeaf => ({
    leaf,
    sub,
    ...(processor.cpuid(leaf, sub) ?? { eax: 0, ebx: 0, ecx: 0, edx: 0 }),
  })
  const has = (leaf: number): boolean => leaf <= ask(leaf < extended ? 0 : extended, 0).eax
  return x86Questions()
    .cpuid.filter(({ leaf, sub }) => has(leaf) && hasSubleaf(ask, leaf, sub))
    .map(({ leaf, sub }) => ask(leaf, sub))
}

/** Registers by the kernel's own device where root has loaded it, else as KVM tells them. What nobody tells is left out. */
async function readRegisters(files: HostFiles, processor: Asked): Promise<MsrValue[]> {
  const numbers = x86Questions().msr
  const told = await processor.kvmRegisters(numbers).catch(() => [])
  const all: MsrValue[] = []
  for (const [i, index] of numbers.entries()) {
    const bytes = await files.part('/dev/cpu/0/msr', index, 8).catch(() => undefined)
    const value = bytes?.length === 8 ? bytes.readBigUInt64LE() : told[i]
    if (value !== undefined)
      all.push({ index, eax: Number(value & 0xffffffffn), edx: Number((value >> 32n) & 0xffffffffn) })
  }
  return all
}

/** Width of physical addresses in bits; 0 where the kernel does not tell. @param cpuinfo text of `/proc/cpuinfo` */
export function addressBits(cpuinfo: string): number {
  return Number(/^address sizes\s*:\s*(\d+) bits physical/m.exec(cpuinfo)?.[1] ?? 0)
}

async function readCounter(processor: Asked): Promise<HostCpu['counter']> {
  const found = await processor.kvmCounter().catch(() => undefined)
  if (found === undefined) return undefined
  const { kilohertz, scaling } = found
  return { name: 'tsc', frequency: BigInt(kilohertz) * 1000n, ...(scaling === undefined ? {} : { scaling }) }
}

async function readX86(files: HostFiles, arch: string, processor: Asked): Promise<Partial<HostCpu>> {
  const cpuid = readCpuid(processor)
  if (cpuid === undefined) return {}
  const data: X86Data = { kind: 'x86', cpuid, msr: await readRegisters(files, processor) }
  const found = cpuModels.decode(data, { hostArch: arch })
  const cpuinfo = (await files.text('/proc/cpuinfo')) ?? ''
  const microcode = Number(/^microcode\s*:\s*(0x[0-9a-f]+|\d+)/m.exec(cpuinfo)?.[1] ?? 0)
  const bits = addressBits(cpuinfo)
  const counter = cpuModels.dataHas(data, 'invtsc') ? await readCounter(processor) : undefined
  return {
    ...found,
    ...(microcode === 0 ? {} : { microcode: { version: microcode } }),
    ...(counter === undefined ? {} : { counter }),
    ...(bits === 0 ? {} : { maxphysaddr: { mode: 'emulate', bits } }),
  }
}

/**
 * The host's processor: its model with what it has beyond that, and how many there are. Of architectures other than x86
 * only the latter.
 * @param arch architecture of the host (`x86_64`)
 * @param processor the addon's
 * @throws VirtError `internal-error` when no model fits, or no processors are to be seen
 * @since 0.1.0, `virCPUProbeHost`
 */
export async function readHostCpu(files: HostFiles, arch: string, processor: Asked): Promise<HostCpu> {
  const { sockets, cores, threads } = await readNodeInfo(files, arch)
  const found = isOf('x86', arch) ? await readX86(files, arch, processor) : {}
  return { arch, features: [], ...found, topology: { sockets, dies: 1, clusters: 1, cores, threads } }
}
