// SPDX-License-Identifier: LGPL-2.1-or-later
// Events as an async iterator whose buffer has a bound.

/** An async iterator over events; `dropped` counts those that nobody fetched in time. */
export interface EventBuffer<T> extends AsyncIterableIterator<T> {
  readonly dropped: number
}

/**
 * Buffers what `start` pushes until it is fetched. When the buffer is full the oldest is dropped and counted.
 * @param start begins the flow; its answer ends it
 */
export function eventBuffer<T>(
  start: (push: (item: T) => void, end: () => void) => () => void,
  options: { signal?: AbortSignal; limit?: number } = {},
): EventBuffer<T> {
  const limit = options.limit ?? 1024
  const items: T[] = []
  let dropped = 0
  let ended = false
  let waiting: ((result: IteratorResult<T>) => void)[] = []
  const stop = start(push, end)
  if (options.signal?.aborted) end()
  else options.signal?.addEventListener('abort', end, { once: true })

  function push(item: T): void {
    const next = waiting.shift()
    if (next !== undefined) next({ value: item, done: false })
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
    for (const next of waiting) next({ value: undefined, done: true })
    waiting = []
  }
  return {
    get dropped() {
      return dropped
    },
    next() {
      const item = items.shift()
      if (item !== undefined) return Promise.resolve({ value: item, done: false })
      if (ended) return Promise.resolve({ value: undefined, done: true })
      return new Promise((resolve) => waiting.push(resolve))
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
