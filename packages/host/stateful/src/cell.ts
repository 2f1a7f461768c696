// SPDX-License-Identifier: LGPL-2.1-or-later
// Documents at rest: typed while in use, canonical text otherwise, so that thousands of objects stay small.

/** How a kind of document becomes text that keeps all of it, and back. */
export interface Codec<T, N = undefined> {
  read(text: string): T
  /** The text, and what the driver wants to know of it while it rests. */
  write(document: T): { text: string; note: N }
}

/** Typed documents of one kind that are in use; the least used ones go back to text. */
export class DocumentCache<T extends object, N = undefined> {
  readonly codec: Codec<T, N>
  readonly limit: number
  readonly #hot = new Set<Cell<T, N>>()

  /** @param limit how many documents stay typed */
  constructor(codec: Codec<T, N>, limit = 512) {
    this.codec = codec
    this.limit = limit
  }

  /** How many documents are typed now. */
  get hot(): number {
    return this.#hot.size
  }

  touch(cell: Cell<T, N>): void {
    this.#hot.delete(cell)
    this.#hot.add(cell)
    if (this.#hot.size <= this.limit) return
    for (const oldest of this.#hot) {
      this.#hot.delete(oldest)
      oldest.cool()
      return
    }
  }

  drop(cell: Cell<T, N>): void {
    this.#hot.delete(cell)
  }
}

/** Holds one document, a value that is never changed in place. */
export class Cell<T extends object, N = undefined> {
  readonly #cache: DocumentCache<T, N>
  #document: T | undefined
  /** Kept once it is made: the document never changes. */
  #rest: { text: Buffer; note: N } | undefined

  constructor(cache: DocumentCache<T, N>, document: T) {
    this.#cache = cache
    this.#document = document
    cache.touch(this)
  }

  /** The document; its identity holds while it stays typed. */
  get value(): T {
    if (this.#document === undefined) this.#document = this.#cache.codec.read(this.text)
    this.#cache.touch(this)
    return this.#document
  }

  /** The document as text, as its codec writes it. */
  get text(): string {
    return this.#write().text.toString()
  }

  /** What the codec noted when it wrote the text. */
  get note(): N {
    return this.#write().note
  }

  /** Another cell with the same document; shares what is in memory. */
  copy(): Cell<T, N> {
    const other = new Cell(this.#cache, this.value)
    other.#rest = this.#rest
    return other
  }

  /** Called by the cache: from now on only text is kept. */
  cool(): void {
    if (this.#document === undefined) return
    this.#write()
    this.#document = undefined
  }

  #write(): { text: Buffer; note: N } {
    if (this.#rest === undefined) {
      const { text, note } = this.#cache.codec.write(this.#document as T)
      this.#rest = { text: compact(text), note }
    }
    return this.#rest
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
