// SPDX-License-Identifier: LGPL-2.1-or-later
// The daemon's side of a stream: pumps what the driver reads, hands on what the client sends.
import type { ByteStream } from '@virt/core'
import { type Binding, type Frame, FrameStatus, FrameType, maxStreamData, XdrReader } from '@virt/rpc'
import { internalError } from './errors.js'
import type { Output } from './output.js'

/** What a stream needs of its connection. */
export interface StreamOwner {
  readonly output: Output
  /** Sends an error for this stream; `type` is `stream` but for a failed hole. */
  fail(stream: ServerStream, type: number, error: unknown): void
  /** The stream is over; forget it. */
  ended(stream: ServerStream): void
  /** The connection cannot go on. */
  broken(error: Error): void
  /** Incoming data waits (`true`) or no longer does. */
  busy(stream: ServerStream, waiting: boolean): void
}

/** Incoming packets that may wait for a driver before the connection is not read any more. */
const maxQueued = 4

/** One open stream of a connection. */
export class ServerStream {
  readonly program: number
  readonly procedure: number
  readonly serial: number
  readonly sparse: boolean
  readonly #stream: ByteStream
  readonly #owner: StreamOwner
  readonly #reads: boolean
  readonly #queue: (() => unknown)[] = []
  #running = false
  #over = false

  constructor(
    owner: StreamOwner,
    call: { program: number; procedure: number; serial: number },
    stream: ByteStream,
    direction: string,
    sparse: boolean,
  ) {
    this.#owner = owner
    this.#stream = stream
    this.program = call.program
    this.procedure = call.procedure
    this.serial = call.serial
    this.sparse = sparse
    this.#reads = direction === 'server-to-client'
  }

  /** Starts sending; called after the reply of the opening call. */
  start(): void {
    if (this.#reads) this.#pump().catch((error: unknown) => this.#fail(error))
  }

  /** A packet of this stream. */
  receive(frame: Frame): void {
    if (this.#over) return
    if (frame.type === FrameType.streamHole) return this.#hole(frame)
    if (frame.status === FrameStatus.continue) {
      if (frame.end === frame.start) return
      const data = Buffer.from(frame.buffer.subarray(frame.start, frame.end))
      this.#enqueue(() => this.#stream.write(data))
    } else if (frame.status === FrameStatus.ok) this.#enqueue(() => this.#finish())
    else this.#abort()
  }

  /** The connection is gone. */
  destroy(): void {
    if (this.#over) return
    this.#over = true
    this.#stream.abort()
  }

  #hole(frame: Frame): void {
    if (!this.sparse) return this.#owner.broken(new Error('hole in a stream that is not sparse'))
    const length = new XdrReader(frame.buffer, frame.start, frame.end).hyperBig()
    this.#enqueue(async () => {
      try {
        if (this.#stream.hole !== undefined) await this.#stream.hole(length)
        else await writeZeros(this.#stream, length)
      } catch (error) {
        // parity: a failed hole is answered as a reply, not as a stream packet.
        this.#over = true
        this.#stream.abort(error)
        this.#owner.fail(this, FrameType.reply, error)
        this.#owner.ended(this)
      }
    })
  }

  #enqueue(step: () => unknown): void {
    this.#queue.push(step)
    if (!this.#running) void this.#drain()
    else if (this.#queue.length === maxQueued) this.#owner.busy(this, true)
  }

  async #drain(): Promise<void> {
    this.#running = true
    try {
      for (let step = this.#queue.shift(); step !== undefined && !this.#over; step = this.#queue.shift()) {
        const answer = step()
        if (answer instanceof Promise) await answer
        if (this.#queue.length === maxQueued - 1) this.#owner.busy(this, false)
      }
    } catch (error) {
      this.#fail(error)
    }
    this.#running = false
    if (this.#over) this.#owner.busy(this, false)
  }

  async #pump(): Promise<void> {
    const { output } = this.#owner
    while (!this.#over) {
      const wait = output.ready()
      if (wait !== undefined) await wait
      if (this.#over) return
      const answer = this.#stream.read(maxStreamData)
      const piece = answer instanceof Promise ? await answer : answer
      if (this.#over) return
      if (piece instanceof Uint8Array) this.#send(FrameType.stream, FrameStatus.continue, piece)
      else if (this.sparse) this.#sendHole(piece.hole)
      else await this.#sendZeros(piece.hole)
      output.flush()
      if (piece instanceof Uint8Array && piece.length === 0) return
    }
  }

  #send(type: number, status: number, payload?: Uint8Array): void {
    this.#owner.output.writer.frame(this.program, this.procedure, type, this.serial, status, payload)
  }

  #sendHole(length: bigint): void {
    const w = this.#owner.output.writer
    w.begin(this.program, this.procedure, FrameType.streamHole, this.serial, FrameStatus.continue)
    w.int64(length)
    w.int(0)
    w.end()
  }

  async #sendZeros(length: bigint): Promise<void> {
    const zeros = new Uint8Array(maxStreamData)
    for (let left = length; left > 0n && !this.#over; left -= BigInt(maxStreamData)) {
      this.#send(
        FrameType.stream,
        FrameStatus.continue,
        left < BigInt(maxStreamData) ? zeros.subarray(0, Number(left)) : zeros,
      )
      this.#owner.output.flush()
      await this.#owner.output.ready()
    }
  }

  async #finish(): Promise<void> {
    await this.#stream.finish()
    if (this.#over) return
    this.#over = true
    this.#send(FrameType.stream, FrameStatus.ok)
    this.#owner.output.flushSoon()
    this.#owner.ended(this)
  }

  #abort(): void {
    this.#over = true
    this.#stream.abort()
    this.#send(FrameType.stream, FrameStatus.ok)
    this.#owner.output.flushSoon()
    this.#owner.ended(this)
  }

  #fail(error: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#stream.abort(error)
    this.#owner.fail(this, FrameType.stream, error ?? internalError('stream aborted'))
    this.#owner.ended(this)
  }
}

async function writeZeros(stream: ByteStream, length: bigint): Promise<void> {
  const zeros = new Uint8Array(maxStreamData)
  for (let left = length; left > 0n; left -= BigInt(maxStreamData))
    await stream.write(left < BigInt(maxStreamData) ? zeros.subarray(0, Number(left)) : zeros)
}

/** The stream that a call's answer opens, if it opens one. */
export function streamOf(
  owner: StreamOwner,
  call: { program: number; procedure: number; serial: number },
  { stream: direction, sparseFlag }: Pick<Binding, 'stream' | 'sparseFlag'>,
  args: unknown,
  value: unknown,
): ServerStream | undefined {
  if (direction === undefined) return undefined
  const stream = 'read' in (value as object) ? (value as ByteStream) : (value as { stream: ByteStream }).stream
  const sparse = sparseFlag !== undefined && ((args as { flags: number }).flags & sparseFlag) !== 0
  return new ServerStream(owner, call, stream, direction, sparse)
}
