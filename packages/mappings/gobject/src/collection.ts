// SPDX-License-Identifier: LGPL-2.1-or-later
// Collections that are kept current: what is in them, and what comes and goes.
import { GObject, type SignalInfo } from './object.js'

/** Signals of a collection. */
export type CollectionSignals<T> = { added: readonly [item: T]; removed: readonly [item: T] }

/** Items by key, in the order in which they came. */
export class Collection<T> extends GObject<CollectionSignals<T>> implements Iterable<T>, AsyncIterable<T> {
  static override readonly signals: Readonly<Record<string, SignalInfo>> = {
    added: { run: 'first' },
    removed: { run: 'first' },
  }
  readonly #items = new Map<string, T>()
  readonly #fetch: () => Promise<void>
  #fetched = false

  /** @param fetch fills the collection for the first time */
  constructor(fetch: () => Promise<void>) {
    super()
    this.#fetch = fetch
  }

  /** Items that are in it now. */
  get length(): number {
    return this.#items.size
  }

  /** Whether it was filled: from then on it is kept current. */
  get isFetched(): boolean {
    return this.#fetched
  }

  get(key: string): T | undefined {
    return this.#items.get(key)
  }

  find(test: (item: T) => boolean): T | undefined {
    for (const item of this.#items.values()) if (test(item)) return item
    return undefined
  }

  /** A copy as an array. */
  toArray(): T[] {
    return [...this.#items.values()]
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#items.values()
  }

  /** The items; fetched first when that has not been done. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    if (!this.#fetched) await this.#fetch()
    yield* this.toArray()
  }

  /** For the owner: puts in what is new. */
  add(key: string, item: T): void {
    this.#items.set(key, item)
    this.emit('added', [item])
  }

  /** For the owner: takes out what is gone. */
  delete(key: string): T | undefined {
    const item = this.#items.get(key)
    if (item === undefined) return undefined
    this.#items.delete(key)
    this.emit('removed', [item])
    return item
  }

  /**
   * For the owner: takes a list; items that stand in it stay the same objects.
   * @param refresh tells an object that stays what is new
   */
  take<H>(
    handles: readonly H[],
    keyOf: (handle: H) => string,
    make: (handle: H) => T,
    refresh: (item: T, handle: H) => void,
    removed: (item: T) => void = () => {},
    added: (item: T) => void = () => {},
  ): void {
    this.#fetched = true
    const present = new Set(handles.map(keyOf))
    for (const key of [...this.#items.keys()])
      if (!present.has(key)) {
        const item = this.delete(key)
        if (item !== undefined) removed(item)
      }
    for (const handle of handles) {
      const key = keyOf(handle)
      const item = this.#items.get(key)
      if (item !== undefined) refresh(item, handle)
      else {
        const fresh = make(handle)
        this.add(key, fresh)
        added(fresh)
      }
    }
  }
}
