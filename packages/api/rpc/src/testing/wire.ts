// SPDX-License-Identifier: LGPL-2.1-or-later
// A connection in memory that can be as bad as a real one.
import { Duplex } from 'node:stream'

/** What goes wrong on the way from the peer to the client. */
export interface Faults {
  /** Bytes arrive in pieces of this many. */
  split?: number
  /** The connection is gone after this many bytes. */
  dieAt?: number
  /** How it goes: the end of the bytes, or an error; `eof` by default. */
  how?: 'eof' | 'error'
}

/** Both ends of a connection. */
export interface Wire {
  readonly client: Duplex
  readonly peer: Duplex
  /** Holds back what the peer sends. */
  stall(): void
  /** Lets it go on. */
  resume(): void
  /** Ends the connection now, seen from the client. */
  die(error?: Error): void
  /** Bytes that have reached the client. */
  readonly arrived: number
  /** Writes of the client so far. */
  readonly writes: number
}

class End extends Duplex {
  other: End | undefined
  hand: (chunk: Buffer, done: () => void) => void
  #more: (() => void) | undefined

  constructor() {
    super({ autoDestroy: true })
    this.hand = (chunk, done) => this.other?.accept(chunk, done)
  }

  /** Takes what the other end sends; `done` is called when more may come. */
  accept(chunk: Buffer, done: () => void): void {
    if (this.destroyed || this.readableEnded) return done()
    if (this.push(chunk)) done()
    else this.#more = done
  }

  override _read(): void {
    const more = this.#more
    this.#more = undefined
    more?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.hand(chunk, () => setImmediate(done))
  }

  override _final(done: () => void): void {
    this.other?.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { other } = this
    this.other = undefined
    if (other !== undefined && !other.destroyed)
      setImmediate(() => {
        if (!other.destroyed && !other.readableEnded) other.push(null)
      })
    done(error)
  }
}

/** Makes a connection. */
export function wire(faults: Faults = {}): Wire {
  const client = new End()
  const peer = new End()
  client.other = peer
  peer.other = client
  let arrived = 0
  let writes = 0
  let held: (() => void)[] | undefined
  const die = (error?: Error): void => {
    peer.other = undefined
    if (client.destroyed) return
    if (error !== undefined) client.destroy(error)
    else client.push(null)
  }
  client.hand = (chunk, done) => {
    writes++
    peer.accept(chunk, done)
  }
  const deliver = (chunk: Buffer, done: () => void): void => {
    if (held !== undefined) {
      held.push(() => deliver(chunk, done))
      return
    }
    const left = (faults.dieAt ?? Number.POSITIVE_INFINITY) - arrived
    const whole = chunk.subarray(0, Math.max(0, Math.min(chunk.length, left)))
    arrived += whole.length
    const size = faults.split ?? whole.length
    for (let at = 0; at < whole.length; at += size) client.accept(whole.subarray(at, at + size), () => {})
    if (chunk.length >= left) die(faults.how === 'error' ? new Error('read ECONNRESET') : undefined)
    done()
  }
  peer.hand = deliver
  return {
    client,
    peer,
    stall: () => {
      held ??= []
    },
    resume: () => {
      const waiting = held ?? []
      held = undefined
      for (const fn of waiting) fn()
    },
    die,
    get arrived() {
      return arrived
    },
    get writes() {
      return writes
    },
  }
}
