// SPDX-License-Identifier: LGPL-2.1-or-later
// Time that the host's processors spent, from /proc/stat.
import type { HostFiles } from './files.js'
import { hostArgument } from './host-argument.js'

/** Nanoseconds since the start of the host. */
export interface CpuTimes {
  readonly kernel: bigint
  readonly user: bigint
  readonly idle: bigint
  readonly iowait: bigint
}

/** Nanoseconds of a tick: Linux tells programs hundredths of a second, whatever its own clock is. */
export const tick = 10_000_000n

/**
 * Time that a processor spent, or all of them together.
 * @throws VirtError `invalid-arg` when there is no such processor
 * @since 0.1.0, `virHostCPUGetStats`
 */
export async function readCpuTimes(files: HostFiles, cpu?: number): Promise<CpuTimes> {
  const stat = (await files.text('/proc/stat')) ?? ''
  const line = new RegExp(`^cpu${cpu ?? ''} +(.*)$`, 'm').exec(stat)
  const fields = (line?.[1] ?? '').split(' ').map((field) => (/^\d+$/.test(field) ? BigInt(field) : undefined))
  const [user, nice, system, idle, iowait = 0n, irq = 0n, softirq = 0n] = fields
  if (user === undefined || nice === undefined || system === undefined || idle === undefined)
    throw hostArgument('Invalid cpuNum in virHostCPUGetStatsLinux', 'virHostCPUGetStatsLinux', 'cpuNum')
  return {
    kernel: (system + irq + softirq) * tick,
    user: (user + nice) * tick,
    idle: idle * tick,
    iowait: iowait * tick,
  }
}
