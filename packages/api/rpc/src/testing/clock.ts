// SPDX-License-Identifier: LGPL-2.1-or-later
// A clock that stands still until it is told otherwise.
import type { Clock } from '@virt/core'

/** Time by hand. */
export class FakeClock implements Clock {
  #now = 0
  #nextId = 0
  readonly #timers = new Map<number, { at: number; fn: () => void }>()

  now(): number {
    return this.#now
  }

  /** Timers that have not expired. */
  get timers(): number {
    return this.#timers.size
  }

  after(ms: number, fn: () => void): Disposable {
    const id = this.#nextId++
    this.#timers.set(id, { at: this.#now + ms, fn })
    return { [Symbol.dispose]: () => void this.#timers.delete(id) }
  }

  /** Lets `ms` pass; timers run in order, those that they start included. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      let next: [number, { at: number; fn: () => void }] | undefined
      for (const entry of this.#timers) if (entry[1].at <= until && (!next || entry[1].at < next[1].at)) next = entry
      if (next === undefined) break
      this.#timers.delete(next[0])
      this.#now = next[1].at
      next[1].fn()
    }
    this.#now = until
  }
}
