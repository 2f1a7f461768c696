// SPDX-License-Identifier: LGPL-2.1-or-later
// Devices that a command line can name, but that nothing here makes ready yet: a guest must not start without what it was promised.
import type { Domain } from '@virt/conf'
import { configUnsupported } from '../errors.js'

/** A kind of device, and whether a guest has one. */
type Missing = readonly [what: string, has: (devices: NonNullable<Domain['devices']>) => boolean]

const missing: readonly Missing[] = [
  ['graphics of type rdp', ({ graphics }) => graphics.some(({ type }) => type === 'rdp')],
  ['video devices of programs', ({ videos }) => videos.some(({ driver }) => driver?.name === 'vhostuser')],
  ['managed reservations', ({ disks }) => disks.some(({ source }) => source.reservations?.managed === true)],
]

/** @throws VirtError `config-unsupported` for a guest with devices that cannot be made ready */
export function checkPreparable({ devices }: Domain): void {
  const found = devices === undefined ? undefined : missing.find(([, has]) => has(devices))
  if (found !== undefined) throw configUnsupported(`${found[0]} are not supported by this driver yet`)
}
