// SPDX-License-Identifier: LGPL-2.1-or-later
// What a server has to say to one client: all replies of one read leave in one write.
import type { Duplex } from 'node:stream'
import { FrameWriter } from '@virt/rpc'
import type { ByteLayer } from './auth.js'

/** Outgoing frames of one connection. */
export class Output {
  /** Frames are appended here; whoever appends calls `flush` or `flushSoon`. */
  readonly writer: FrameWriter = new FrameWriter(4096)
  readonly #duplex: Duplex
  readonly #limit: number
  readonly #overrun: () => void
  /** Protects what is written from now on. */
  layer: ByteLayer | undefined
  #scheduled = false
  #waiting: (() => void)[] = []

  constructor(duplex: Duplex, limit: number, overrun: () => void) {
    this.#duplex = duplex
    this.#limit = limit
    this.#overrun = overrun
    duplex.on('drain', () => this.#release())
    duplex.on('close', () => this.#release())
  }

  /** Bytes that wait for the client. */
  get waiting(): number {
    return this.#duplex.writableLength
  }

  /** Writes what has been appended. */
  flush(): void {
    if (this.writer.position === 0 || this.#duplex.destroyed) {
      this.writer.reset()
      return
    }
    // The bound is on what waited before: the reply in progress may be as long as the protocol allows.
    const backlog = this.#duplex.writableLength
    const bytes = this.writer.take()
    this.#duplex.write(this.layer === undefined ? bytes : this.layer.encode(bytes))
    if (backlog > this.#limit) this.#overrun()
  }

  /** Writes at the end of this tick, with whatever else is appended until then. */
  flushSoon(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.flush()
    })
  }

  /** Resolves when the client has read enough to be sent more. */
  ready(): Promise<void> | undefined {
    if (!this.#duplex.writableNeedDrain || this.#duplex.destroyed) return undefined
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #release(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
