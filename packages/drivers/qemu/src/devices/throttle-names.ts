// SPDX-License-Identifier: LGPL-2.1-or-later
// Limits of throughput by name: libvirt's, that of QEMU's call for one disk, and that of its objects.
import type { DiskIotune } from '@virt/conf'

/** A limit by its name in documents. */
export type Limit = Exclude<keyof DiskIotune, 'group_name'>

/** What is limited. */
export const bases = [
  ['total_bytes_sec', 'bps', 'bps-total'],
  ['read_bytes_sec', 'bps_rd', 'bps-read'],
  ['write_bytes_sec', 'bps_wr', 'bps-write'],
  ['total_iops_sec', 'iops', 'iops-total'],
  ['read_iops_sec', 'iops_rd', 'iops-read'],
  ['write_iops_sec', 'iops_wr', 'iops-write'],
] as const

type Row = readonly [limit: Limit, call: string, object: string]

/** All limits in libvirt's order. */
export const limits: readonly Row[] = [
  ...bases,
  ...bases.map(([limit, call, object]) => [`${limit}_max`, `${call}_max`, `${object}-max`] as const),
  ['size_iops_sec', 'iops_size', 'iops-size'],
]
/** How long bursts may last, in seconds. */
export const lengths: readonly Row[] = bases.map(
  ([limit, call, object]) => [`${limit}_max_length`, `${call}_max_length`, `${object}-max-length`] as const,
)
