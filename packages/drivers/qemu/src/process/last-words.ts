// SPDX-License-Identifier: LGPL-2.1-or-later
// What a QEMU that has ended had to say, for the error that tells of it.
import type { VirtError, VirtErrorFields } from '@virt/core'
import type { ObjectLog } from '@virt/stateful'
import type { QemuDomain } from '../domain/record.js'
import { internalError } from '../errors.js'

/** More of its words go into no error. */
const most = 1024
/** What is no reason for anything: where a terminal is, and our own last line. */
const idle = /char device redirected to|: shutting down, reason=/

/** The end of what was written into a log from `position` on. */
export async function lastWords(log: ObjectLog, position: number): Promise<string> {
  const text = await log.read(position, 4 * most).catch(() => '')
  const lines = text.split('\n').filter((line) => !idle.test(line))
  return lines.join('\n').trim().slice(-most)
}

/** `VIR_ERR_INTERNAL_ERROR` with a guest's last words. */
export function unexpectedEnd({ name }: QemuDomain, said: string, fields: VirtErrorFields = {}): VirtError {
  const what = `QEMU unexpectedly closed the monitor (vm='${name}')`
  return internalError(said === '' ? what : `${what}: ${said}`, fields)
}
