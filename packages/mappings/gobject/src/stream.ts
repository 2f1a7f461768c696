// SPDX-License-Identifier: LGPL-2.1-or-later
// Streams that are made first and connected by a call: a console, a screenshot, the content of a volume.
import { Duplex } from 'node:stream'
import { VirtError, type VirtStream } from '@virt/core'

/** A stream of Node; what is written before it is connected waits. `GVirStream` */
export class Stream extends Duplex {
  #native: VirtStream | undefined
  #waiting: (() => void)[] = []

  constructor() {
    super({ allowHalfOpen: true })
  }

  /** The stream of `@virt/core` behind this one, once a call has connected it. */
  get native(): VirtStream | undefined {
    return this.#native
  }

  /** For the calls that take a stream. @throws VirtError `operation-invalid` when another one has taken it */
  attach(native: VirtStream): void {
    if (this.#native !== undefined) {
      native.destroy()
      throw new VirtError('the stream is in use', { code: 'operation-invalid' })
    }
    this.#native = native
    native.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) native.pause()
    })
    native.on('end', () => this.push(null))
    native.on('error', (error) => this.destroy(error))
    native.on('close', () => {
      if (!native.readableEnded && !this.destroyed) this.push(null)
    })
    for (const work of this.#waiting.splice(0)) work()
  }

  override _read(): void {
    this.#native?.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#connected((native) => native.write(chunk, (error) => done(error ?? null)))
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#connected((native) => native.end(() => done()))
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#waiting.length = 0
    this.#native?.destroy(error ?? undefined)
    done(error)
  }

  #connected(work: (native: VirtStream) => void): void {
    const native = this.#native
    if (native !== undefined) work(native)
    else this.#waiting.push(() => this.#connected(work))
  }
}
