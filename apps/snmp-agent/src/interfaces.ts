// SPDX-License-Identifier: GPL-2.0-or-later
// The numbers that the kernel gives network devices, which are IF-MIB's too.
import { readFileSync } from 'node:fs'

/** Looks up `ifIndex` of a device; 0 when there is none. The kernel is asked once in ten seconds. */
export function networkInterfaceIndexes(now: () => number = Date.now): (device: string) => number {
  const known = new Map<string, { index: number; until: number }>()
  return (device) => {
    if (!/^[^/\s]{1,15}$/.test(device) || device.startsWith('.')) return 0
    const entry = known.get(device)
    if (entry !== undefined && entry.until > now()) return entry.index
    if (known.size > 10_000) known.clear()
    const index = read(device)
    known.set(device, { index, until: now() + 10_000 })
    return index
  }
}

/** A file of the kernel's memory: reading it waits for nothing. */
function read(device: string): number {
  try {
    return Number(readFileSync(`/sys/class/net/${device}/ifindex`, 'utf8'))
  } catch {
    return 0
  }
}
