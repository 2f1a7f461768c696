// SPDX-License-Identifier: LGPL-2.1-or-later
// One signal for a caller's signal and a time. AbortSignal.any() is no help: what it makes refers weakly to what it is made of, and
// a time that nobody else holds is collected before it is over.

/** A signal that must be disposed of when it is not needed any more. */
export interface TimeLimit extends Disposable {
  readonly signal: AbortSignal
  /** Whether the time was over first. */
  readonly late: boolean
}

/**
 * A signal that fires with another one, or after a time.
 * @param signal its reason is taken over
 * @param timeout milliseconds; the reason is then a `TimeoutError`
 * @since 0.1.0
 */
export function timeLimit(signal?: AbortSignal, timeout?: number): TimeLimit {
  const controller = new AbortController()
  let late = false
  const abort = (): void => controller.abort(signal?.reason)
  if (signal?.aborted) abort()
  else signal?.addEventListener('abort', abort, { once: true })
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          late = !controller.signal.aborted
          controller.abort(new DOMException(`more than ${timeout} ms have passed`, 'TimeoutError'))
        }, timeout)
  return {
    signal: controller.signal,
    get late() {
      return late
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    },
  }
}
