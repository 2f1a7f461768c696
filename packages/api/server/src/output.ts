// SPDX-License-Identifier: LGPL-2.1-or-later
// What a server has to say to one client: all replies of one read leave in one write.
import type { Duplex } from 'node:stream'
import { FrameWriter, framesIn } from '@virt/rpc'
import type { ByteLayer } from './auth.js'

/** Bytes that may wait for a client while further calls of it are answered. */
const crowd = 128 * 1024

/** Bytes that are collected for a client that does not read before they are written. */
const collected = 64 * 1024

/** A promise costs a fifth of `queueMicrotask`, which keeps its own account of who asked. */
const now = Promise.resolve()

/** Outgoing frames of one connection. */
export class Output {
  /** Frames are appended here; whoever appends calls `flush` or `flushSoon`. */
  readonly writer: FrameWriter = new FrameWriter(4096)
  readonly #duplex: Duplex
  readonly #limit: number
  readonly #overrun: () => void
  readonly #waits: (bytes: number) => void
  /** Protects what is written from now on. */
  layer: ByteLayer | undefined
  /** Whether each frame is a write of its own: `Peer.separate`. */
  separate = false
  #scheduled = false
  #held: Promise<void> | undefined
  #told = 0
  #waiting: (() => void)[] = []

  /**
   * @param overrun called when more than `limit` bytes wait
   * @param waits told how many bytes wait, when that changes
   */
  constructor(duplex: Duplex, limit: number, overrun: () => void, waits: (bytes: number) => void) {
    this.#duplex = duplex
    this.#limit = limit
    this.#overrun = overrun
    this.#waits = waits
    duplex.on('drain', () => {
      this.flush()
      this.#release()
    })
    duplex.on('close', () => this.#release())
  }

  /** Bytes that wait for the client. */
  get waiting(): number {
    return this.#duplex.writableLength
  }

  /** Whether so much waits that answers to more calls would only wait behind it. */
  get crowded(): boolean {
    return this.writer.position + this.#duplex.writableLength > crowd
  }

  /**
   * Writes what has been appended. While the client does not read, little things are collected first: each write that waits costs
   * several times what it carries.
   * @param all also when the client does not read
   */
  flush(all = false): void {
    if (this.writer.position === 0 || !this.#duplex.writable) {
      this.writer.reset()
      return
    }
    if (this.#held !== undefined) return
    if (!all && this.writer.position < collected && this.#duplex.writableNeedDrain) return
    // The bound is on what waited before: the reply in progress may be as long as the protocol allows.
    const backlog = this.#duplex.writableLength
    const bytes = this.writer.take()
    if (this.layer !== undefined) this.#duplex.write(this.layer.encode(bytes))
    else if (this.separate) for (const frame of framesIn(bytes)) this.#duplex.write(frame)
    else this.#duplex.write(bytes)
    if (this.#duplex.writableLength !== this.#told) this.#tell()
    if (backlog > this.#limit) this.#overrun()
  }

  /** What keeps everything back for now. */
  get held(): Promise<void> | undefined {
    return this.#held
  }

  /** Writes what has been appended, and keeps back what follows until something else is done. Nothing may be held already. */
  async hold(work: () => Promise<void>): Promise<void> {
    this.flush(true)
    const held = work()
    this.#held = held.catch(() => {})
    try {
      await held
    } finally {
      this.#held = undefined
      this.flush()
    }
  }

  /** Writes at the end of this tick, with whatever else is appended until then. */
  flushSoon(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    // Nothing rejects it.
    void now.then(() => {
      this.#scheduled = false
      this.flush()
    })
  }

  /** Resolves when the client has read enough to be sent more. */
  ready(): Promise<void> | undefined {
    if (!this.#duplex.writableNeedDrain || this.#duplex.destroyed) return undefined
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #tell(): void {
    this.#told = this.#duplex.destroyed ? 0 : this.#duplex.writableLength
    this.#waits(this.#told)
  }

  #release(): void {
    this.#tell()
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
