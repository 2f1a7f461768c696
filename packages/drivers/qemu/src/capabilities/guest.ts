// SPDX-License-Identifier: LGPL-2.1-or-later
// What guests a QEMU program can run, for the host's capabilities.
import type { CapabilitiesGuest, GuestMachine } from '@virt/conf'
import { accelerators, type MachineType, type QemuCaps } from './caps.js'

const wordsizes: Readonly<Record<string, number>> = {
  i686: 32,
  armv6l: 32,
  armv7l: 32,
  armv7b: 32,
  cris: 32,
  lm32: 32,
  m68k: 32,
  microblaze: 32,
  microblazeel: 32,
  mips: 32,
  mipsel: 32,
  or32: 32,
  ppc: 32,
  ppcle: 32,
  ppcemb: 32,
  riscv32: 32,
  sh4: 32,
  sh4eb: 32,
  sparc: 32,
  unicore32: 32,
  xtensa: 32,
  xtensaeb: 32,
}

/** Bits of a word of an architecture. */
export function wordsizeOf(arch: string): number {
  return wordsizes[arch] ?? 64
}

/** A machine type, and once more under its alias. */
function entriesOf({ name, alias, maxCpus, deprecated }: MachineType): GuestMachine[] {
  const own = { maxCpus, deprecated, name }
  return alias === undefined ? [own] : [own, { ...own, canonical: name, name: alias }]
}

/** Machines are not told of for each accelerator: the best one's are. */
function machinesOf(caps: QemuCaps): GuestMachine[] {
  const best = accelerators.find((one) => caps.accelerators[one] !== undefined)
  return best === undefined ? [] : (caps.accelerators[best]?.machines ?? []).flatMap(entriesOf)
}

/** The entry of one architecture. @param caps what its program can do, which may be of another one */
export function guestOf(caps: QemuCaps, arch: string = caps.arch): CapabilitiesGuest {
  const { flags } = caps
  const x86 = arch === 'x86_64' || arch === 'i686'
  const types = ['qemu', ...(flags.has('kvm') ? ['kvm'] : []), ...(flags.has('hvf') ? ['hvf'] : [])]
  return {
    osType: 'hvm',
    arch: {
      name: arch,
      wordsize: wordsizeOf(arch),
      emulator: caps.binary,
      machines: machinesOf(caps),
      domains: types.map((type) => ({ type, machines: [] })),
    },
    features: {
      ...(arch === 'i686' ? { pae: true, nonpae: true } : {}),
      ...(x86 || arch === 'aarch64' ? { acpi: { default: true, toggle: true } } : {}),
      ...(x86 ? { apic: { default: true, toggle: false } } : {}),
      cpuselection: true,
      deviceboot: true,
      disksnapshot: { default: true, toggle: false },
      externalSnapshot: true,
    },
  }
}
