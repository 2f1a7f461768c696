// SPDX-License-Identifier: LGPL-2.1-or-later
// What a guest's process uses of the host, by /proc. Its files are made when they are read, in microseconds: to wait for a
// thread to read them takes ten times as long.
import { readdirSync, readFileSync } from 'node:fs'

/** Nanoseconds of a clock tick: Linux tells user space of a hundred in a second, whatever its own are. */
const tick = 10_000_000n

/** Time on processors, in nanoseconds. */
export interface ProcessTimes {
  readonly user: bigint
  readonly system: bigint
}

/** The text of a file; nothing once the process is gone. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/** Fields after the name, which may hold anything. */
function statOf(path: string): string[] {
  const text = textOf(path)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Times of a process with all its threads, or of one thread. */
export function processTimes(pid: number, thread?: number): ProcessTimes {
  const path = thread === undefined ? `/proc/${pid}/stat` : `/proc/${pid}/task/${thread}/stat`
  const fields = statOf(path)
  return { user: BigInt(fields[11] ?? 0) * tick, system: BigInt(fields[12] ?? 0) * tick }
}

/** The processor that a thread ran on last. */
export function lastProcessor(pid: number, thread: number): number {
  return Number(statOf(`/proc/${pid}/task/${thread}/stat`)[36] ?? -1)
}

/** Nanoseconds that a thread waited for a processor. */
export function waitedTime(pid: number, thread: number): bigint {
  const text = textOf(`/proc/${pid}/task/${thread}/schedstat`)
  return BigInt(text.split(' ')[1] ?? 0)
}

/** Nanoseconds that a thread stood in the queue for a processor, where the kernel counts them. */
export function queueTime(pid: number, thread: number): bigint {
  const text = textOf(`/proc/${pid}/task/${thread}/sched`)
  const [, whole = '0', part = ''] = /^(?:se\.statistics[.-]>?)?wait_sum\s*:\s*(\d+)(?:\.(\d+))?/m.exec(text) ?? []
  return BigInt(whole) * 1_000_000n + BigInt(part.padEnd(6, '0').slice(0, 6))
}

/** Nanoseconds that KVM has polled for a guest that had halted, with and without its going on meanwhile. */
export function haltPolls(pid: number): { readonly success: bigint; readonly fail: bigint } {
  const folder = '/sys/kernel/debug/kvm'
  let names: string[] = []
  try {
    names = readdirSync(folder).filter((name) => name.startsWith(`${pid}-`))
  } catch {
    // Only the superuser sees it, and only where it is mounted.
  }
  const sum = (what: string): bigint =>
    names.reduce((all, name) => all + BigInt(textOf(`${folder}/${name}/${what}`).trim() || 0), 0n)
  return { success: sum('halt_poll_success_ns'), fail: sum('halt_poll_fail_ns') }
}

/** Memory that it has of the host, in KiB. */
export function residentMemory(pid: number): bigint {
  const text = textOf(`/proc/${pid}/status`)
  return BigInt(/^VmRSS:\s*(\d+) kB/m.exec(text)?.[1] ?? 0)
}
