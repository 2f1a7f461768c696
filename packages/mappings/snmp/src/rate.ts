// SPDX-License-Identifier: LGPL-2.1-or-later
// How much of something may happen in a time.

/** Lets so many through a second, and as many at once. */
export class RateLimit {
  readonly #perSecond: number
  readonly #now: () => number
  #left: number
  #last: number

  /** @param now the time in ms */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond
    this.#now = now
    this.#left = perSecond
    this.#last = now()
  }

  /** Whether one more is let through. */
  take(): boolean {
    const now = this.#now()
    this.#left = Math.min(this.#perSecond, this.#left + (Math.max(0, now - this.#last) / 1000) * this.#perSecond)
    this.#last = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
