// SPDX-License-Identifier: LGPL-2.1-or-later
// Machine types by family.
import type { Domain } from '@virt/conf'

export function machineOf(domain: Domain): { arch: string; machine: string } {
  return { arch: domain.os?.type?.arch ?? '', machine: domain.os?.type?.machine ?? '' }
}

export function isX86(domain: Domain): boolean {
  return /^(?:x86_64|i686)$/.test(machineOf(domain).arch)
}

export function isArm(domain: Domain): boolean {
  return /^(?:aarch64|armv6l|armv7l|armv7b)$/.test(machineOf(domain).arch)
}

export function isPpc64(domain: Domain): boolean {
  return machineOf(domain).arch.startsWith('ppc64')
}

export function isS390(domain: Domain): boolean {
  return machineOf(domain).arch.startsWith('s390')
}

function isFamily(domain: Domain, name: string): boolean {
  const { machine } = machineOf(domain)
  return machine === name || machine.startsWith(`${name}-`)
}

export function isQ35(domain: Domain): boolean {
  return isX86(domain) && (isFamily(domain, 'pc-q35') || machineOf(domain).machine === 'q35')
}

export function isI440fx(domain: Domain): boolean {
  const { machine } = machineOf(domain)
  return isX86(domain) && (machine === 'pc' || /^pc-(?:0\.|1\.|i440)/.test(machine) || machine.startsWith('rhel'))
}

export function isRiscv(domain: Domain): boolean {
  return machineOf(domain).arch.startsWith('riscv')
}

export function isLoongarch(domain: Domain): boolean {
  return machineOf(domain).arch === 'loongarch64'
}

/** Boards without parts of real ones: `virt`. */
export function isVirtBoard(domain: Domain): boolean {
  return (isArm(domain) || isRiscv(domain) || isLoongarch(domain)) && isFamily(domain, 'virt')
}

/** Whether the machine knows more than one PCI bus; the only one of others is called by no number. */
export function hasManyBuses(domain: Domain): boolean {
  const { arch } = machineOf(domain)
  return isX86(domain) || /^(?:ppc|s390)/.test(arch) || isVirtBoard(domain)
}
