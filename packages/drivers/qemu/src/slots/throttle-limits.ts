// SPDX-License-Identifier: LGPL-2.1-or-later
// Limits of throughput as calls give them, of one disk or of a group.
import type { DiskIotune } from '@virt/conf'
import { ErrorNumber, type ParamShape, type ParamValue } from '@virt/core'
import { Param, paramShape } from '@virt/stateful'
import { bases, type Limit, lengths, limits } from '../devices/throttle-names.js'
import { configUnsupported, invalidArg, qemuError } from '../errors.js'

const group = 'group_name'

/** Parameters of both calls. */
export const tuneShape: ParamShape = paramShape({
  ...Object.fromEntries(limits.map(([limit]) => [limit, Param.ullong])),
  [group]: Param.string,
  ...Object.fromEntries(lengths.map(([limit]) => [limit, Param.ullong])),
})

/** The largest limit that QEMU takes. */
const most = 1_000_000_000_000_000n

/** Limits that belong together: who sets one of them sets them all. */
const families: readonly (readonly Limit[])[] = ['bytes_sec', 'iops_sec', 'bytes_sec_max', 'iops_sec_max'].map((what) =>
  (['total', 'read', 'write'] as const).map((who) => `${who}_${what}` as Limit),
)

/** Parameters by name. */
export type Given = ReadonlyMap<string, ParamValue>

/** Refuses what makes no sense by itself. */
export function checkLimits(given: Given): void {
  for (const [, value] of given)
    if (typeof value !== 'string' && BigInt(value) > most)
      throw qemuError(ErrorNumber.ARGUMENT_UNSUPPORTED, `block I/O throttle limit value must be no more than ${most}`)
  for (const family of families) {
    const [total = '', ...parts] = family
    const positive = (name: string): boolean => BigInt((given.get(name) as bigint | number | undefined) ?? 0n) > 0n
    if (positive(total) && parts.some(positive))
      throw invalidArg(`total and read/write of ${total.slice('total_'.length)} cannot be set at the same time`)
  }
}

/** The limits afterwards. Families that are not named stay as they are. */
export function mergedLimits(before: DiskIotune | undefined, given: Given): DiskIotune {
  const next: { [K in Limit]?: bigint } & { group_name?: string } = {}
  const take = (names: readonly Limit[], named: boolean): void => {
    for (const name of names) {
      const value = BigInt((named ? (given.get(name) as bigint | number | undefined) : before?.[name]) ?? 0n)
      if (value !== 0n) next[name] = value
    }
  }
  for (const family of families)
    take(
      family,
      family.some((name) => given.has(name)),
    )
  take(['size_iops_sec'], given.has('size_iops_sec'))
  for (const [name] of lengths) take([name], given.has(name))
  const named = (given.get(group) as string | undefined) ?? before?.group_name
  if (named !== undefined) next.group_name = named
  return next as DiskIotune
}

/** Refuses what QEMU would not do. */
export function checkBursts(iotune: DiskIotune): DiskIotune {
  for (const [base] of bases) {
    const [limit, burst] = [iotune[base], iotune[`${base}_max`]]
    if (burst === undefined) continue
    if (limit === undefined) throw configUnsupported(`cannot reset '${base}' when '${base}_max' is set`)
    if (burst < limit) throw configUnsupported(`value '${base}_max' cannot be smaller than '${base}'`)
  }
  return iotune
}
