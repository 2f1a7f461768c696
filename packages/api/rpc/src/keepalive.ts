// SPDX-License-Identifier: LGPL-2.1-or-later
// The keepalive program: pings after idle time, and the end of a connection whose pings nobody answers.
import type { Clock } from '@virt/core'

/** Procedures of the keepalive program. */
export const Keepalive = { ping: 1, pong: 2 } as const

/** What the machine does next. */
export type KeepaliveAction = 'ping' | 'dead'

/**
 * One side's keepalive timer. Any received packet counts as life.
 * `interval` 0 or less turns it off; `count` 0 ends the connection at the first expiry without a ping.
 */
export class KeepaliveTimer {
  readonly #clock: Clock
  readonly #act: (action: KeepaliveAction) => void
  #interval = 0
  #count = 0
  #unanswered = 0
  #last = 0
  #timer: Disposable | undefined

  constructor(clock: Clock, act: (action: KeepaliveAction) => void) {
    this.#clock = clock
    this.#act = act
  }

  /** Starts with an interval in seconds, or changes it. */
  start(interval: number, count: number): void {
    this.stop()
    if (interval <= 0) return
    this.#interval = interval * 1000
    this.#count = count
    this.#unanswered = 0
    this.#last = this.#clock.now()
    this.#arm(this.#interval)
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
  }

  /** Something arrived. */
  alive(): void {
    if (this.#timer === undefined) return
    this.#last = this.#clock.now()
    this.#unanswered = 0
  }

  #arm(after: number): void {
    this.#timer = this.#clock.after(after, () => this.#expire())
  }

  #expire(): void {
    const idle = this.#clock.now() - this.#last
    if (idle < this.#interval * (this.#unanswered + 1) - 1)
      return this.#arm(this.#interval * (this.#unanswered + 1) - idle)
    if (this.#unanswered >= this.#count) {
      this.#timer = undefined
      this.#act('dead')
      return
    }
    this.#unanswered++
    this.#act('ping')
    this.#arm(this.#interval)
  }
}
