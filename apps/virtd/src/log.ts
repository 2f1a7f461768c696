// SPDX-License-Identifier: GPL-2.0-or-later
// Lines in libvirt's form on stderr.
import type { Logger } from '@virt/core'

const levels = ['', 'debug', 'info', 'warning', 'error'] as const

/** A logger for messages of `level` (1 debug to 4 error) and above. */
export function stderrLog(level: () => number): Logger {
  const line = (priority: number, message: string): void => {
    if (priority < level()) return
    const time = new Date().toISOString().replace('T', ' ').replace('Z', '+0000')
    process.stderr.write(`${time}: ${process.pid}: ${levels[priority]} : ${message}\n`)
  }
  return { debug: (m) => line(1, m), info: (m) => line(2, m), warn: (m) => line(3, m), error: (m) => line(4, m) }
}
