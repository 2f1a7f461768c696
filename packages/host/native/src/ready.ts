// SPDX-License-Identifier: LGPL-2.1-or-later
// Waiting until a descriptor can be read or written, on Node's own event loop.
import type { Binding } from './binding.js'

/** What to wait for, in libuv's bits. */
export const readable = 1
export const writable = 2

/** How a wait ends before its time, and whether it keeps the process alive. */
export interface WaitOptions {
  /** Ends the wait; the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined
  /** False: a process with nothing else to do may end meanwhile. Default true. */
  readonly ref?: boolean | undefined
}

/**
 * Resolves when the descriptor is ready, or has an error that the next call will tell.
 *
 * @param also one more signal; `AbortSignal.any` would leave something behind for every wait
 */
export function ready(
  binding: Binding,
  fd: number,
  events: number,
  options: WaitOptions = {},
  also?: AbortSignal,
): Promise<void> {
  const signals = [options.signal, also].filter((signal) => signal !== undefined)
  return new Promise((resolve, reject) => {
    for (const signal of signals) signal.throwIfAborted()
    const finish = (): void => {
      binding.unwatch(watch)
      for (const signal of signals) signal.removeEventListener('abort', abort)
    }
    const abort = (event: Event): void => {
      finish()
      reject((event.target as AbortSignal).reason as Error)
    }
    const watch = binding.watch(fd, events, () => {
      finish()
      resolve()
    })
    if (options.ref === false) binding.refWatch(watch, false)
    for (const signal of signals) signal.addEventListener('abort', abort, { once: true })
  })
}
