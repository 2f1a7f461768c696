// SPDX-License-Identifier: LGPL-2.1-or-later
// The bounds of a PCI address.

/** The parts of a PCI address. */
export interface PciParts {
  domain?: number | undefined
  bus?: number | undefined
  slot?: number | undefined
  function?: number | undefined
}

/** What is wrong with a PCI address, in libvirt's words; `undefined` when nothing is. */
export function pciFault({ domain = 0, bus = 0, slot = 0, function: fn = 0 }: PciParts): string | undefined {
  const hex = (value: number): string => `0x${value.toString(16)}`
  if (domain > 0xffff) return `Invalid PCI address domain='${hex(domain)}', must be <= 0xFFFF`
  if (bus > 0xff) return `Invalid PCI address bus='${hex(bus)}', must be <= 0xFF`
  if (slot > 0x1f) return `Invalid PCI address slot='${hex(slot)}', must be <= 0x1F`
  if (fn > 7) return `Invalid PCI address function=${hex(fn)}, must be <= 7`
  return undefined
}

/** How libvirt writes a PCI address. */
export function pciText({ domain = 0, bus = 0, slot = 0, function: fn = 0 }: PciParts): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
  return `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${fn}`
}
