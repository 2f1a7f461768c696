// SPDX-License-Identifier: LGPL-2.1-or-later
// Connecting again after a connection was lost: with growing pauses, until it works or nobody wants it any more.
import { type Clock, VirtError } from '@virt/core'
import type { Dialed } from './handshake.js'

/** How a session reconnects. */
export interface ReconnectOptions {
  /** Attempts before it is given up; without end by default. */
  attempts?: number
  /** First pause in ms, 100 by default; it doubles each time. */
  minDelay?: number
  /** Longest pause in ms, 30,000 by default. */
  maxDelay?: number
  /** Longest single attempt in ms, 30,000 by default. */
  timeout?: number
}

/** Calls that may wait for the connection to come back. */
const maxWaiting = 1024

/** Dials again and again. */
export class Redialer {
  readonly #options: Required<ReconnectOptions>
  readonly #clock: Clock
  readonly #dial: (signal: AbortSignal) => Promise<Dialed>
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  #stop: AbortController | undefined

  constructor(options: ReconnectOptions, clock: Clock, dial: (signal: AbortSignal) => Promise<Dialed>) {
    this.#options = { attempts: Number.POSITIVE_INFINITY, minDelay: 100, maxDelay: 30_000, timeout: 30_000, ...options }
    this.#clock = clock
    this.#dial = dial
  }

  /** Resolves when the connection is back. @throws VirtError `resource-busy` when too many calls wait already */
  wait(): Promise<void> {
    if (this.#waiting.length >= maxWaiting)
      return Promise.reject(
        new VirtError('too many calls wait for the connection to come back', { code: 'resource-busy' }),
      )
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  /** A connection, or nothing after the last attempt or `stop()`. */
  async redial(): Promise<Dialed | undefined> {
    const { attempts, minDelay, maxDelay, timeout } = this.#options
    const stop = new AbortController()
    this.#stop = stop
    for (
      let n = 0, delay = minDelay;
      n < attempts && !stop.signal.aborted;
      n++, delay = Math.min(delay * 2, maxDelay)
    ) {
      await this.#pause(delay, stop.signal)
      if (stop.signal.aborted) break
      const attempt = new AbortController()
      const give = (): void => attempt.abort(stop.signal.reason)
      stop.signal.addEventListener('abort', give, { once: true })
      const timer = this.#clock.after(timeout, () => attempt.abort(new Error(`no connection within ${timeout} ms`)))
      try {
        return await this.#dial(attempt.signal)
      } catch {
        // The next attempt may succeed.
      } finally {
        timer[Symbol.dispose]()
        stop.signal.removeEventListener('abort', give)
      }
    }
    return undefined
  }

  /** The connection is back, or will not be. */
  settle(error?: Error): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const w of waiting) {
      if (error === undefined) w.resolve()
      else w.reject(error)
    }
  }

  /** Gives up. */
  stop(): void {
    this.#stop?.abort()
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(ms, done)
      function done(): void {
        timer?.[Symbol.dispose]()
        signal.removeEventListener('abort', done)
        resolve()
      }
      signal.addEventListener('abort', done, { once: true })
    })
  }
}
