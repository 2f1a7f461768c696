// SPDX-License-Identifier: LGPL-2.1-or-later
// Slows those down who keep failing to say who they are: the more they have failed, the longer their next attempt waits.
import type { Clock } from '@virt/core'

/** Failures that cost nothing. */
const free = 10
/** What each further failure costs the next attempt, ms. */
const cost = 500
/** Whoever would have to wait longer is refused, ms. */
const longest = 10_000
/** Sources that are remembered. */
const maxSources = 4096

/** Failures by source. */
export class Throttle {
  readonly #clock: Clock
  /** Until when, on the clock, each source has to be idle to have its failures forgotten. */
  readonly #debts = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Waits until the source may try. @returns false when it would have to wait too long: it is not to try at all */
  async turn(source: string): Promise<boolean> {
    const wait = this.#debt(source) - free * cost
    if (wait > longest) return false
    if (wait > 0) await new Promise<void>((resolve) => this.#clock.after(wait, resolve))
    return true
  }

  /** The source has failed. */
  failed(source: string): void {
    const until = this.#clock.now() + Math.min(this.#debt(source) + cost, free * cost + 2 * longest)
    // Kept in the order of their last failure: the first are those that can be forgotten.
    this.#debts.delete(source)
    this.#debts.set(source, until)
    for (const [known, end] of this.#debts) {
      if (end > this.#clock.now() && this.#debts.size <= maxSources) break
      this.#debts.delete(known)
    }
  }

  #debt(source: string): number {
    return Math.max(0, (this.#debts.get(source) ?? 0) - this.#clock.now())
  }
}
