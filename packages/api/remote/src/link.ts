// SPDX-License-Identifier: LGPL-2.1-or-later
// One connection to a daemon: calls out, replies in, whatever their order. Nothing is left pending when it ends.
import { closeSync } from 'node:fs'
import { constants } from 'node:os'
import { type Clock, ErrorDomain, ErrorNumber, VirtError, virtError } from '@virt/core'
import {
  type Frame,
  FrameParser,
  FrameStatus,
  FrameType,
  FrameWriter,
  framesIn,
  Keepalive,
  KeepaliveTimer,
  maxFds,
  Program,
  payloadOf,
  readError,
  XdrError,
  type XdrWriter,
} from '@virt/rpc'
import type { Message } from './calls.js'
import { Intake } from './intake.js'
import { broken, lost, stalled, timedOut } from './link-errors.js'
import { Pending, publish, traced } from './pending.js'
import { ClientStream } from './stream.js'
import type { FdCarrier, Way } from './way.js'

/** Why a link ended. */
export type LostReason = 'error' | 'eof' | 'keepalive' | 'client'

/** Protects a byte stream. Each direction is used in order, from its first byte on. */
export interface ByteLayer {
  encode(plain: Uint8Array): Buffer
  /** Opens what has come, however it was cut. @throws Error for what was changed on the way */
  decode(sealed: Uint8Array): Buffer
}

/** Bytes that may wait for the daemon to read them before further calls are refused. */
const maxOutput = 64 * 1024 * 1024

export class Link {
  readonly #way: Way
  readonly #parser = new FrameParser()
  readonly #writer = new FrameWriter(4096)
  readonly #keepalive: KeepaliveTimer
  readonly #pending = new Map<number, Pending>()
  readonly #streams = new Map<number, ClientStream>()
  readonly #intake: Intake
  readonly #onMessage: (frame: Frame) => void
  readonly #lost: ((reason: LostReason, error: Error) => void)[] = []
  readonly #handle = (frame: Frame): void => this.#receive(frame)
  readonly #flushNow = (): void => this.#flush()
  #layer: ByteLayer | undefined
  #serial = 0
  #flushing = false
  #ended: Error | undefined
  #drained: (() => void)[] = []
  #carrier: FdCarrier | undefined
  /** Descriptors are on their way: what is written meanwhile waits. */
  #sendingFds: Promise<void> | undefined

  /** @param onMessage gets every event message */
  constructor(way: Way, clock: Clock, onMessage: (frame: Frame) => void) {
    const { duplex } = way
    this.#way = way
    this.#onMessage = onMessage
    this.#intake = new Intake(duplex, clock, () => this.#failSlowest())
    this.#keepalive = new KeepaliveTimer(clock, (action) => {
      if (action === 'dead') return this.destroy(timedOut(), 'keepalive')
      this.#writer.frame(Program.keepalive, Keepalive.ping, FrameType.message, 0, FrameStatus.ok)
      this.#flush()
    })
    const read = (chunk: Buffer): void => this.#read(chunk)
    if (way.receive !== undefined) way.receive(read)
    else duplex.on('data', read)
    duplex.on('drain', () => this.#release())
    duplex.on('error', (error: NodeJS.ErrnoException) => this.destroy(broken(error), 'error'))
    duplex.on('end', () => this.destroy(this.#endOfFile(), 'eof'))
    duplex.on('close', () => this.destroy(this.#endOfFile(), 'eof'))
  }

  /** Why the link is of no use any more; undefined while it is. */
  get ended(): Error | undefined {
    return this.#ended
  }

  /** Calls whose answer is awaited. */
  get waiting(): number {
    return this.#pending.size
  }

  /** Whether a layer of our own protects the bytes. */
  get protected(): boolean {
    return this.#layer !== undefined
  }

  /** Everything from here on goes through a layer. @throws VirtError when something came that did not */
  protect(layer: ByteLayer): void {
    if (this.#parser.held > 0)
      throw new VirtError('data came in before the security layer', {
        code: 'protocol-error',
        domain: ErrorDomain.RPC,
      })
    this.#layer = layer
  }

  /** Runs once when the link ends, also by `destroy`. */
  onLost(fn: (reason: LostReason, error: Error) => void): void {
    this.#lost.push(fn)
  }

  /** Seconds between pings, and unanswered ones until the link is given up. */
  startKeepalive(interval: number, count: number): void {
    if (this.#ended === undefined) this.#keepalive.start(interval, count)
  }

  /**
   * Makes a call. An abort ends the waiting; the daemon may still do the work.
   * @param op name for errors
   * @param count the size asked for, where the reply's size must be
   * @throws VirtError `connection-lost`, `aborted`, and what the daemon says
   */
  call<T>(message: Message<T>, args: readonly unknown[], op: string, count = 0, signal?: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const pending = new Pending(message, op, resolve as (value: unknown) => void, reject)
      const serial = this.#send(pending, args, count)
      if (serial !== undefined && signal !== undefined) this.#watch(serial, pending, signal)
    })
  }

  /** Whether descriptors can travel. From the first answer on they may come, too. */
  async carriesFds(): Promise<boolean> {
    // What a layer protects has no bytes that go past it.
    if (this.#layer !== undefined) return false
    const carrier = await this.#way.descriptors?.()
    if (carrier === undefined || this.#carrier !== undefined) return carrier !== undefined
    this.#carrier = carrier
    this.#parser.takeFds = (count) => {
      if (carrier.held < count) throw new XdrError(`a packet of ${count} descriptors came with ${carrier.held}`)
      return carrier.take(count)
    }
    return true
  }

  /**
   * Makes a call with descriptors, which stay the caller's; those of the answer become so. Only where `carriesFds`.
   * @throws as `call`
   */
  async callWithFds(
    message: Message,
    args: readonly unknown[],
    op: string,
    fds: readonly number[],
    signal?: AbortSignal,
  ): Promise<{ value: unknown; fds: readonly number[] }> {
    if (fds.length > maxFds)
      throw virtError(
        ErrorNumber.RPC,
        ErrorDomain.RPC,
        `Too many FDs to send ${fds.length}, expected ${maxFds} maximum`,
      )
    // Descriptors come directly behind their packet.
    while (this.#sendingFds !== undefined) await this.#sendingFds
    return await new Promise((resolve, reject) => {
      let got: readonly number[] = []
      const pending = new Pending(message, op, (value) => resolve({ value, fds: got }), reject)
      pending.fds = fds
      pending.takeFds = (fds) => {
        got = fds
      }
      const serial = this.#send(pending, args, 0)
      if (serial === undefined) return
      if (signal !== undefined) this.#watch(serial, pending, signal)
      if (fds.length > 0) this.#sendFds(fds)
    })
  }

  /** Makes a call that opens a stream; the stream takes data from the first byte on, which may come before the answer. */
  open<T>(
    message: Message<T>,
    args: readonly unknown[],
    op: string,
    sparse: boolean,
    signal?: AbortSignal,
  ): Promise<{ answer: T; stream: ClientStream }> {
    return new Promise((resolve, reject) => {
      const pending = new Pending(message, op, (answer) => resolve({ answer: answer as T, stream }), reject)
      const stream = new ClientStream(this, Program[message.program], message.number, this.#serial, sparse)
      pending.stream = stream
      const serial = this.#send(pending, args, 0)
      if (serial === undefined) return
      this.#streams.set(serial, stream)
      if (signal !== undefined) this.#watch(serial, pending, signal)
    })
  }

  /** Sends a packet of a stream; the bytes belong to the link from now on. Resolves when more may be sent. */
  sendStream(
    stream: ClientStream,
    type: number,
    status: number,
    payload?: Uint8Array | ((w: XdrWriter) => void),
  ): Promise<void> | undefined {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const w = this.#writer
    w.begin(stream.program, stream.procedure, type, stream.serial, status)
    if (typeof payload === 'function') payload(w)
    const { duplex } = this.#way
    if (payload instanceof Uint8Array && this.#sendingFds !== undefined) {
      w.raw(payload)
      w.end()
    } else if (payload instanceof Uint8Array) {
      w.end(payload.length)
      duplex.cork()
      this.#flush()
      this.#write(payload)
      duplex.uncork()
    } else {
      w.end()
      this.#flush()
    }
    if (!duplex.writableNeedDrain) return undefined
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  /** The stream is over. */
  forget(stream: ClientStream): void {
    this.#streams.delete(stream.serial)
  }

  /** Bytes of streams that wait for their reader, more or less by `change`. */
  queued(change: number): void {
    this.#intake.queued(change)
  }

  /** Ends the link: everything that is pending is rejected at once. */
  destroy(error: Error, reason: LostReason = 'client'): void {
    if (this.#ended !== undefined) return
    this.#ended = error
    this.#keepalive.stop()
    this.#intake.stop()
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const p of pending) this.#fail(p, error)
    const streams = [...this.#streams.values()]
    this.#streams.clear()
    for (const s of streams) s.fail(error)
    this.#release()
    this.#way.duplex.destroy()
    for (const fn of this.#lost) fn(reason, error)
  }

  #send(pending: Pending, args: readonly unknown[], count: number): number | undefined {
    const { message } = pending
    if (this.#ended !== undefined) {
      pending.reject(this.#ended)
      return undefined
    }
    const w = this.#writer
    const serial = this.#serial
    const along = pending.fds?.length ?? 0
    const type = along > 0 ? FrameType.callWithFds : FrameType.call
    w.begin(Program[message.program], message.number, type, serial, FrameStatus.ok)
    try {
      if (along > 0) w.int(along)
      if (this.#way.duplex.writableLength > maxOutput) throw stalled()
      message.encodeRequest(w, args, count)
      w.end()
    } catch (error) {
      w.cancel()
      pending.reject(error)
      return undefined
    }
    this.#serial = (serial + 1) >>> 0
    this.#pending.set(serial, pending)
    if (this.#intake.paused) this.#intake.let()
    if (!this.#flushing) {
      this.#flushing = true
      // After everything that this tick still has to say, so that all of its calls leave in one write.
      process.nextTick(this.#flushNow)
    }
    if (traced.start.hasSubscribers) publish(traced.start, pending, { serial })
    return serial
  }

  #watch(serial: number, pending: Pending, signal: AbortSignal): void {
    const abort = (): void => {
      if (!this.#pending.delete(serial)) return
      pending.stream?.abort()
      const { op } = pending
      this.#fail(pending, new VirtError(`${op}: waiting was aborted`, { code: 'aborted', op, cause: signal.reason }))
    }
    if (signal.aborted) return queueMicrotask(abort)
    signal.addEventListener('abort', abort, { once: true })
    pending.unwatch = () => signal.removeEventListener('abort', abort)
  }

  #read(chunk: Buffer): void {
    if (this.#ended !== undefined) return
    this.#keepalive.alive()
    this.#intake.read(chunk.length)
    if (traced.bytes.hasSubscribers) traced.bytes.publish({ read: chunk.length, written: 0 })
    try {
      this.#parser.push(this.#layer === undefined ? chunk : this.#layer.decode(chunk), this.#handle)
    } catch (error) {
      return this.destroy(error as Error, 'error')
    }
    if (this.#carrier !== undefined && this.#carrier.held > this.#parser.fdsHeld)
      this.destroy(new XdrError('descriptors came that belong to no packet'), 'error')
  }

  #receive(frame: Frame): void {
    if (this.#ended !== undefined) return
    switch (frame.type) {
      case FrameType.reply:
      case FrameType.replyWithFds:
        return this.#reply(frame)
      case FrameType.stream:
      case FrameType.streamHole:
        return this.#streams.get(frame.serial)?.receive(frame)
      case FrameType.message:
        if (frame.program !== Program.keepalive) {
          if (traced.event.hasSubscribers)
            traced.event.publish({ program: frame.program, procedure: frame.procedure, bytes: frame.end - frame.start })
          return this.#onMessage(frame)
        }
        if (frame.procedure !== Keepalive.ping) return
        this.#writer.frame(Program.keepalive, Keepalive.pong, FrameType.message, 0, FrameStatus.ok)
        this.#flush()
    }
  }

  #reply(frame: Frame): void {
    const pending = this.#pending.get(frame.serial)
    if (pending?.takeFds === undefined) closeFds(frame.fds)
    if (pending === undefined) {
      // parity: a failed hole is answered as a reply to the call that opened the stream.
      if (frame.status === FrameStatus.error) this.#streams.get(frame.serial)?.fail(readError(payloadOf(frame)))
      return
    }
    const { message } = pending
    this.#pending.delete(frame.serial)
    if (frame.procedure !== message.number || frame.program !== Program[message.program]) {
      const error = new VirtError(`Unexpected procedure ${frame.procedure} in reply to ${message.number}`, {
        code: 'protocol-error',
        domain: ErrorDomain.RPC,
      })
      closeFds(frame.fds)
      this.#fail(pending, error)
      return this.destroy(error, 'error')
    }
    let answer: unknown
    try {
      if (frame.status === FrameStatus.error) throw readError(payloadOf(frame), pending.op)
      const r = payloadOf(frame)
      if (frame.type === FrameType.replyWithFds) r.uint()
      answer = message.decodeReply(r)
    } catch (error) {
      if (pending.takeFds !== undefined) closeFds(frame.fds)
      if (pending.stream !== undefined) this.#streams.delete(frame.serial)
      return this.#fail(pending, error)
    }
    pending.unwatch?.()
    if (frame.fds !== undefined) pending.takeFds?.(frame.fds)
    pending.resolve(answer)
    if (traced.end.hasSubscribers) publish(traced.end, pending, { answer })
  }

  #fail(pending: Pending, error: unknown): void {
    pending.unwatch?.()
    pending.reject(error)
    if (traced.error.hasSubscribers) publish(traced.error, pending, { error })
  }

  #sendFds(fds: readonly number[]): void {
    this.#flush()
    const sent = (this.#carrier as FdCarrier).send(fds).catch((error: NodeJS.ErrnoException) => {
      this.destroy(broken(error), 'error')
    })
    this.#sendingFds = sent.then(() => {
      this.#sendingFds = undefined
      this.#flush()
    })
  }

  #flush(): void {
    this.#flushing = false
    if (this.#sendingFds !== undefined) return
    if (this.#writer.position === 0) return
    if (this.#ended !== undefined) return this.#writer.reset()
    const bytes = this.#writer.take()
    if (this.#way.separate) for (const frame of framesIn(bytes)) this.#write(frame)
    else this.#write(bytes)
  }

  #write(bytes: Uint8Array): void {
    if (traced.bytes.hasSubscribers) traced.bytes.publish({ read: 0, written: bytes.length })
    this.#way.duplex.write(this.#layer === undefined ? bytes : this.#layer.encode(bytes))
  }

  #release(): void {
    const drained = this.#drained
    this.#drained = []
    for (const resolve of drained) resolve()
  }

  #failSlowest(): void {
    let most: ClientStream | undefined
    for (const s of this.#streams.values()) if (most === undefined || s.queued > most.queued) most = s
    most?.abort(
      new VirtError('stream was aborted: its reader is too slow', {
        code: 'operation-aborted',
        domain: ErrorDomain.STREAMS,
        details: 'read the stream while other calls of its connection are made, or give it a connection of its own',
      }),
    )
  }

  #endOfFile(): Error {
    const failure = this.#way.failure?.()
    if (failure !== undefined) return failure
    const said = this.#way.said?.()
    return said === undefined
      ? lost('End of file while reading data: Input/output error', constants.errno.EIO)
      : lost(`Cannot recv data: ${said}: Connection reset by peer`, constants.errno.ECONNRESET)
  }
}

/** Closes descriptors for which nobody waits any more. */
function closeFds(fds: readonly number[] = []): void {
  for (const fd of fds) closeSync(fd)
}
