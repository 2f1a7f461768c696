// SPDX-License-Identifier: LGPL-2.1-or-later
// Who is let in when there is no room for all: the others wait unread, as they would in the system's own queue.
import type { Duplex } from 'node:stream'
import { type Answer, type Clock, isPromise, type Logger } from '@virt/core'
import type { Limits } from './limits.js'
import type { Peer } from './peer.js'
import { WaitingRoom } from './waiting-room.js'

/** A connection that can be served. */
export interface Prepared {
  readonly duplex: Duplex
  /** What is known of the other end. */
  readonly peer: Partial<Peer>
}

/** Somebody at the door. */
export interface Arrival {
  /** The connection, of which nothing was read. */
  readonly duplex: Duplex
  /** Where it comes from, as far as the system knows: an address, a user. Nobody's flood keeps others out. */
  readonly source: string
  /** Whether they have yet to say who they are. */
  readonly anonymous: boolean
  /** Makes it one that can be served (by a handshake, for instance). @throws Error for the log */
  prepare(signal: AbortSignal): Answer<Prepared>
}

/** What an entrance leads into. */
export interface House {
  readonly clock: Clock
  readonly log: Logger
  readonly limits: Limits
  /** Connections now. */
  readonly size: number
  /** How many of them have not authenticated. */
  readonly anonymous: number
  /** The same of one source. */
  anonymousFrom(source: string): number
  accept(duplex: Duplex, peer: Partial<Peer>): unknown
}

/** How those are taken off the list who have waited. */
type Leave = () => void

/** Lets in, makes wait, turns away. */
export class Entrance {
  readonly #house: House
  readonly #waiting = new WaitingRoom<Arrival>()
  readonly #leaves = new Map<Arrival, Leave>()
  /** Those whose handshake is under way, by source. */
  readonly #preparing = new Map<string, number>()
  #preparingAll = 0
  #preparingAnonymous = 0
  #closed = false
  readonly #handshakes = new Set<AbortController>()

  constructor(house: House) {
    this.#house = house
  }

  /** Those who wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Somebody comes. @returns false when too many wait already; the connection is then the caller's to end */
  arrive(arrival: Arrival): boolean {
    if (this.#closed) return false
    if (this.#hasRoom(arrival.anonymous) && (!arrival.anonymous || this.#waiting.size === 0)) this.#let(arrival)
    else if (!this.#makePlace(arrival)) return false
    else this.#wait(arrival)
    return true
  }

  /** Whether somebody can wait, as one of a source that has many waiting gives way, if need be. */
  #makePlace(arrival: Arrival): boolean {
    if (this.#waiting.size < this.#house.limits.maxQueuedClients) return true
    const other = this.#waiting.yielding(arrival)
    if (other === undefined) return false
    this.#leaves.get(other)?.()
    this.#failed(other, new Error(`too many wait, and fewer from ${arrival.source}`))
    return true
  }

  /** There may be room now. */
  next(): void {
    while (!this.#closed) {
      const arrival = this.#pick()
      if (arrival === undefined) return
      this.#leaves.get(arrival)?.()
      if (!arrival.duplex.destroyed) this.#let(arrival)
    }
  }

  /** Nobody is let in any more. */
  close(): void {
    this.#closed = true
    for (const [{ duplex }, leave] of this.#leaves) {
      leave()
      duplex.destroy()
    }
    for (const handshake of this.#handshakes) handshake.abort(new Error('the daemon ends'))
  }

  #wait(arrival: Arrival): void {
    const { duplex } = arrival
    const { clock, limits } = this.#house
    const timer = clock.after(limits.authTimeout, () => {
      leave()
      this.#failed(arrival, new Error(`there was no room within ${limits.authTimeout} ms`))
    })
    const leave = (): void => {
      this.#waiting.delete(arrival)
      this.#leaves.delete(arrival)
      timer[Symbol.dispose]()
      duplex.off('error', ignore)
      duplex.off('close', leave)
    }
    duplex.on('error', ignore)
    duplex.once('close', leave)
    this.#waiting.add(arrival)
    this.#leaves.set(arrival, leave)
  }

  #pick(): Arrival | undefined {
    if (this.#waiting.size === 0 || !this.#hasRoom(false)) return undefined
    return this.#waiting.next((source) => this.#inside(source), this.#hasRoom(true))
  }

  #inside(source: string): number {
    return this.#house.anonymousFrom(source) + (this.#preparing.get(source) ?? 0)
  }

  #hasRoom(anonymous: boolean): boolean {
    const { limits, size } = this.#house
    if (size + this.#preparingAll >= limits.maxClients) return false
    if (!anonymous || limits.maxAnonymousClients === 0) return true
    return this.#house.anonymous + this.#preparingAnonymous < limits.maxAnonymousClients
  }

  #let(arrival: Arrival): void {
    const limit = new AbortController()
    let made: ReturnType<Arrival['prepare']>
    try {
      made = arrival.prepare(limit.signal)
    } catch (error) {
      this.#failed(arrival, error)
      return
    }
    if (isPromise(made)) void this.#handshake(arrival, made, limit)
    else this.#house.accept(made.duplex, { source: arrival.source, ...made.peer })
  }

  /** Settles always: what goes wrong goes to the log. */
  async #handshake(arrival: Arrival, made: Promise<Prepared>, limit: AbortController): Promise<void> {
    this.#count(arrival, 1)
    this.#handshakes.add(limit)
    const time = this.#house.limits.handshakeTimeout
    const timer = this.#house.clock.after(time, () => limit.abort(new Error(`no handshake within ${time} ms`)))
    let ready: Prepared | undefined
    try {
      ready = await made
    } catch (error) {
      this.#failed(arrival, limit.signal.aborted ? limit.signal.reason : error)
    }
    timer[Symbol.dispose]()
    this.#handshakes.delete(limit)
    this.#count(arrival, -1)
    if (this.#closed) ready?.duplex.destroy()
    else if (ready !== undefined) this.#house.accept(ready.duplex, { source: arrival.source, ...ready.peer })
    this.next()
  }

  #failed({ duplex, source }: Arrival, error: unknown): void {
    this.#house.log.warn(`client from ${source}: ${error instanceof Error ? error.message : String(error)}`)
    duplex.destroy()
  }

  #count({ source, anonymous }: Arrival, by: 1 | -1): void {
    this.#preparingAll += by
    if (!anonymous) return
    this.#preparingAnonymous += by
    const count = (this.#preparing.get(source) ?? 0) + by
    if (count === 0) this.#preparing.delete(source)
    else this.#preparing.set(source, count)
  }
}

/** What waits has no owner yet who would want to know. */
function ignore(): void {}
