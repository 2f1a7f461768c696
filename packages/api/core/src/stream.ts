// SPDX-License-Identifier: LGPL-2.1-or-later
// A stream of a connection as a Node Duplex, with back-pressure and holes.
import { Duplex } from 'node:stream'
import type { ByteStream } from './spi.js'

const pieceSize = 256 * 1024

/**
 * Bytes to or from a guest or a volume. Ending the writable side (or reading to the end) finishes the transfer:
 * errors of the transfer itself come then. `destroy()` gives up.
 * @since 0.1.0, `virStream`
 */
export class VirtStream extends Duplex {
  /** Settles when the transfer is complete, and rejects with what went wrong with it. */
  readonly finished: Promise<void>
  readonly #stream: ByteStream
  readonly #mode: 'read' | 'write' | 'duplex'
  #reading = false
  #done = false
  #settle: { resolve: () => void; reject: (error: unknown) => void } = { resolve() {}, reject() {} }

  constructor(stream: ByteStream, mode: 'read' | 'write' | 'duplex') {
    super({ allowHalfOpen: true, readableHighWaterMark: 2 * pieceSize, writableHighWaterMark: 2 * pieceSize })
    this.#stream = stream
    this.#mode = mode
    if (mode === 'write') this.push(null)
    if (mode === 'read') this.#closeWritable()
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // Whoever only listens for 'error' need not also handle this promise.
    this.finished.catch(() => {})
  }

  /** Writes a hole of `length` bytes; zeros where the other side takes no holes. `virStreamSendHole` */
  async writeHole(length: bigint): Promise<void> {
    if (this.#stream.hole !== undefined) return await this.#stream.hole(length)
    const zeros = new Uint8Array(pieceSize)
    for (let left = length; left > 0n; left -= BigInt(pieceSize))
      await this.#stream.write(left < BigInt(pieceSize) ? zeros.subarray(0, Number(left)) : zeros)
  }

  /** A stream for reading takes no writes; ending that side must not finish the transfer. */
  #closeWritable(): void {
    this._final = (done) => done()
    super.end()
  }

  override _read(): void {
    if (this.#reading) return
    this.#reading = true
    this.#pull().catch((error: Error) => this.destroy(error))
  }

  async #pull(): Promise<void> {
    for (;;) {
      const piece = await this.#stream.read(pieceSize)
      if (!(piece instanceof Uint8Array)) {
        if (!this.#hole(piece.hole)) break
        continue
      }
      if (piece.length === 0) {
        if (this.#mode === 'read') await this.#finish()
        this.push(null)
        break
      }
      if (!this.push(piece)) break
    }
    this.#reading = false
  }

  /** Holes are told to those who listen, and become zeros for the others. */
  #hole(length: bigint): boolean {
    if (this.emit('hole', length)) return true
    let more = true
    for (let left = length; left > 0n; left -= BigInt(pieceSize))
      more = this.push(Buffer.alloc(left < BigInt(pieceSize) ? Number(left) : pieceSize))
    return more
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    try {
      const answer = this.#stream.write(chunk)
      if (answer === undefined) done()
      else answer.then(() => done(), done)
    } catch (error) {
      done(error as Error)
    }
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#finish().then(() => done(), done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#done) {
      this.#done = true
      this.#stream.abort(error ?? undefined)
      this.#settle.reject(error ?? new Error('stream was destroyed before its end'))
    }
    done(error)
  }

  async #finish(): Promise<void> {
    if (this.#done) return
    this.#done = true
    try {
      await this.#stream.finish()
      this.#settle.resolve()
    } catch (error) {
      this.#settle.reject(error)
      throw error
    }
  }
}
