// SPDX-License-Identifier: LGPL-2.1-or-later
// The client's side of a stream.
import { type ByteStream, VirtError } from '@virt/core'
import { type Frame, FrameStatus, FrameType, maxStreamData, payloadOf, readError } from '@virt/rpc'
import type { Link } from './link.js'

type Piece = Uint8Array | { hole: bigint }
interface Waiter<T> {
  resolve(value: T): void
  reject(error: unknown): void
}

/** Bytes and holes of one stream call, in both directions. */
export class ClientStream implements ByteStream {
  readonly program: number
  readonly procedure: number
  readonly serial: number
  /** Present only where holes may travel. */
  readonly hole?: (length: bigint) => Promise<void>
  readonly #link: Link
  readonly #pieces: Piece[] = []
  #reader: Waiter<Piece> | undefined
  #finisher: Waiter<void> | undefined
  #ended = false
  #over: Error | 'done' | undefined

  constructor(link: Link, program: number, procedure: number, serial: number, sparse: boolean) {
    this.#link = link
    this.program = program
    this.procedure = procedure
    this.serial = serial
    if (sparse) this.hole = (length) => this.#sendHole(length)
  }

  read(max: number): Promise<Piece> | Piece {
    const piece = this.#pieces.shift()
    if (piece !== undefined) return this.#hand(piece, max)
    if (this.#ended) return new Uint8Array(0)
    if (this.#over !== undefined) return this.#over === 'done' ? new Uint8Array(0) : Promise.reject(this.#over)
    if (this.#reader !== undefined)
      return Promise.reject(new VirtError('the stream is being read already', { code: 'operation-invalid' }))
    return new Promise<Piece>((resolve, reject) => {
      this.#reader = { resolve: (p) => resolve(this.#hand(p, max)), reject }
    })
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; at += maxStreamData) {
      this.#check()
      await this.#link.sendStream(this, FrameType.stream, FrameStatus.continue, chunk.subarray(at, at + maxStreamData))
    }
  }

  async finish(): Promise<void> {
    this.#check()
    const answer = new Promise<void>((resolve, reject) => {
      this.#finisher = { resolve, reject }
    })
    await this.#link.sendStream(this, FrameType.stream, FrameStatus.ok)
    await answer
  }

  abort(): void {
    if (this.#over !== undefined) return
    this.#end(new VirtError('stream was aborted', { code: 'operation-aborted' }))
    if (this.#link.ended === undefined)
      this.#link.sendStream(this, FrameType.stream, FrameStatus.error)?.catch(() => {})
  }

  /** A packet of this stream. */
  receive(frame: Frame): void {
    if (this.#over !== undefined) return
    if (frame.status === FrameStatus.error) return this.fail(readError(payloadOf(frame)))
    if (frame.status === FrameStatus.ok) {
      this.#over = 'done'
      this.#link.forget(this)
      this.#finisher?.resolve()
      this.#reader?.resolve(new Uint8Array(0))
      return
    }
    if (frame.type === FrameType.streamHole) return this.#take({ hole: payloadOf(frame).hyperBig() })
    if (frame.start === frame.end) {
      this.#ended = true
      this.#deliver(new Uint8Array(0))
      return
    }
    this.#take(Buffer.from(frame.buffer.subarray(frame.start, frame.end)))
  }

  /** The daemon has ended the stream with an error. */
  fail(error: Error): void {
    if (this.#over !== undefined) return
    this.#end(error)
  }

  /** The connection is gone. */
  lost(error: Error): void {
    this.fail(error)
  }

  #take(piece: Piece): void {
    if (this.#deliver(piece)) return
    this.#pieces.push(piece)
    if (piece instanceof Uint8Array) this.#link.queued(piece.length)
  }

  #deliver(piece: Piece): boolean {
    const reader = this.#reader
    if (reader === undefined) return false
    this.#reader = undefined
    // What goes straight to the reader never waited; `#hand` must not count it down.
    if (piece instanceof Uint8Array) this.#link.queued(piece.length)
    reader.resolve(piece)
    return true
  }

  #hand(piece: Piece, max: number): Piece {
    if (!(piece instanceof Uint8Array)) return piece
    if (piece.length <= max) {
      if (piece.length > 0) this.#link.queued(-piece.length)
      return piece
    }
    this.#pieces.unshift(piece.subarray(max))
    this.#link.queued(-max)
    return piece.subarray(0, max)
  }

  async #sendHole(length: bigint): Promise<void> {
    this.#check()
    await this.#link.sendStream(this, FrameType.streamHole, FrameStatus.continue, (w) => {
      w.int64(length)
      w.int(0)
    })
  }

  #check(): void {
    if (this.#over === 'done') throw new VirtError('the stream is finished', { code: 'operation-invalid' })
    if (this.#over !== undefined) throw this.#over
  }

  #end(error: Error): void {
    this.#over = error
    this.#link.forget(this)
    this.#reader?.reject(error)
    this.#finisher?.reject(error)
    let waiting = 0
    for (const p of this.#pieces) if (p instanceof Uint8Array) waiting += p.length
    this.#pieces.length = 0
    if (waiting > 0) this.#link.queued(-waiting)
  }
}
