// SPDX-License-Identifier: LGPL-2.1-or-later
// Of Node's own functions what facilities need besides the addon, so that tests have one place to stand in for both.
import { constants, openSync, readSync, writeSync } from 'node:fs'
import type { Binding } from './binding.js'
import { startTimeOf } from './start-time.js'

/** The part of the binding that no addon is needed for. */
export type FileBinding = Pick<Binding, 'startTime' | 'openTerminal' | 'readBytes' | 'writeBytes'>

function unlessBusy(call: () => number): number {
  try {
    return call()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return -1
    throw error
  }
}

/** Of the system that runs. */
export const fileBinding: FileBinding = {
  startTime: startTimeOf,
  openTerminal: (path) => openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK),
  readBytes: (fd, into) => unlessBusy(() => readSync(fd, into)),
  writeBytes: (fd, bytes) => unlessBusy(() => writeSync(fd, bytes)),
}
