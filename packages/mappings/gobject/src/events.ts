// SPDX-License-Identifier: LGPL-2.1-or-later
// Signals as an async iterator.
import type { GObject, Signals } from './object.js'

/** What happened: the signal and its arguments. */
export type SignalEvent = readonly [name: string, ...args: readonly unknown[]]

/** Signals in order; `dropped` counts those that nobody fetched in time. */
export interface SignalEvents extends AsyncIterableIterator<SignalEvent>, Disposable {
  readonly dropped: number
}

/**
 * All signals of an object as an async iterator. The buffer has a bound: when it is full the oldest is dropped and counted.
 * @param options `signal` ends it; `limit` is the size of the buffer, 1,024 by default
 */
export function events<S extends Signals>(
  object: GObject<S>,
  options: { signal?: AbortSignal; limit?: number } = {},
): SignalEvents {
  const { signal, limit = 1024 } = options
  const buffer: SignalEvent[] = []
  const waiting: ((result: IteratorResult<SignalEvent>) => void)[] = []
  let dropped = 0
  let ended = false
  const subscription = object.subscribe((name, ...args) => {
    const event: SignalEvent = [name, ...args]
    const next = waiting.shift()
    if (next !== undefined) return next({ value: event, done: false })
    if (buffer.length >= limit) {
      buffer.shift()
      dropped++
    }
    buffer.push(event)
  })
  const end = (): void => {
    if (ended) return
    ended = true
    subscription[Symbol.dispose]()
    signal?.removeEventListener('abort', end)
    for (const next of waiting.splice(0)) next({ value: undefined, done: true })
  }
  signal?.addEventListener('abort', end, { once: true })
  if (signal?.aborted) end()
  return {
    get dropped() {
      return dropped
    },
    next() {
      const event = buffer.shift()
      if (event !== undefined) return Promise.resolve({ value: event, done: false })
      if (ended) return Promise.resolve({ value: undefined, done: true })
      return new Promise((resolve) => waiting.push(resolve))
    },
    return() {
      end()
      return Promise.resolve({ value: undefined, done: true })
    },
    [Symbol.asyncIterator]() {
      return this
    },
    [Symbol.dispose]: end,
  }
}
