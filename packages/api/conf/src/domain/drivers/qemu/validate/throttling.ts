// SPDX-License-Identifier: LGPL-2.1-or-later
// Limits of disks' throughput that QEMU can keep.
import type { Disk, DiskIotune, Domain } from '../../../types.gen.js'
import { unsupported } from '../report.js'

/** QEMU's own bound of a limit. */
const bound = 1_000_000_000_000_000n

const same = (a: DiskIotune, b: DiskIotune): boolean =>
  (Object.keys({ ...a, ...b }) as (keyof DiskIotune)[]).every((key) => (a[key] ?? 0n) === (b[key] ?? 0n))

/** Checks the limits of a disk, and that all disks of a group have the same. @throws VirtError */
export function checkTunes(disk: Disk, domain: Domain): void {
  const { iotune } = disk
  if (!iotune) return
  const group = iotune.group_name
  let most = 0n
  for (const key in iotune) {
    const amount = key === 'group_name' ? 0n : (iotune[key as Exclude<keyof DiskIotune, 'group_name'>] ?? 0n)
    if (amount > most) most = amount
  }
  const given = most > 0n
  if (group !== undefined && !given) unsupported('group_name can be configured only together with settings')
  if (given && disk.target?.bus === 'sd') unsupported("<iotune> is not supported with bus='sd'")
  if (group !== undefined)
    for (const other of domain.devices?.disks ?? [])
      if (other !== disk && other.iotune?.group_name === group && !same(other.iotune, iotune))
        unsupported(`different iotunes for disks ${disk.target?.dev} and ${other.target?.dev}`)
  if (most > bound) unsupported(`block I/O throttle limit must be no more than ${bound} using QEMU`)
}
