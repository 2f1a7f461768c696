// SPDX-License-Identifier: LGPL-2.1-or-later
// A clock that moves when a test says so.
import type { Clock } from '@virt/core'

interface Timer {
  readonly at: number
  readonly fn: () => void
}

export class FakeClock implements Clock {
  #now = 1_700_000_000_000
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#now
  }

  after(ms: number, fn: () => void): Disposable {
    const timer = { at: this.#now + ms, fn }
    this.#timers.add(timer)
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) }
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size
  }

  /** Lets time pass; what is due happens, in order, and what it leads to settles. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#now = Math.max(this.#now, due.at)
      this.#timers.delete(due)
      due.fn()
      await settle()
    }
    this.#now = end
    await settle()
  }
}

/** Lets everything that is ready run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
