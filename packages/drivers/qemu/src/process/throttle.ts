// SPDX-License-Identifier: LGPL-2.1-or-later
// How fast disks may be, as QEMU is told.
import type { Disk, DiskIotune, Domain } from '@virt/conf'
import type { Monitor } from '../monitor/monitor.js'

/** A limit by its name in documents. */
export type Limit = Exclude<keyof DiskIotune, 'group_name'>

/** What is limited, with QEMU's names. */
export const bases = [
  ['total_bytes_sec', 'bps'],
  ['read_bytes_sec', 'bps_rd'],
  ['write_bytes_sec', 'bps_wr'],
  ['total_iops_sec', 'iops'],
  ['read_iops_sec', 'iops_rd'],
  ['write_iops_sec', 'iops_wr'],
] as const

/** All limits in libvirt's order, with QEMU's names. */
export const limits: readonly (readonly [limit: Limit, qemu: string])[] = [
  ...bases,
  ...bases.map(([limit, qemu]) => [`${limit}_max`, `${qemu}_max`] as const),
  ['size_iops_sec', 'iops_size'],
]
/** How long bursts may last, in seconds. */
export const lengths: readonly (readonly [limit: Limit, qemu: string])[] = bases.map(
  ([limit, qemu]) => [`${limit}_max_length`, `${qemu}_max_length`] as const,
)
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
