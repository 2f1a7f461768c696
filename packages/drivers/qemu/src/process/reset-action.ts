// SPDX-License-Identifier: LGPL-2.1-or-later
// What QEMU does of its own when a guest resets itself. That it powers down is left to the driver whatever the document says.
import type { Domain } from '@virt/conf'
import type { QemuCaps } from '../capabilities/caps.js'
import type { Monitor } from '../monitor/monitor.js'

/** Has a reset be what the document says. @param before the document that was in force; none for a QEMU that has just begun @throws VirtError */
export async function setResetAction(
  { on_reboot: wanted }: Domain,
  { flags }: QemuCaps,
  monitor: Monitor,
  before?: Domain,
): Promise<void> {
  if (!flags.has('set-action') || (wanted === 'destroy') === (before?.on_reboot === 'destroy')) return
  await monitor.command('set-action', { reboot: wanted === 'destroy' ? 'shutdown' : 'reset' })
}
