// SPDX-License-Identifier: GPL-2.0-or-later
// What a process takes, as the kernel counts it: memory, processor.
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

/** Seconds that a process has worked, in steps of a hundredth. */
export function workedOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
