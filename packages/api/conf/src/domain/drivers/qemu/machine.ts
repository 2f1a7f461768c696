// SPDX-License-Identifier: LGPL-2.1-or-later
// Machine types of QEMU by family, and which machine a definition gets.
import type { Domain } from '../../types.gen.js'
import type { QemuCapabilities } from './host.js'

/** Architecture and machine type of a domain. */
export interface Machine {
  arch: string
  machine: string
}

/** What a domain runs on. */
export function machineOf(domain: Domain): Machine {
  return { arch: domain.os?.type?.arch ?? '', machine: domain.os?.type?.machine ?? '' }
}

export const isX86 = ({ arch }: Machine): boolean => arch === 'x86_64' || arch === 'i686'
export const isArm = ({ arch }: Machine): boolean =>
  arch === 'aarch64' || arch === 'armv7l' || arch === 'armv7b' || arch === 'armv6l'
export const isPpc64 = ({ arch }: Machine): boolean => arch === 'ppc64' || arch === 'ppc64le'
export const isRiscv = ({ arch }: Machine): boolean => arch === 'riscv64' || arch === 'riscv32'
export const isLoongarch = ({ arch }: Machine): boolean => arch === 'loongarch64'
export const isS390 = ({ arch }: Machine): boolean => arch === 's390x' || arch === 's390'

/** A family is named `name` or `name-version`. */
const family = (machine: string, name: string) => machine === name || machine.startsWith(`${name}-`)

export const isQ35 = (m: Machine): boolean => isX86(m) && (family(m.machine, 'pc-q35') || m.machine === 'q35')
export const isI440FX = (m: Machine): boolean =>
  isX86(m) && (m.machine === 'pc' || /^pc-(0\.|1\.|i440)/.test(m.machine) || m.machine.startsWith('rhel'))
export const isMicrovm = (m: Machine): boolean => isX86(m) && m.machine === 'microvm'
export const isArmVirt = (m: Machine): boolean => isArm(m) && family(m.machine, 'virt')
export const isRiscvVirt = (m: Machine): boolean => isRiscv(m) && family(m.machine, 'virt')
export const isLoongarchVirt = (m: Machine): boolean => isLoongarch(m) && family(m.machine, 'virt')
export const isPSeries = (m: Machine): boolean => isPpc64(m) && family(m.machine, 'pseries')
export const isCcw = (m: Machine): boolean => isS390(m) && m.machine.startsWith('s390-ccw')

/** The machine's root bus is conventional PCI. */
export const hasPciRoot = (domain: Domain): boolean => rootModel(domain) === 'pci-root'
/** The machine's root bus is PCI Express. */
export const hasPcieRoot = (domain: Domain): boolean => rootModel(domain) === 'pcie-root'

function rootModel(domain: Domain): string | undefined {
  const root = domain.devices?.controllers.find((one) => one.type === 'pci' && one.index === 0)
  return root?.type === 'pci' ? root.model : undefined
}

/** Whether all of a guest's memory can be seen by another process, which serves a device to it. */
export function hasSharedMemory({ cpu, memoryBacking }: Domain): boolean {
  const own = memoryBacking?.access
  const cells = cpu?.numa?.cells ?? []
  if (cells.length === 0) return own === 'shared'
  return cells.every(({ memAccess }) => (memAccess ?? own) === 'shared')
}

/** Processors beyond this number are reached only through an IOMMU with extended interrupts. */
const plainInterrupts = 255
/** Whether a guest has so many vCPUs that its interrupts need an IOMMU. */
export const needsEim = (domain: Domain): boolean =>
  isQ35(machineOf(domain)) && (domain.vcpu?.count ?? 1) > plainInterrupts

/** Machines that are asked for by name where a definition names none. */
const preferred: Readonly<Record<string, string>> = {
  alpha: 'clipper',
  armv6l: 'integratorcp',
  armv7l: 'integratorcp',
  armv7b: 'integratorcp',
  aarch64: 'integratorcp',
  cris: 'axis-dev88',
  i686: 'pc',
  loongarch64: 'virt',
  m68k: 'mcf5208evb',
  microblaze: 'petalogix-s3adsp1800',
  microblazeel: 'petalogix-s3adsp1800',
  mips: 'malta',
  mipsel: 'malta',
  mips64: 'malta',
  mips64el: 'malta',
  or32: 'or1k-sim',
  ppc: 'g3beige',
  ppc64: 'pseries',
  ppc64le: 'pseries',
  riscv32: 'spike',
  riscv64: 'spike',
  s390x: 's390-ccw-virtio',
  sh4: 'shix',
  sh4eb: 'shix',
  sparc: 'SS-5',
  sparc64: 'sun4u',
  unicore32: 'puv3',
  x86_64: 'pc',
  xtensa: 'sim',
  xtensaeb: 'sim',
}

/** The machine type of a definition that names none. */
export function preferredMachine(caps: QemuCapabilities, type: string): string | undefined {
  const machines = caps.machines(type)
  const name = preferred[caps.arch]
  const found = machines.find((one) => one.name === name || one.alias === name)
  return (found ?? machines.find((one) => one.isDefault))?.name
}

/** The full name of a machine type. */
export function canonicalMachine(caps: QemuCapabilities, type: string, name: string): string {
  return caps.machines(type).find((one) => one.alias === name)?.name ?? name
}
