// SPDX-License-Identifier: LGPL-2.1-or-later
// Pauses between attempts.
import type { Clock } from '@virt/core'

/** How long to wait between attempts, in ms. */
export interface BackoffOptions {
  /** First pause, 500 by default; each one is twice the one before. */
  minDelay?: number
  /** Longest pause, 30,000 by default. */
  maxDelay?: number
}

/** Growing pauses; a success starts them anew. */
export class Backoff {
  readonly #clock: Clock
  readonly #first: number
  readonly #most: number
  #next: number

  constructor(clock: Clock, { minDelay = 500, maxDelay = 30_000 }: BackoffOptions = {}) {
    this.#clock = clock
    this.#first = Math.min(minDelay, maxDelay)
    this.#most = maxDelay
    this.#next = this.#first
  }

  /** Waits for the next attempt; returns at once when `signal` fires. */
  pause(signal: AbortSignal): Promise<void> {
    const delay = this.#next
    this.#next = Math.min(delay * 2, this.#most)
    return pause(this.#clock, delay, signal)
  }

  /** It worked: the next pause is the first again. */
  reset(): void {
    this.#next = this.#first
  }
}

/** Resolves after `ms`, or at once when `signal` fires. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = clock.after(ms, done)
    function done(): void {
      timer?.[Symbol.dispose]()
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done, { once: true })
  })
}
