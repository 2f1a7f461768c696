// SPDX-License-Identifier: LGPL-2.1-or-later
// A server: drivers below, connections above. It is given duplexes and identities; sockets are the daemon's matter.
import type { Duplex } from 'node:stream'
import { type Call, type Clock, type DriverSet, type Logger, type SessionSet, silent, systemClock } from '@virt/core'
import type { AccessDriver } from './access.js'
import { noAuth } from './auth.js'
import { Budget } from './budget.js'
import { Client } from './client.js'
import { type Arrival, Entrance } from './entrance.js'
import { defaultLimits, type Limits } from './limits.js'
import type { Peer } from './peer.js'
import { type ProgramTable, programTable } from './table.js'
import { type WorkerLimits, type Workers, workersOf } from './workers.js'

export interface ServerOptions {
  /** What virt-admin calls it; `libvirtd` when absent. */
  readonly name?: string
  readonly drivers: DriverSet
  /** What it serves; absent: libvirt's API. */
  readonly programs?: ProgramTable
  /** Figures for those who look; see `WorkerLimits`. */
  readonly workers?: Partial<WorkerLimits>
  /** Reads keys and certificates again, where there are any. */
  readonly reloadTls?: (() => Promise<void>) | undefined
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
  readonly name: string
  readonly drivers: DriverSet
  readonly programs: ProgramTable
  /** Figures for those who look: there are no threads. */
  workers: Workers
  reloadTls: (() => Promise<void>) | undefined
  readonly log: Logger
  readonly clock: Clock
  readonly access: AccessDriver | undefined
  limits: Limits
  /** Bytes of all clients that wait to be sent, and of packets that have not come whole. */
  readonly held: Budget<Client>
  readonly #clients = new Map<number, Client>()
  readonly #started: Promise<void> | undefined
  readonly #onClients: ((count: number) => void) | undefined
  readonly #entrance = new Entrance(this)
  /** Connections that have not authenticated, and how many of them each source has. */
  readonly #unknown = new Set<Client>()
  readonly #sources = new Map<string, number>()
  #nextId = 1
  #empty: (() => void) | undefined

  constructor(options: ServerOptions) {
    this.name = options.name ?? 'libvirtd'
    this.drivers = options.drivers
    this.programs = options.programs ?? programTable
    this.workers = workersOf({ min: 5, max: 20, priority: 5, ...options.workers })
    this.reloadTls = options.reloadTls
    this.log = options.log ?? silent
    this.clock = options.clock ?? systemClock
    this.access = options.access
    this.limits = { ...defaultLimits, ...options.limits }
    this.held = new Budget(this.limits.maxHeld, (client, bytes) =>
      client.broken(new Error(`too much waits for all clients; ${bytes} bytes of it for this one`)),
    )
    this.#started = options.started
    this.#onClients = options.onClients
  }

  /** Connections now. */
  get clients(): ReadonlyMap<number, Client> {
    return this.#clients
  }

  /** How many connections there are. */
  get size(): number {
    return this.#clients.size
  }

  /** Connections that wait for room. */
  get queued(): number {
    return this.#entrance.waiting
  }

  /** Connections now that have not authenticated. */
  get anonymous(): number {
    return this.#unknown.size
  }

  /** The same of one source. */
  anonymousFrom(source: string): number {
    return this.#sources.get(source) ?? 0
  }

  /**
   * Makes a connection of somebody who has come to a listener, as soon as there is room. Nothing is read from one that
   * waits: it has connected, and gets no answer yet, as in the backlog of a socket.
   * @returns false when too many wait already; the connection is then the caller's to end
   */
  arrive(arrival: Arrival): boolean {
    return this.#entrance.arrive(arrival)
  }

  /** Serves a connection that needs no handshake as soon as there is room. @returns as `arrive` */
  offer(duplex: Duplex, peer: Partial<Peer> = {}): boolean {
    const { source = 'nowhere', auth = noAuth } = peer
    return this.arrive({ duplex, source, anonymous: !auth.done, prepare: () => ({ duplex, peer }) })
  }

  /**
   * Serves one connection.
   * @param peer what the transport knows of the other end; by default somebody local who may write
   */
  accept(duplex: Duplex, peer: Partial<Peer> = {}): Client {
    const client = new Client(
      this,
      duplex,
      {
        identity: {},
        readOnly: false,
        secure: true,
        auth: noAuth,
        transport: 'unix',
        source: 'nowhere',
        separate: false,
        ...peer,
      },
      this.#nextId++,
    )
    this.#clients.set(client.id, client)
    if (!client.authenticated) {
      this.#unknown.add(client)
      this.#countSource(client, 1)
    }
    this.#onClients?.(this.#clients.size)
    return client
  }

  /** Opens what a client asks for, once the drivers have started. */
  async open(call: Call, name: string, flags: number): Promise<SessionSet> {
    await this.#started
    return await this.drivers.open(call, name, flags)
  }

  /** A connection has authenticated. */
  known(client: Client): void {
    if (!this.#unknown.delete(client)) return
    this.#countSource(client, -1)
    this.#entrance.next()
  }

  /** A connection has ended. */
  forget(client: Client): void {
    this.#clients.delete(client.id)
    this.known(client)
    this.#onClients?.(this.#clients.size)
    if (this.#clients.size === 0) this.#empty?.()
    this.#entrance.next()
  }

  /** Ends every connection: calls under way and output on its way get until `deadline` (ms), then the rest is cut. */
  async close(deadline = 1000): Promise<void> {
    this.#entrance.close()
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

  #countSource({ peer }: Client, by: 1 | -1): void {
    const count = this.anonymousFrom(peer.source) + by
    if (count === 0) this.#sources.delete(peer.source)
    else this.#sources.set(peer.source, count)
  }
}
