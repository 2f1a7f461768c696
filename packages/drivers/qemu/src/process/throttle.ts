// SPDX-License-Identifier: LGPL-2.1-or-later
// How fast disks may be, as QEMU is told.
import type { Disk, DiskIotune, Domain } from '@virt/conf'
import { lengths, limits } from '../devices/throttle-names.js'
import type { Monitor } from '../monitor/monitor.js'

/** Where QEMU has the disk. */
function pathOf({ alias = '', target }: Disk): string {
  if (target?.bus === 'virtio') return `/machine/peripheral/${alias}/virtio-backend`
  return target?.bus === 'usb' ? `/machine/peripheral/${alias}/${alias}.0/legacy[0]` : alias
}

/** Sets the limits of a disk. @throws VirtError */
export async function throttle(monitor: Monitor, disk: Disk, iotune: DiskIotune): Promise<void> {
  const values = [...limits, ...lengths.filter(([name]) => iotune[name] !== undefined)].map(
    ([limit, qemu]) => [qemu, iotune[limit] ?? 0n] as const,
  )
  await monitor.command('block_set_io_throttle', {
    id: pathOf(disk),
    ...Object.fromEntries(values),
    ...(iotune.group_name === undefined ? {} : { group: iotune.group_name }),
  })
}

/** Sets the limits that disks have in the document. @throws VirtError */
export async function throttleAll({ devices }: Domain, monitor: Monitor): Promise<void> {
  for (const disk of devices?.disks ?? []) if (disk.iotune !== undefined) await throttle(monitor, disk, disk.iotune)
}
