// SPDX-License-Identifier: LGPL-2.1-or-later
// Limits that disks share, as QEMU's objects.
import type { ThrottleGroup } from '@virt/conf'

const figures = [
  'total_bytes_sec',
  'read_bytes_sec',
  'write_bytes_sec',
  'total_iops_sec',
  'read_iops_sec',
  'write_iops_sec',
] as const

/** QEMU's name: what is limited comes before who is. */
function nameOf(figure: (typeof figures)[number]): string {
  const [who, what] = figure.split('_')
  return `${what === 'bytes' ? 'bps' : 'iops'}-${who}`
}

/** QEMU's name for a group. */
export const throttleId = (name: string): string => `throttle-${name}`

/** Limits for QEMU. How long bursts last is left to it where nothing is said of that. */
export function throttleLimits(group: ThrottleGroup): { readonly [name: string]: bigint } {
  const rows = [
    ...figures.map((one) => [nameOf(one), group[one] ?? 0n] as const),
    ...figures.map((one) => [`${nameOf(one)}-max`, group[`${one}_max`] ?? 0n] as const),
    ['iops-size', group.size_iops_sec ?? 0n] as const,
    ...figures.flatMap((one) => {
      const length = group[`${one}_max_length`] ?? 0n
      return length === 0n ? [] : [[`${nameOf(one)}-max-length`, length] as const]
    }),
  ]
  return Object.fromEntries(rows)
}

/** A group as QEMU makes it. */
type ThrottleObject = {
  readonly 'qom-type': string
  readonly id: string
  readonly limits: { readonly [name: string]: bigint }
}

/** The object. */
export function throttleObject(group: ThrottleGroup): ThrottleObject {
  return { 'qom-type': 'throttle-group', id: throttleId(group.group_name ?? ''), limits: throttleLimits(group) }
}
