// SPDX-License-Identifier: LGPL-2.1-or-later
// What is known of one QEMU program.
import type { Flag } from './flags.js'

/** Ways to run a guest, as the cache names them; in libvirt's documents `tcg` is `qemu`. */
export type Accelerator = 'kvm' | 'hvf' | 'tcg'

export const accelerators: readonly Accelerator[] = ['kvm', 'hvf', 'tcg']

/** A property of a CPU model; whether a guest with it can move, where QEMU says so. */
export interface CpuProperty {
  readonly name: string
  readonly value: boolean | number | bigint | string
  readonly migratable?: boolean | undefined
}

/** A CPU model expanded to its properties. */
export interface CpuExpansion {
  readonly model: string
  /** Whether the properties tell if they can move. */
  readonly migratability: boolean
  readonly properties: readonly CpuProperty[]
  readonly deprecated: readonly string[]
}

/** A CPU model that QEMU knows. */
export interface CpuDefinition {
  readonly name: string
  readonly typename: string | undefined
  /** Whether this host can have it; undefined where QEMU does not say. */
  readonly usable: boolean | undefined
  /** What it lacks for it. */
  readonly blockers: readonly string[]
  readonly deprecated: boolean
}

/** A machine type. */
export interface MachineType {
  readonly name: string
  readonly alias: string | undefined
  readonly hotplugCpus: boolean
  readonly maxCpus: number
  readonly isDefault: boolean
  readonly defaultCpu: string | undefined
  readonly numaMemSupported: boolean
  readonly defaultRamId: string | undefined
  readonly deprecated: boolean
  readonly acpi: boolean | undefined
}

/** What depends on how guests are run. */
export interface AcceleratorCaps {
  readonly hostCpu: CpuExpansion | undefined
  readonly cpus: readonly CpuDefinition[]
  /** The first is the one to take where none is named. */
  readonly machines: readonly MachineType[]
}

/** An interrupt controller of ARM machines. */
export interface GicCaps {
  readonly version: number
  readonly kernel: boolean
  readonly emulated: boolean
}

/** AMD's memory encryption on this host. */
export interface SevCaps {
  readonly cbitpos: number
  readonly reducedPhysBits: number
  readonly pdh: string
  readonly certChain: string
  readonly cpu0Id: string | undefined
  readonly maxGuests?: number | undefined
  readonly maxEsGuests?: number | undefined
}

/** Intel's enclaves on this host; sizes in KiB. */
export interface SgxCaps {
  readonly flc: boolean
  readonly sgx1: boolean
  readonly sgx2: boolean
  readonly sectionSize: bigint
  readonly sections: readonly { readonly node: number; readonly size: bigint }[]
}

/** Everything found out about a QEMU program. Never changed in place. */
export interface QemuCaps {
  readonly binary: string
  /** major * 1000000 + minor * 1000 + micro */
  readonly version: number
  readonly package: string
  readonly arch: string
  readonly flags: ReadonlySet<Flag>
  readonly accelerators: Readonly<Partial<Record<Accelerator, AcceleratorCaps>>>
  readonly gic: readonly GicCaps[]
  readonly sev: SevCaps | undefined
  readonly sgx: SgxCaps | undefined
  /** Enlightenments by libvirt's names; undefined: nothing is known of them. */
  readonly hyperv: readonly string[] | undefined
  /** What the findings hold for; another program or host, and they are found out again. */
  readonly key: ProbeKey
}

/** The program and the host that findings are of. */
export interface ProbeKey {
  /** When the program was changed, and its folder of modules, in seconds since the epoch. */
  readonly binaryTime: number
  readonly modulesTime: number
  /** Version of this driver. */
  readonly ownVersion: number
  readonly microcode: number
  readonly cpuSignature: string
  readonly kernel: string
  /** Whether KVM was found to work. */
  readonly kvm: boolean
}

/** A key of which nothing is known. */
export const noKey: ProbeKey = {
  binaryTime: 0,
  modulesTime: 0,
  ownVersion: 0,
  microcode: 0,
  cpuSignature: '',
  kernel: '',
  kvm: false,
}

/** The accelerator that a domain type (`kvm`, `qemu`, `hvf`) stands for. */
export function acceleratorOf(virtType: string): Accelerator {
  return virtType === 'kvm' || virtType === 'hvf' ? virtType : 'tcg'
}

/** The machine type of a name or alias; the one to take without a name. */
export function findMachine(caps: QemuCaps, accelerator: Accelerator, name?: string): MachineType | undefined {
  const machines = caps.accelerators[accelerator]?.machines ?? []
  if (name === undefined) return machines[0]
  return machines.find((machine) => machine.name === name) ?? machines.find((machine) => machine.alias === name)
}

/** The machine type to take where none is named; that of other ways to run guests where this one has none. */
export function preferredMachine(caps: QemuCaps, accelerator: Accelerator): string {
  return (findMachine(caps, accelerator) ?? findMachine(caps, 'tcg'))?.name ?? ''
}

/** A machine type's full name: an alias stands for the newest version. */
export function canonicalMachine(caps: QemuCaps, accelerator: Accelerator, name: string): string {
  const machines = caps.accelerators[accelerator]?.machines ?? []
  return machines.find((machine) => machine.alias === name)?.name ?? name
}

/** The same program with other flags. */
export function withFlags(caps: QemuCaps, add: Iterable<Flag>, take: Iterable<Flag> = []): QemuCaps {
  const flags = new Set([...caps.flags, ...add])
  for (const flag of take) flags.delete(flag)
  return { ...caps, flags }
}
