// SPDX-License-Identifier: LGPL-2.1-or-later
// When a process started: with its number, what tells it from every other that had or will have that number.
import { readFileSync } from 'node:fs'

/** Field 22 of /proc/PID/stat; the name in field 2 may hold anything, also blanks and brackets. */
export function startTimeOf(pid: number): bigint | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  const field = text.slice(text.lastIndexOf(')') + 2).split(' ')[19]
  return field === undefined || field === '' ? undefined : BigInt(field)
}
