// SPDX-License-Identifier: LGPL-2.1-or-later
// Long work in pieces, with turns of the event loop between them.

/** Pieces of a list. */
export function* slices<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size)
}

/** Resolves on another turn of the event loop: whoever waits for it is served first. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Runs `work` over a list, at most `width` at a time. Failures are the work's own to handle. */
export async function inParallel<T>(list: Iterable<T>, width: number, work: (item: T) => Promise<void>): Promise<void> {
  const items = list[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (let next = items.next(); next.done !== true; next = items.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: width }, worker))
}
