// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors that this package raises itself, in the form of those that come from the kernel.
import { constants } from 'node:os'
import { getSystemErrorName } from 'node:util'

/** An error as Node's own: `code`, negative `errno`, `syscall`. */
export function systemError(code: keyof typeof constants.errno, syscall: string, why: string): NodeJS.ErrnoException {
  const errno = -constants.errno[code]
  return Object.assign(new Error(`${getSystemErrorName(errno)}: ${why}, ${syscall}`), { code, errno, syscall })
}

/** Refuses what is no whole number from `least` to `most`. @throws RangeError naming the argument */
export function checkInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new RangeError(`${name} is ${value}, not a whole number from ${least} to ${most}`)
}

/** Refuses what cannot be a descriptor. @throws RangeError */
export function checkFd(fd: number): void {
  checkInteger('fd', fd, 0, 0x7fffffff)
}
