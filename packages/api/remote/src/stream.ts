// SPDX-License-Identifier: LGPL-2.1-or-later
// The client's side of a stream.
import { type ByteStream, ErrorDomain, VirtError } from '@virt/core'
import {
  clientStream,
  type Frame,
  FrameStatus,
  FrameType,
  maxStreamData,
  payloadBytes,
  payloadOf,
  readError,
  StreamMachine,
  streamPacket,
} from '@virt/rpc'
import type { Link } from './link.js'

type Piece = Uint8Array | { hole: bigint }
interface Waiter<T> {
  resolve(value: T): void
  reject(error: unknown): void
}
const nothing = new Uint8Array(0)

/** Bytes and holes of one stream call, in both directions. */
export class ClientStream implements ByteStream {
  readonly program: number
  readonly procedure: number
  readonly serial: number
  /** Present only where holes may travel. */
  readonly hole?: (length: bigint) => Promise<void>
  readonly #link: Link
  readonly #machine: StreamMachine
  readonly #pieces: Piece[] = []
  #queued = 0
  #reader: (Waiter<Piece> & { max: number }) | undefined
  #finisher: Waiter<void> | undefined
  #error: Error | undefined

  constructor(link: Link, program: number, procedure: number, serial: number, sparse: boolean) {
    this.#link = link
    this.program = program
    this.procedure = procedure
    this.serial = serial
    this.#machine = new StreamMachine(clientStream, sparse)
    if (sparse) this.hole = (length) => this.#sendHole(length)
  }

  /** Bytes that wait for the reader. */
  get queued(): number {
    return this.#queued
  }

  read(max: number): Promise<Piece> | Piece {
    const piece = this.#pieces.shift()
    if (piece !== undefined) return this.#cut(piece, max)
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#machine.state !== 'open') return nothing
    if (this.#reader !== undefined)
      return Promise.reject(new VirtError('the stream is being read already', { code: 'operation-invalid' }))
    return new Promise<Piece>((resolve, reject) => {
      this.#reader = { resolve, reject, max }
    })
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    this.#wish('write')
    if (chunk.length <= maxStreamData) return this.#link.sendStream(this, FrameType.stream, FrameStatus.continue, chunk)
    return this.#writeParts(chunk)
  }

  async finish(): Promise<void> {
    this.#wish('finish')
    const answer = new Promise<void>((resolve, reject) => {
      this.#finisher = { resolve, reject }
    })
    this.#link.sendStream(this, FrameType.stream, FrameStatus.ok)?.catch(() => {})
    await answer
  }

  abort(reason?: unknown): void {
    if (this.#machine.step('abort') !== 'sendAbort') return
    this.#end(
      reason instanceof VirtError
        ? reason
        : new VirtError('stream was aborted', {
            code: 'operation-aborted',
            domain: ErrorDomain.STREAMS,
            ...(reason === undefined ? {} : { cause: reason }),
          }),
    )
    if (this.#link.ended === undefined)
      this.#link.sendStream(this, FrameType.stream, FrameStatus.error)?.catch(() => {})
  }

  /** A packet of this stream. */
  receive(frame: Frame): void {
    switch (this.#machine.step(streamPacket(frame))) {
      case 'deliver':
        return this.#take(
          frame.type === FrameType.streamHole ? { hole: payloadOf(frame).hyperBig() } : payloadBytes(frame),
        )
      case 'deliverEnd':
        return this.#settleReader(nothing)
      case 'complete':
        this.#link.forget(this)
        this.#settleReader(nothing)
        return this.#finisher?.resolve()
      case 'fail':
        return this.#end(readError(payloadOf(frame)))
      case 'break':
        throw new VirtError('Unexpected stream hole', { code: 'protocol-error', domain: ErrorDomain.RPC })
    }
  }

  /** The stream has ended with an error: the daemon's, or the connection's. */
  fail(error: Error): void {
    if (this.#machine.state === 'closed') return
    this.#machine.close()
    this.#end(error)
  }

  async #writeParts(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; at += maxStreamData) {
      if (at > 0) this.#wish('write')
      await this.#link.sendStream(this, FrameType.stream, FrameStatus.continue, chunk.subarray(at, at + maxStreamData))
    }
  }

  async #sendHole(length: bigint): Promise<void> {
    this.#wish('write')
    await this.#link.sendStream(this, FrameType.streamHole, FrameStatus.continue, (w) => {
      w.int64(length)
      w.int(0)
    })
  }

  #wish(wish: 'write' | 'finish'): void {
    if (this.#machine.step(wish) !== 'refuse') return
    throw this.#error ?? new VirtError('the stream is finished', { code: 'operation-invalid' })
  }

  #take(piece: Piece): void {
    const reader = this.#reader
    if (reader !== undefined) {
      this.#reader = undefined
      this.#count(piece, 1)
      return reader.resolve(this.#cut(piece, reader.max))
    }
    this.#pieces.push(piece)
    this.#count(piece, 1)
  }

  /** What a reader gets of a piece; the rest waits on. */
  #cut(piece: Piece, max: number): Piece {
    if (!(piece instanceof Uint8Array) || piece.length <= max) {
      this.#count(piece, -1)
      return piece
    }
    this.#pieces.unshift(piece.subarray(max))
    const part = piece.subarray(0, max)
    this.#count(part, -1)
    return part
  }

  #count(piece: Piece, sign: 1 | -1): void {
    if (!(piece instanceof Uint8Array)) return
    this.#queued += sign * piece.length
    this.#link.queued(sign * piece.length)
  }

  #settleReader(piece: Piece): void {
    const reader = this.#reader
    this.#reader = undefined
    reader?.resolve(piece)
  }

  #end(error: Error): void {
    this.#error = error
    this.#link.forget(this)
    this.#reader?.reject(error)
    this.#reader = undefined
    this.#finisher?.reject(error)
    this.#pieces.length = 0
    const waiting = this.#queued
    this.#queued = 0
    if (waiting > 0) this.#link.queued(-waiting)
  }
}
