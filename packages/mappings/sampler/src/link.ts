// SPDX-License-Identifier: LGPL-2.1-or-later
// The connection to a daemon that is meant to last: opened again when it ends.
import { type Clock, type Connection, connect, type Logger } from '@virt/core'
import { Backoff, type BackoffOptions } from './backoff.js'

/** How the connection stands. */
export interface LinkStatus {
  readonly state: 'connecting' | 'connected' | 'disconnected'
  /** When it became so, in ms since the epoch. */
  readonly since: number
  /** Why, where there is a reason. */
  readonly reason: string
}

/** What the owner of a link does with it. */
export interface LinkOwner {
  /** The connection is open: reads what there is. While it runs the link counts as connecting; a failure closes it. */
  opened(conn: Connection, signal: AbortSignal): Promise<void>
  status(status: LinkStatus): void
}

/** Opens a connection; replaced in tests and for other options than the URI. */
export type Opener = (signal: AbortSignal) => Promise<Connection>

/** A connection that comes back. */
export class Link {
  connection: Connection | undefined
  status: LinkStatus
  readonly #open: Opener
  readonly #owner: LinkOwner
  readonly #clock: Clock
  readonly #log: Logger
  readonly #backoff: Backoff
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined

  constructor(open: Opener, owner: LinkOwner, clock: Clock, log: Logger, backoff: BackoffOptions) {
    this.#open = open
    this.#owner = owner
    this.#clock = clock
    this.#log = log
    this.#backoff = new Backoff(clock, backoff)
    this.status = { state: 'disconnected', since: clock.now(), reason: 'not started' }
  }

  /** Begins; does nothing when it has. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Ends for good. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.connection?.close().catch(() => {})
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      this.#say('connecting', this.status.reason)
      try {
        await this.#once(signal)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        if (this.status.reason !== reason) this.#log.warn(`no connection: ${reason}`)
        this.#say('disconnected', reason)
      }
      await this.#backoff.pause(signal)
    }
    this.#say('disconnected', 'closed')
  }

  /** One connection, from its opening to its end. */
  async #once(signal: AbortSignal): Promise<void> {
    const conn = await this.#open(signal)
    const ended = new Promise<string>((resolve) => conn.on('close', (reason) => resolve(reason)))
    try {
      this.connection = conn
      await Promise.race([
        this.#owner.opened(conn, signal),
        ended.then((reason) => Promise.reject(new Error(`the connection ended: ${reason}`))),
      ])
      this.#backoff.reset()
      this.#say('connected', '')
      this.#say('disconnected', `the connection ended: ${await ended}`)
    } finally {
      this.connection = undefined
      await conn.close().catch(() => {})
    }
  }

  #say(state: LinkStatus['state'], reason: string): void {
    if (this.status.state === state && this.status.reason === reason) return
    this.status = { state, since: this.#clock.now(), reason }
    this.#owner.status(this.status)
  }
}

/** The usual way to open a connection. */
export function openerOf(uri: string, readOnly: boolean): Opener {
  return (signal) => connect(uri, { readOnly, signal, timeout: 30_000 })
}
