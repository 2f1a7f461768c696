// SPDX-License-Identifier: LGPL-2.1-or-later
// One connection to a daemon: calls out, replies in, whatever their order. Nothing is left pending when it ends.
import type { Duplex } from 'node:stream'
import { type Clock, VirtError } from '@virt/core'
import {
  type Frame,
  FrameParser,
  FrameStatus,
  FrameType,
  FrameWriter,
  Keepalive,
  KeepaliveTimer,
  Program,
  payloadOf,
  readError,
  type XdrReader,
  type XdrWriter,
} from '@virt/rpc'
import { ClientStream } from './stream.js'

/** Why a link ended. */
export type LostReason = 'error' | 'eof' | 'keepalive' | 'client'

interface Pending {
  readonly procedure: number
  readonly program: number
  readonly op: string
  readonly decode: (r: XdrReader) => unknown
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
  readonly stream: ClientStream | undefined
}

/** A call as the link makes it. */
export interface Request<T> {
  readonly program: keyof typeof Program
  readonly procedure: number
  /** Name for errors. */
  readonly op: string
  readonly encode?: (w: XdrWriter) => void
  /** Runs while the reply's bytes are at hand; its answer must not refer to them. */
  readonly decode?: (r: XdrReader) => T
  /** The call opens a stream: sparse or not. */
  readonly stream?: { readonly sparse: boolean }
  readonly signal?: AbortSignal | undefined
}

/** Bytes of streams that may wait for their reader before the connection is not read any more. */
const maxQueued = 8 * 1024 * 1024

export class Link {
  readonly #duplex: Duplex
  readonly #parser = new FrameParser()
  readonly #writer = new FrameWriter(4096)
  readonly #keepalive: KeepaliveTimer
  readonly #pending = new Map<number, Pending>()
  readonly #streams = new Map<number, ClientStream>()
  readonly #onMessage: (frame: Frame) => void
  readonly #lost: ((reason: LostReason, error: Error) => void)[] = []
  readonly #handle = (frame: Frame): void => this.#receive(frame)
  #serial = 0
  #flushing = false
  #queued = 0
  #ended: Error | undefined
  #drained: (() => void)[] = []

  /** @param onMessage gets every event message */
  constructor(duplex: Duplex, clock: Clock, onMessage: (frame: Frame) => void) {
    this.#duplex = duplex
    this.#onMessage = onMessage
    this.#keepalive = new KeepaliveTimer(clock, (action) => {
      if (action === 'dead') return this.destroy(lost('connection closed due to keepalive timeout'), 'keepalive')
      this.#writer.frame(Program.keepalive, Keepalive.ping, FrameType.message, 0, FrameStatus.ok)
      this.#flush()
    })
    duplex.on('data', (chunk: Buffer) => this.#read(chunk))
    duplex.on('drain', () => this.#release())
    duplex.on('error', (error: Error) =>
      this.destroy(error instanceof VirtError ? error : lost(`Cannot recv data: ${error.message}`, error), 'error'),
    )
    duplex.on('end', () => this.destroy(lost('End of file while reading data: Input/output error'), 'eof'))
    duplex.on('close', () => this.destroy(lost('connection was closed by the other end'), 'eof'))
  }

  /** Why the link is of no use any more; undefined while it is. */
  get ended(): Error | undefined {
    return this.#ended
  }

  /** Runs once when the link ends, also by `close`. */
  onLost(fn: (reason: LostReason, error: Error) => void): void {
    this.#lost.push(fn)
  }

  /** Seconds between pings, and unanswered ones until the link is given up. */
  startKeepalive(interval: number, count: number): void {
    this.#keepalive.start(interval, count)
  }

  /** Makes a call. An abort ends the waiting; the daemon may still do the work. */
  call<T>(request: Request<T>): Promise<T> {
    return this.open(request).answer
  }

  /** Makes a call that opens a stream; the stream takes data from the first byte on. */
  open<T>(request: Request<T>): { answer: Promise<T>; stream: ClientStream | undefined } {
    if (this.#ended !== undefined) return { answer: Promise.reject(this.#ended), stream: undefined }
    const serial = this.#serial
    this.#serial = (this.#serial + 1) >>> 0
    const program = Program[request.program]
    const w = this.#writer
    w.begin(program, request.procedure, FrameType.call, serial, FrameStatus.ok)
    try {
      request.encode?.(w)
      w.end()
    } catch (error) {
      w.cancel()
      return { answer: Promise.reject(error), stream: undefined }
    }
    const stream =
      request.stream === undefined
        ? undefined
        : new ClientStream(this, program, request.procedure, serial, request.stream.sparse)
    if (stream !== undefined) this.#streams.set(serial, stream)
    const answer = new Promise<T>((resolve, reject) => {
      this.#pending.set(serial, {
        procedure: request.procedure,
        program,
        op: request.op,
        decode: request.decode ?? nothing,
        resolve,
        reject,
        stream,
      })
      if (request.signal !== undefined) this.#watch(serial, request.signal, request.op, reject)
    })
    this.#flushSoon()
    return { answer, stream }
  }

  /** Sends a packet of a stream; resolves when more may be sent. */
  sendStream(
    stream: ClientStream,
    type: number,
    status: number,
    payload?: Uint8Array | ((w: XdrWriter) => void),
  ): Promise<void> | undefined {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const w = this.#writer
    if (typeof payload === 'function') {
      w.begin(stream.program, stream.procedure, type, stream.serial, status)
      payload(w)
      w.end()
    } else w.frame(stream.program, stream.procedure, type, stream.serial, status, payload)
    this.#flush()
    if (!this.#duplex.writableNeedDrain) return undefined
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  /** The stream is over. */
  forget(stream: ClientStream): void {
    this.#streams.delete(stream.serial)
  }

  /** Bytes of streams that wait for their reader, more or less by `change`. */
  queued(change: number): void {
    this.#queued += change
    if (this.#queued > maxQueued) this.#duplex.pause()
    else if (this.#duplex.isPaused() && this.#queued <= maxQueued / 2) this.#duplex.resume()
  }

  /** Ends the link: everything that is pending is rejected at once. */
  destroy(error: Error, reason: LostReason = 'client'): void {
    if (this.#ended !== undefined) return
    this.#ended = error
    this.#keepalive.stop()
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const p of pending) p.reject(error)
    const streams = [...this.#streams.values()]
    this.#streams.clear()
    for (const s of streams) s.lost(error)
    this.#release()
    this.#duplex.destroy()
    for (const fn of this.#lost) fn(reason, error)
  }

  #watch(serial: number, signal: AbortSignal, op: string, reject: (error: unknown) => void): void {
    const abort = (): void => {
      const pending = this.#pending.get(serial)
      if (pending === undefined) return
      this.#pending.delete(serial)
      pending.stream?.abort()
      reject(new VirtError(`${op}: waiting was aborted`, { code: 'aborted', op, cause: signal.reason }))
    }
    if (signal.aborted) queueMicrotask(abort)
    else signal.addEventListener('abort', abort, { once: true })
  }

  #read(chunk: Buffer): void {
    this.#keepalive.alive()
    try {
      this.#parser.push(chunk, this.#handle)
    } catch (error) {
      this.destroy(error as Error, 'error')
    }
  }

  #receive(frame: Frame): void {
    if (this.#ended !== undefined) return
    if (frame.program === Program.keepalive) {
      if (frame.procedure === Keepalive.ping) {
        this.#writer.frame(Program.keepalive, Keepalive.pong, FrameType.message, 0, FrameStatus.ok)
        this.#flushSoon()
      }
      return
    }
    if (frame.type === FrameType.message) return this.#onMessage(frame)
    if (frame.type === FrameType.stream || frame.type === FrameType.streamHole)
      return this.#streams.get(frame.serial)?.receive(frame)
    if (frame.type === FrameType.reply || frame.type === FrameType.replyWithFds) this.#reply(frame)
  }

  #reply(frame: Frame): void {
    const pending = this.#pending.get(frame.serial)
    if (pending === undefined) {
      // parity: a failed hole is answered as a reply to the call that opened the stream.
      if (frame.status === FrameStatus.error) this.#streams.get(frame.serial)?.fail(readError(payloadOf(frame)))
      return
    }
    this.#pending.delete(frame.serial)
    if (frame.procedure !== pending.procedure || frame.program !== pending.program)
      return this.destroy(
        new VirtError(`Unexpected procedure ${frame.procedure} in reply to ${pending.procedure}`, {
          code: 'protocol-error',
          domain: 7,
        }),
        'error',
      )
    try {
      if (frame.status === FrameStatus.error) {
        if (pending.stream !== undefined) this.#streams.delete(frame.serial)
        pending.reject(readError(payloadOf(frame), pending.op))
      } else pending.resolve(pending.decode(payloadOf(frame)) as never)
    } catch (error) {
      pending.reject(error)
    }
  }

  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  #flush(): void {
    if (this.#writer.position === 0) return
    if (this.#ended !== undefined) return this.#writer.reset()
    this.#duplex.write(this.#writer.take())
  }

  #release(): void {
    const drained = this.#drained
    this.#drained = []
    for (const resolve of drained) resolve()
  }
}

const nothing = (): undefined => undefined

function lost(message: string, cause?: unknown): VirtError {
  return new VirtError(message, { code: 'connection-lost', domain: 7, ...(cause === undefined ? {} : { cause }) })
}
