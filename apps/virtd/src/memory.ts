// SPDX-License-Identifier: GPL-2.0-or-later
// Gives memory back when many clients have gone. V8 collects what it must when it runs short, and a daemon that has nothing to do
// never does: what a crowd has cost would stay with it.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '@virt/core'
import { load } from '@virt/native'

/** Bytes beyond the least that was ever seen, above which it is worth collecting; a daemon in use has some of them for good. */
const worth = 64 * 1024 * 1024
/** Milliseconds after the last of them has gone. */
const pause = 5000
/** How often it is collected, one after the other. */
const rounds = 3

/** Watches how much the process holds when clients leave. */
export class Memory {
  readonly #clock: Clock
  readonly #resident: () => number
  readonly #collect: () => void
  #least: number
  #clients = 0
  #timer: Disposable | undefined

  constructor(clock: Clock, resident: () => number = process.memoryUsage.rss, collect: () => void = collectAll) {
    this.#clock = clock
    this.#resident = resident
    this.#collect = collect
    this.#least = resident()
  }

  /** The number of connections has changed. */
  clients(count: number): void {
    const fewer = count < this.#clients
    this.#clients = count
    if (fewer) this.#lookLater(rounds)
  }

  #lookLater(left: number): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = this.#clock.after(pause, () => {
      this.#timer = undefined
      const much = this.#resident() > this.#least + worth
      if (much) this.#collect()
      this.#least = Math.min(this.#least, this.#resident())
      // Buffers are freed beside the collector, and the heap shrinks when it is looked at again.
      if (much && left > 1) this.#lookLater(left - 1)
    })
  }
}

function collectAll(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  // What the collector has freed is the allocator's now, who keeps it.
  load()
    ?.memory.trim()
    .catch(() => {})
}
