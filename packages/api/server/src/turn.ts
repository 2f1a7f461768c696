// SPDX-License-Identifier: LGPL-2.1-or-later
// Calls that have come together are answered one after the other, but not longer than others should have to wait.

/** Milliseconds that they may take. */
const longest = 2

export class Turn {
  #start = 0
  #calls = 0

  /** A new one. */
  begin(): void {
    this.#calls = 0
  }

  /** Whether one more call belongs to this turn. */
  next(): boolean {
    // Few calls come together, mostly; the clock is looked at when they are many.
    const calls = ++this.#calls
    if ((calls & 7) !== 0) return true
    const now = performance.now()
    if (calls === 8) this.#start = now
    return calls === 8 || now - this.#start <= longest
  }
}
