// SPDX-License-Identifier: LGPL-2.1-or-later
// Events as an async iterator whose buffer has a bound.

/** An async iterator over events; `dropped` counts those that nobody fetched in time. */
export interface EventBuffer<T> extends AsyncIterableIterator<T> {
  readonly dropped: number
}

/**
 * Buffers what `start` pushes until it is fetched. When the buffer is full the oldest is dropped and counted.
 * @param start begins the flow; its answer ends it. Whoever fetches when the flow has failed gets its error, once
 */
export function eventBuffer<T>(
  start: (push: (item: T) => void, end: () => void, fail: (error: Error) => void) => () => void,
  options: { signal?: AbortSignal; limit?: number } = {},
): EventBuffer<T> {
  const limit = options.limit ?? 1024
  const items: T[] = []
  let dropped = 0
  let ended = false
  let failure: Error | undefined
  let waiting: { resolve(result: IteratorResult<T>): void; reject(error: Error): void }[] = []
  const stop = start(push, end, fail)
  if (options.signal?.aborted) end()
  else options.signal?.addEventListener('abort', end, { once: true })

  function push(item: T): void {
    const next = waiting.shift()
    if (next !== undefined) next.resolve({ value: item, done: false })
    else {
      if (items.length >= limit) {
        items.shift()
        dropped++
      }
      items.push(item)
    }
  }
  function end(): void {
    if (ended) return
    ended = true
    options.signal?.removeEventListener('abort', end)
    queueMicrotask(() => stop())
    for (const next of waiting) next.resolve({ value: undefined, done: true })
    waiting = []
  }
  function fail(error: Error): void {
    if (ended) return
    const first = waiting.shift()
    if (first === undefined) failure = error
    else first.reject(error)
    end()
  }
  return {
    get dropped() {
      return dropped
    },
    next() {
      const item = items.shift()
      if (item !== undefined) return Promise.resolve({ value: item, done: false })
      const error = failure
      failure = undefined
      if (error !== undefined) return Promise.reject(error)
      if (ended) return Promise.resolve({ value: undefined, done: true })
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
    },
    return() {
      end()
      items.length = 0
      return Promise.resolve({ value: undefined, done: true })
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
