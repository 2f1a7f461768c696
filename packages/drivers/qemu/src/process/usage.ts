// SPDX-License-Identifier: LGPL-2.1-or-later
// What a guest's process uses of the host, by /proc.
import { readFile } from 'node:fs/promises'

/** Nanoseconds of a clock tick: Linux tells user space of a hundred in a second, whatever its own are. */
const tick = 10_000_000n

/** Time on processors, in nanoseconds. */
export interface ProcessTimes {
  readonly user: bigint
  readonly system: bigint
}

/** Fields after the name, which may hold anything. */
async function statOf(path: string): Promise<string[]> {
  const text = await readFile(path, 'latin1').catch(() => '')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Times of a process with all its threads, or of one thread. */
export async function processTimes(pid: number, thread?: number): Promise<ProcessTimes> {
  const path = thread === undefined ? `/proc/${pid}/stat` : `/proc/${pid}/task/${thread}/stat`
  const fields = await statOf(path)
  return { user: BigInt(fields[11] ?? 0) * tick, system: BigInt(fields[12] ?? 0) * tick }
}

/** The processor that a thread ran on last. */
export async function lastProcessor(pid: number, thread: number): Promise<number> {
  return Number((await statOf(`/proc/${pid}/task/${thread}/stat`))[36] ?? -1)
}

/** Nanoseconds that a thread waited for a processor. */
export async function waitedTime(pid: number, thread: number): Promise<bigint> {
  const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').catch(() => '')
  return BigInt(text.split(' ')[1] ?? 0)
}

/** Memory that it has of the host, in KiB. */
export async function residentMemory(pid: number): Promise<bigint> {
  const text = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '')
  return BigInt(/^VmRSS:\s*(\d+) kB/m.exec(text)?.[1] ?? 0)
}
