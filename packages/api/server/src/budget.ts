// SPDX-License-Identifier: LGPL-2.1-or-later
// What all connections together may hold in memory, on top of the bound that each of them has.

/** Bytes held by each of many; whoever holds most pays when they are too many together. */
export class Budget<T> {
  readonly #held = new Map<T, number>()
  readonly #over: (holder: T, bytes: number) => void
  #total = 0
  limit: number

  /** @param over called with the one that holds most, when all together hold more than `limit`; it lets go before it returns */
  constructor(limit: number, over: (holder: T, bytes: number) => void) {
    this.limit = limit
    this.#over = over
  }

  get total(): number {
    return this.#total
  }

  /** Says how much one holds now. */
  hold(holder: T, bytes: number): void {
    const before = this.#held.get(holder) ?? 0
    if (bytes === before) return
    if (bytes === 0) this.#held.delete(holder)
    else this.#held.set(holder, bytes)
    this.#total += bytes - before
    if (this.#total <= this.limit) return
    let most: T | undefined
    let size = 0
    for (const [one, held] of this.#held)
      if (held > size) {
        most = one
        size = held
      }
    if (most === undefined) return
    this.#held.delete(most)
    this.#total -= size
    this.#over(most, size)
  }
}
