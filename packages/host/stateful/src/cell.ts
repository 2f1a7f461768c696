// SPDX-License-Identifier: LGPL-2.1-or-later
// Documents at rest: typed while in use, canonical text otherwise, so that thousands of objects stay small.

/** How a kind of document becomes text that keeps all of it, and back. */
export interface Codec<T> {
  read(text: string): T
  write(document: T): string
}

/** Typed documents of one kind that are in use; the least used ones go back to text. */
export class DocumentCache<T extends object> {
  readonly codec: Codec<T>
  readonly limit: number
  readonly #hot = new Set<Cell<T>>()

  /** @param limit how many documents stay typed */
  constructor(codec: Codec<T>, limit = 512) {
    this.codec = codec
    this.limit = limit
  }

  /** How many documents are typed now. */
  get hot(): number {
    return this.#hot.size
  }

  touch(cell: Cell<T>): void {
    this.#hot.delete(cell)
    this.#hot.add(cell)
    if (this.#hot.size <= this.limit) return
    for (const oldest of this.#hot) {
      this.#hot.delete(oldest)
      oldest.cool()
      return
    }
  }

  drop(cell: Cell<T>): void {
    this.#hot.delete(cell)
  }
}

/** Holds one document, a value that is never changed in place. */
export class Cell<T extends object> {
  readonly #cache: DocumentCache<T>
  #document: T | undefined
  #text: Buffer | undefined

  constructor(cache: DocumentCache<T>, document: T) {
    this.#cache = cache
    this.#document = document
    cache.touch(this)
  }

  /** The document; its identity holds while it stays typed. */
  get value(): T {
    if (this.#document === undefined) this.#document = this.#cache.codec.read((this.#text as Buffer).toString())
    this.#cache.touch(this)
    return this.#document
  }

  /** Another cell with the same document; shares what is in memory. */
  copy(): Cell<T> {
    const other = new Cell(this.#cache, this.value)
    other.#text = this.#text
    return other
  }

  /** Called by the cache: from now on only text is kept. */
  cool(): void {
    if (this.#document === undefined) return
    this.#text ??= compact(this.#cache.codec.write(this.#document))
    this.#document = undefined
  }

  /** The document will not be asked for again. */
  dispose(): void {
    this.#cache.drop(this)
  }
}

/** UTF-8 outside the collected heap, without the slack of a shared pool. */
function compact(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}
