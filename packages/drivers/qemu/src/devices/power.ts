// SPDX-License-Identifier: LGPL-2.1-or-later
// What happens when the guest ends, and which ways of sleeping it has.
import type { Build } from '../command/build.js'
import { isArm, isQ35, isX86 } from '../command/machine.js'

/** `-no-shutdown`: QEMU stays until it is told to go, so that the driver decides. */
export function power(build: Build): void {
  const { domain, machine } = build
  build.add('-no-shutdown')
  if (machine?.acpi === undefined && (isX86(domain) || isArm(domain)) && domain.features?.acpi !== true)
    build.add('-no-acpi')
  const { pm } = domain
  const driver = isQ35(domain) ? 'ICH9-LPC' : 'PIIX4_PM'
  for (const [key, property] of [
    ['suspend-to-mem', 'disable_s3'],
    ['suspend-to-disk', 'disable_s4'],
  ] as const) {
    const enabled = pm?.[key]
    if (enabled !== undefined) build.global(driver, property, enabled ? 0 : 1)
  }
}
