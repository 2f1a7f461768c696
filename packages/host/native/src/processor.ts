// SPDX-License-Identifier: LGPL-2.1-or-later
// What an x86 processor says of itself, and what KVM says of it.
import type { Binding } from './binding.js'
import { checkInteger } from './errors.js'

/** Registers after CPUID. */
export interface CpuidAnswer {
  readonly eax: number
  readonly ebx: number
  readonly ecx: number
  readonly edx: number
}

/** The time stamp counter that guests get. */
export interface TimeCounter {
  readonly kilohertz: number
  /** Whether it can run at another speed for a guest; absent: not known. */
  readonly scaling?: boolean
}

/** Questions to the processor. */
export interface Processor {
  /**
   * CPUID, on the processor that this thread runs on. What it answers to leaves that it does not have is its own affair.
   * @param leaf what EAX is before
   * @param sub what ECX is before
   * @returns undefined on other architectures
   * @since 0.1.0
   */
  cpuid(leaf: number, sub?: number): CpuidAnswer | undefined
  /**
   * Model specific registers, as KVM tells them whoever may open its device.
   * @param numbers below 2^31
   * @returns undefined for those that it does not tell of @throws ENOENT, EACCES, ENOSYS on other architectures @since 0.1.0
   */
  kvmRegisters(numbers: readonly number[], device?: string): Promise<(bigint | undefined)[]>
  /** The counter of a machine that is made to ask it. @throws as `kvmRegisters` @since 0.1.0 */
  kvmCounter(device?: string): Promise<TimeCounter>
}

const kvm = '/dev/kvm'
const register = 0xffffffff

/** By instructions of the processor, and KVM's device. */
export function processorOf(binding: Binding): Processor {
  return {
    cpuid(leaf, sub = 0) {
      checkInteger('leaf', leaf, 0, register)
      checkInteger('sub', sub, 0, register)
      const found = binding.cpuid(leaf, sub)
      if (found === undefined) return undefined
      const [eax, ebx, ecx, edx] = found
      return { eax, ebx, ecx, edx }
    },
    async kvmRegisters(numbers, device = kvm) {
      for (const number of numbers) checkInteger('number', number, 0, 0x7fffffff)
      return await binding.kvmRegisters(device, numbers)
    },
    kvmCounter: async (device = kvm) => await binding.kvmCounter(device),
  }
}
