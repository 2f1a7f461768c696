// SPDX-License-Identifier: LGPL-2.1-or-later
// A server: drivers below, connections above. It is given duplexes and identities; sockets are the daemon's matter.
import type { Duplex } from 'node:stream'
import { type Call, type Clock, type DriverSet, type Logger, type SessionSet, silent, systemClock } from '@virt/core'
import type { AccessDriver } from './access.js'
import { noAuth } from './auth.js'
import { Client, type Peer } from './client.js'
import { defaultLimits, type Limits } from './limits.js'

export interface ServerOptions {
  readonly drivers: DriverSet
  readonly limits?: Partial<Limits>
  readonly log?: Logger
  readonly clock?: Clock
  /** Absent: nothing is checked. */
  readonly access?: AccessDriver | undefined
  /** Settles when the drivers have started; calls to open wait for it. */
  readonly started?: Promise<void>
  /** Called when the number of connections changes. */
  readonly onClients?: (count: number) => void
}

/**
 * Serves connections until it is closed.
 * @since 0.1.0
 */
export class Server {
  readonly drivers: DriverSet
  readonly log: Logger
  readonly clock: Clock
  readonly access: AccessDriver | undefined
  limits: Limits
  readonly #clients = new Map<number, Client>()
  readonly #started: Promise<void> | undefined
  readonly #onClients: ((count: number) => void) | undefined
  /** In the order they came. */
  readonly #queue = new Map<Duplex, Partial<Peer>>()
  #anonymous = 0
  #closing = false
  #nextId = 1
  #empty: (() => void) | undefined

  constructor(options: ServerOptions) {
    this.drivers = options.drivers
    this.log = options.log ?? silent
    this.clock = options.clock ?? systemClock
    this.access = options.access
    this.limits = { ...defaultLimits, ...options.limits }
    this.#started = options.started
    this.#onClients = options.onClients
  }

  /** Connections now. */
  get clients(): ReadonlyMap<number, Client> {
    return this.#clients
  }

  /** Connections that wait for room. */
  get queued(): number {
    return this.#queue.size
  }

  /** Connections now that have not authenticated. */
  get anonymous(): number {
    return this.#anonymous
  }

  /** Whether one more connection must wait. */
  get full(): boolean {
    const { maxClients, maxAnonymousClients } = this.limits
    return this.#clients.size >= maxClients || (maxAnonymousClients > 0 && this.#anonymous >= maxAnonymousClients)
  }

  /**
   * Serves a connection as soon as there is room. Nothing is read from one that waits: it has connected, and gets no
   * answer yet, as in the backlog of a socket.
   * @returns false when too many wait already; the connection is then the caller's to end
   */
  offer(duplex: Duplex, peer: Partial<Peer> = {}): boolean {
    if (!this.full && this.#queue.size === 0) {
      this.accept(duplex, peer)
      return true
    }
    if (this.#queue.size >= this.limits.maxQueuedClients) return false
    this.#queue.set(duplex, peer)
    duplex.on('error', ignore)
    duplex.once('close', () => this.#queue.delete(duplex))
    return true
  }

  /**
   * Serves one connection.
   * @param peer what the transport knows of the other end; by default somebody local who may write
   */
  accept(duplex: Duplex, peer: Partial<Peer> = {}): Client {
    const client = new Client(
      this,
      duplex,
      { identity: {}, readOnly: false, secure: true, auth: noAuth, transport: 'unix', ...peer },
      this.#nextId++,
    )
    this.#clients.set(client.id, client)
    if (!client.authenticated) this.#anonymous++
    this.#onClients?.(this.#clients.size)
    return client
  }

  /** Opens what a client asks for, once the drivers have started. */
  async open(call: Call, name: string, flags: number): Promise<SessionSet> {
    await this.#started
    return await this.drivers.open(call, name, flags)
  }

  /** A connection has authenticated. */
  known(): void {
    this.#anonymous--
    this.#admit()
  }

  /** A connection has ended. @param anonymous whether it never authenticated */
  forget(client: Client, anonymous: boolean): void {
    this.#clients.delete(client.id)
    if (anonymous) this.#anonymous--
    this.#onClients?.(this.#clients.size)
    if (this.#clients.size === 0) this.#empty?.()
    this.#admit()
  }

  /** Ends every connection: calls under way and output on its way get until `deadline` (ms), then the rest is cut. */
  async close(deadline = 1000): Promise<void> {
    this.#closing = true
    for (const duplex of this.#queue.keys()) duplex.destroy()
    this.#queue.clear()
    if (this.#clients.size === 0) return
    const empty = new Promise<void>((resolve) => {
      this.#empty = resolve
    })
    for (const client of this.#clients.values()) client.finish()
    const timer = this.clock.after(deadline, () => {
      for (const client of this.#clients.values()) client.destroy()
    })
    await empty
    timer[Symbol.dispose]()
  }

  #admit(): void {
    while (!this.#closing && !this.full) {
      const [next] = this.#queue
      if (next === undefined) return
      const [duplex, peer] = next
      this.#queue.delete(duplex)
      duplex.off('error', ignore)
      if (!duplex.destroyed) this.accept(duplex, peer)
    }
  }
}

/** What waits has no owner yet who would want to know. */
function ignore(): void {}
