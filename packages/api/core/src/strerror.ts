// SPDX-License-Identifier: LGPL-2.1-or-later
// The system's texts for errno, which libvirt's messages end with.
import { constants } from 'node:os'
import { systemError, type VirtError } from './errors.js'

const texts: Readonly<Record<string, string>> = {
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  EINTR: 'Interrupted system call',
  EIO: 'Input/output error',
  ENXIO: 'No such device or address',
  E2BIG: 'Argument list too long',
  EBADF: 'Bad file descriptor',
  EAGAIN: 'Resource temporarily unavailable',
  ENOMEM: 'Cannot allocate memory',
  EACCES: 'Permission denied',
  EBUSY: 'Device or resource busy',
  EEXIST: 'File exists',
  EXDEV: 'Invalid cross-device link',
  ENODEV: 'No such device',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EINVAL: 'Invalid argument',
  ENFILE: 'Too many open files in system',
  EMFILE: 'Too many open files',
  ETXTBSY: 'Text file busy',
  EFBIG: 'File too large',
  ENOSPC: 'No space left on device',
  ESPIPE: 'Illegal seek',
  EROFS: 'Read-only file system',
  EPIPE: 'Broken pipe',
  ERANGE: 'Numerical result out of range',
  ENAMETOOLONG: 'File name too long',
  ENOEXEC: 'Exec format error',
  ENOSYS: 'Function not implemented',
  ENOTEMPTY: 'Directory not empty',
  ELOOP: 'Too many levels of symbolic links',
  EOVERFLOW: 'Value too large for defined data type',
  EOPNOTSUPP: 'Operation not supported',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  ETIMEDOUT: 'Connection timed out',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EDQUOT: 'Disk quota exceeded',
}

/** Number and text of a failed system call, from the error Node made of it. */
export function errnoOf(error: unknown): { errno: number; text: string } {
  const { code: said = '', errno: number = 0 } = error as NodeJS.ErrnoException
  const numbers = constants.errno as Record<string, number>
  // Node has no names for some.
  const code = said in numbers ? said : (Object.keys(numbers).find((name) => numbers[name] === -number) ?? said)
  const errno = numbers[code] ?? 0
  return { errno, text: texts[code] ?? (error instanceof Error ? error.message : String(error)) }
}

/** `VIR_ERR_SYSTEM_ERROR` for a failed system call: `detail: No such file or directory`. */
export function systemFailure(error: unknown, domain: number, detail: string): VirtError {
  const { errno, text } = errnoOf(error)
  return systemError(errno, domain, detail, text)
}

const unresolved: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Name or service not known',
  EAI_AGAIN: 'Temporary failure in name resolution',
}

/** What the system says of a host that it has no address of; undefined when that is not what has failed. */
export function unresolvedText(error: unknown): string | undefined {
  const { code = '' } = error as NodeJS.ErrnoException
  return Object.hasOwn(unresolved, code) ? unresolved[code] : undefined
}
