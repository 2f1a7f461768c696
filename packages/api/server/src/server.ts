// SPDX-License-Identifier: LGPL-2.1-or-later
// A server: drivers below, connections above. It is given duplexes and identities; sockets are the daemon's matter.
import type { Duplex } from 'node:stream'
import {
  type AclObject,
  type AclSubject,
  type Answer,
  type Call,
  type Clock,
  type DriverSet,
  type Logger,
  type SessionSet,
  silent,
  systemClock,
} from '@virt/core'
import { noAuth } from './auth.js'
import { Client, type Peer } from './client.js'
import { defaultLimits, type Limits } from './limits.js'

/** Asks whether the one behind a connection may do something; makes the check of one connection. */
export type AccessDriver = (client: Client) => (object: AclObject, subject: AclSubject, perm: string) => Answer<void>

export interface ServerOptions {
  readonly drivers: DriverSet
  readonly limits?: Partial<Limits>
  readonly log?: Logger
  readonly clock?: Clock
  /** Absent: nothing is checked. */
  readonly access?: AccessDriver
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

  /** Whether one more connection may be accepted. */
  get full(): boolean {
    if (this.#clients.size >= this.limits.maxClients) return true
    let anonymous = 0
    for (const c of this.#clients.values()) if (!c.authenticated) anonymous++
    return this.limits.maxAnonymousClients > 0 && anonymous >= this.limits.maxAnonymousClients
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
    this.#onClients?.(this.#clients.size)
    return client
  }

  /** Opens what a client asks for, once the drivers have started. */
  async open(call: Call, name: string, flags: number): Promise<SessionSet> {
    await this.#started
    return await this.drivers.open(call, name, flags)
  }

  /** A connection has ended. */
  forget(client: Client): void {
    this.#clients.delete(client.id)
    this.#onClients?.(this.#clients.size)
    if (this.#clients.size === 0) this.#empty?.()
  }

  /** Ends every connection: output on its way gets until `deadline` (ms), then the rest is cut. */
  async close(deadline = 1000): Promise<void> {
    if (this.#clients.size === 0) return
    const empty = new Promise<void>((resolve) => {
      this.#empty = resolve
    })
    for (const client of this.#clients.values()) client.closeAfterOutput()
    const timer = setTimeout(() => {
      for (const client of this.#clients.values()) client.destroy()
    }, deadline)
    await empty
    clearTimeout(timer)
  }
}
