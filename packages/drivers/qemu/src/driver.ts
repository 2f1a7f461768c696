// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver: which URIs it takes.
import type { Driver, DriverFactory, SlotTable } from '@virt/core'

/** Options of the QEMU driver. None yet. */
export type QemuOptions = Record<never, never>

const support: SlotTable = {}

/**
 * Makes the QEMU driver.
 * @since 0.1.0
 */
export function qemu(_options: QemuOptions = {}): DriverFactory {
  return (): Driver => ({
    name: 'qemu',
    spi: 1,
    schemes: ['qemu'],
    supports: support,
    families: ['hypervisor'],
    sharesHost: true,
    // It has no slots yet: nobody can be served.
    open: () => 'declined',
  })
}
