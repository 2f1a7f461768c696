// SPDX-License-Identifier: GPL-2.0-or-later
// A daemon that was started on demand ends when nobody has wanted it for a while.
import type { Clock } from '@virt/core'

/** Watches for a time without clients and without work. */
export class Idle {
  readonly #clock: Clock
  readonly #time: number
  readonly #busy: () => boolean
  readonly #over: () => void
  #timer: Disposable | undefined

  /** @param time ms; @param busy whether something goes on without clients; @param over ends the daemon */
  constructor(clock: Clock, time: number, busy: () => boolean, over: () => void) {
    this.#clock = clock
    this.#time = time
    this.#busy = busy
    this.#over = over
    this.clients(0)
  }

  /** There are so many now. */
  clients(count: number): void {
    this.stop()
    if (count > 0) return
    this.#timer = this.#clock.after(this.#time, () => {
      if (this.#busy()) this.clients(0)
      else this.#over()
    })
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
  }
}
