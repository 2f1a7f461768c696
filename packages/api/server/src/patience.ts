// SPDX-License-Identifier: LGPL-2.1-or-later
// How long somebody who has not said who they are is waited for.
import type { Clock } from '@virt/core'

/** Calls of an authentication that does not come to an end; each mechanism takes a few. */
const maxCalls = 64

/** One connection's time to authenticate. Our own part in it does not count. */
export class Patience {
  readonly #clock: Clock
  readonly #time: number
  readonly #over: (why: string) => void
  #timer: Disposable | undefined
  #calls = 0
  #done = false

  /** @param time ms that it may be silent; @param over ends the connection */
  constructor(clock: Clock, time: number, over: (why: string) => void) {
    this.#clock = clock
    this.#time = time
    this.#over = over
    this.#start()
  }

  /** A call came, and will be answered. */
  asked(): void {
    this.#stop()
    if (!this.#done && ++this.#calls > maxCalls) this.#over('authentication takes too many calls')
  }

  /** It was answered. */
  answered(): void {
    if (!this.#done && this.#timer === undefined) this.#start()
  }

  /** Nothing is waited for any more. */
  end(): void {
    this.#done = true
    this.#stop()
  }

  #start(): void {
    this.#timer = this.#clock.after(this.#time, () => this.#over(`no authentication within ${this.#time} ms`))
  }

  #stop(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
  }
}
