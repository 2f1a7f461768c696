// SPDX-License-Identifier: LGPL-2.1-or-later
// Long synchronous work on the event loop, in pieces that others can wait for.

/** How long others may have to wait for the event loop, in ms. */
const most = 5

/** Work that goes on as long as nobody has waited too long. */
export class Pace {
  readonly #signal: AbortSignal
  readonly #now: () => number
  #since: number

  /**
   * @param signal ends the work at its next pause
   * @param now a clock in ms
   */
  constructor(signal: AbortSignal, now: () => number = () => performance.now()) {
    this.#signal = signal
    this.#now = now
    this.#since = now()
  }

  /** To be waited for between two pieces, when it answers anything. */
  pause(): Promise<void> | undefined {
    if (this.#now() - this.#since < most) return undefined
    return this.#turn()
  }

  async #turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.#signal.throwIfAborted()
    this.#since = this.#now()
  }
}
