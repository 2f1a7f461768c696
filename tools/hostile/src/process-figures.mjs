// SPDX-License-Identifier: GPL-2.0-or-later
// The memory of a process, as the kernel counts it.
import { readFileSync } from 'node:fs'

/** Resident memory of a process in MiB. */
export function residentOf(pid) {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)
}

/** Watches how much a process takes, until it is stopped; answers the most. */
export function watch(pid) {
  let most = 0
  const look = () => {
    most = Math.max(most, residentOf(pid))
  }
  const timer = setInterval(look, 50)
  return () => {
    look()
    clearInterval(timer)
    return most
  }
}
