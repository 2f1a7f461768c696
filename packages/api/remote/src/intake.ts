// SPDX-License-Identifier: LGPL-2.1-or-later
// How much of streams may wait for its readers. A connection carries calls and streams one behind the other: while a
// reader is slow it is read only a little at a time, so that replies and pings behind the data are found all the same.
import type { Duplex } from 'node:stream'
import type { Clock } from '@virt/core'

/** Bytes that may wait before the connection is read a little at a time. */
const slowAbove = 8 * 1024 * 1024
/** Bytes that may wait before the slowest stream is given up. */
const failAbove = 64 * 1024 * 1024
/** What is let in for a new call: more than a daemon has under way before it answers. */
const forCall = 1024 * 1024
/** What is let in after each pause, and how long that is, in ms. */
const forTime = 256 * 1024
const pause = 2500

export class Intake {
  readonly #duplex: Duplex
  readonly #clock: Clock
  readonly #overrun: () => void
  #waiting = 0
  #allowed = 0
  #slow = false
  #timer: Disposable | undefined

  constructor(duplex: Duplex, clock: Clock, overrun: () => void) {
    this.#duplex = duplex
    this.#clock = clock
    this.#overrun = overrun
  }

  /** Whether the connection is not read now. */
  get paused(): boolean {
    return this.#slow && this.#allowed <= 0
  }

  /** Bytes that wait for their readers, more or less by `change`. */
  queued(change: number): void {
    this.#waiting += change
    if (!this.#slow && this.#waiting > slowAbove) {
      this.#slow = true
      this.#stop()
    } else if (this.#slow && this.#waiting <= slowAbove / 2) {
      this.#slow = false
      this.stop()
      this.#duplex.resume()
    }
    if (this.#waiting > failAbove) this.#overrun()
  }

  /** Bytes have been read. */
  read(size: number): void {
    if (!this.#slow) return
    this.#allowed -= size
    if (this.#allowed <= 0) this.#stop()
  }

  /** A call wants its answer. */
  let(size: number = forCall): void {
    this.#allowed = size
    this.#duplex.resume()
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
  }

  #stop(): void {
    this.#duplex.pause()
    this.#timer ??= this.#clock.after(pause, () => {
      this.#timer = undefined
      if (this.#slow) this.let(forTime)
    })
  }
}
