// SPDX-License-Identifier: GPL-2.0-or-later
// Ends a daemon that nobody has wanted for a while: one that was started on demand, or that an administrator has told so.
import type { Clock } from '@virt/core'

/** A timer of Node's is no longer; one that is set for more fires at once. */
const maxTimer = 0x7fff_ffff

/** Watches for a time without clients and without work. */
export class Idle {
  readonly #clock: Clock
  readonly #busy: () => boolean
  readonly #over: () => void
  readonly #counts = new Map<object, number>()
  #seconds = 0
  #timer: Disposable | undefined

  /** @param busy whether something goes on without clients; @param over ends the daemon */
  constructor(clock: Clock, busy: () => boolean, over: () => void) {
    this.#clock = clock
    this.#busy = busy
    this.#over = over
  }

  /** How long nobody may be there; 0: for ever. The time runs anew from here. */
  set seconds(value: number) {
    this.#seconds = value
    this.#restart()
  }

  get seconds(): number {
    return this.#seconds
  }

  /** There are so many clients now. @param of whose: a daemon has several servers */
  clients(of: object, count: number): void {
    const was = this.#total
    this.#counts.set(of, count)
    if ((was === 0) !== (this.#total === 0)) this.#restart()
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
  }

  get #total(): number {
    let total = 0
    for (const count of this.#counts.values()) total += count
    return total
  }

  #restart(): void {
    this.stop()
    if (this.#seconds > 0 && this.#total === 0) this.#arm(this.#seconds * 1000)
  }

  #arm(left: number): void {
    const step = Math.min(left, maxTimer)
    this.#timer = this.#clock.after(step, () => {
      if (left > step) this.#arm(left - step)
      else if (this.#busy()) this.#restart()
      else this.#over()
    })
  }
}
