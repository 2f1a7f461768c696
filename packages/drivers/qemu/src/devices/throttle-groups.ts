// SPDX-License-Identifier: LGPL-2.1-or-later
// Limits that disks share, as QEMU's objects.
import type { ThrottleGroup } from '@virt/conf'
import { lengths, limits } from './throttle-names.js'

/** QEMU's name for a group. */
export const throttleId = (name: string): string => `throttle-${name}`

/** Limits for QEMU. How long bursts last is left to it where nothing is said of that. */
export function throttleLimits(group: ThrottleGroup): { readonly [name: string]: bigint } {
  return Object.fromEntries([
    ...limits.map(([limit, , name]) => [name, group[limit] ?? 0n]),
    ...lengths.flatMap(([limit, , name]) => {
      const length = group[limit] ?? 0n
      return length === 0n ? [] : [[name, length]]
    }),
  ])
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
