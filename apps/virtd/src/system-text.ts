// SPDX-License-Identifier: GPL-2.0-or-later
// Errors of the system as libvirt tells them: what failed, then the system's own words.
import { getSystemErrorMap } from 'node:util'
import { ErrorDomain, systemError, type VirtError } from '@virt/core'

/** An error of a system call that concerned a file. */
export function fileError(what: string, cause: unknown): VirtError {
  const { errno = 0, message } = cause as NodeJS.ErrnoException
  const words = getSystemErrorMap().get(errno)?.[1]
  return systemError(-errno, ErrorDomain.NONE, what, words === undefined ? message : capital(words))
}

const capital = (words: string): string => `${words[0]?.toUpperCase()}${words.slice(1)}`
