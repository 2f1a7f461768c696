// SPDX-License-Identifier: LGPL-2.1-or-later
// How connections end, in libvirt's words.
import { constants } from 'node:os'
import { ErrorDomain, ErrorNumber, VirtError, virtError } from '@virt/core'

/** The end of a connection, as the system tells of it. */
export function lost(text: string, errno: number, cause?: unknown): VirtError {
  const { number, message, domain, str1, str2, int1 } = virtError(ErrorNumber.SYSTEM_ERROR, ErrorDomain.RPC, text, {
    int1: errno,
  })
  return new VirtError(message, {
    code: 'connection-lost',
    number,
    domain,
    str1,
    str2,
    int1,
    ...(cause === undefined ? {} : { cause }),
  })
}

/** What a socket says went wrong. */
export function broken(error: NodeJS.ErrnoException): Error {
  if (error instanceof VirtError) return error
  const what = error.syscall === 'write' ? 'Cannot write data' : 'Cannot recv data'
  const why = reasons[error.code ?? ''] ?? error.message
  return lost(`${what}: ${why}`, -(error.errno ?? -constants.errno.EIO), error)
}
const reasons: Readonly<Record<string, string>> = {
  ECONNRESET: 'Connection reset by peer',
  EPIPE: 'Broken pipe',
  ETIMEDOUT: 'Connection timed out',
}

/** Pings were not answered. */
export const timedOut = (): VirtError =>
  new VirtError('internal error: connection closed due to keepalive timeout', {
    code: 'connection-lost',
    number: ErrorNumber.INTERNAL_ERROR,
    domain: ErrorDomain.RPC,
    str1: 'internal error: %s',
    str2: 'connection closed due to keepalive timeout',
  })

/** Too much waits to be sent. */
export const stalled = (): VirtError =>
  new VirtError('the daemon does not read: too much is waiting for it', {
    code: 'resource-busy',
    domain: ErrorDomain.RPC,
  })
