// SPDX-License-Identifier: LGPL-2.1-or-later
// Two ends of a connection in memory, with back-pressure.
import { Duplex } from 'node:stream'

class End extends Duplex {
  other: End | undefined
  #resume: (() => void) | undefined

  override _read(): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const other = this.other
    if (other === undefined || other.destroyed) return done()
    setImmediate(() => {
      if (other.destroyed || other.push(Buffer.from(chunk))) done()
      else other.#resume = done
    })
  }

  override _final(done: (error?: Error | null) => void): void {
    setImmediate(() => {
      if (this.other !== undefined && !this.other.destroyed) this.other.push(null)
      done()
    })
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
    setImmediate(() => {
      if (this.other !== undefined && !this.other.destroyed) this.other.destroy()
    })
    done(error)
  }
}

/** Two connected duplexes. */
export function duplexPair(): readonly [Duplex, Duplex] {
  const [a, b] = [new End(), new End()]
  a.other = b
  b.other = a
  return [a, b]
}
