// SPDX-License-Identifier: LGPL-2.1-or-later
// The live model: a link, guests, resources and the host, refreshed on demand.
import { EventEmitter } from 'node:events'
import {
  type Clock,
  type Connection,
  type DomainLifecycle,
  type DriverEvents,
  type Logger,
  silent,
  systemClock,
} from '@virt/core'
import { pause } from './backoff.js'
import type { Guest } from './guest.js'
import { Guests } from './guests.js'
import { type HostFacts, noHost, readHost } from './host.js'
import { Link, type LinkStatus, type Opener, openerOf } from './link.js'
import { type Net, type Pool, readResources } from './resources.js'

/** How a sampler works. */
export interface SamplerOptions {
  /** Where to connect; the default connection without it. */
  uri?: string
  /** Opens a connection without the right to change anything. */
  readOnly?: boolean
  /** Opens the connection, instead of `uri` and `readOnly`. */
  open?: Opener
  /** Longest wait for one answer of the daemon, in ms: 10,000 by default. */
  timeout?: number
  /** How old what changes slowly may get (pools, networks, snapshots, the host), in ms: 30,000 by default. */
  slowAge?: number
  /** Longest pause between attempts to connect, in ms: 30,000 by default, 1,000 where the daemon is on this host. */
  maxDelay?: number
  log?: Logger
  clock?: Clock
}

/** An event of a guest that changes nothing in the model, and its arguments. */
export type GuestNotice = {
  [K in NoticeName]: { readonly name: K; readonly guest: Guest; readonly event: DriverEvents[K][1] }
}[NoticeName]
/** Events that are passed on. */
type NoticeName =
  | 'ioErrorReason'
  | 'watchdog'
  | 'blockThreshold'
  | 'deviceAdded'
  | 'deviceRemoved'
  | 'deviceRemovalFailed'
  | 'agentLifecycle'
const notices: readonly NoticeName[] = [
  'ioErrorReason',
  'watchdog',
  'blockThreshold',
  'deviceAdded',
  'deviceRemoved',
  'deviceRemovalFailed',
  'agentLifecycle',
]
/** Those after which the guest's document says something else. */
const changesDocument: ReadonlySet<NoticeName> = new Set(['deviceAdded', 'deviceRemoved'])

/** What a sampler tells of, and the arguments of its listeners. */
export interface SamplerEvents {
  /** The connection came or went. */
  link: [status: LinkStatus]
  guestAdded: [guest: Guest]
  guestRemoved: [guest: Guest]
  /** A guest's state has changed; the model has it already. */
  guest: [guest: Guest, event: DomainLifecycle]
  notice: [notice: GuestNotice]
  pool: [pool: Pool, event: DriverEvents['storagePoolLifecycle'][1]]
  network: [network: Net, event: DriverEvents['networkLifecycle'][1]]
  /** Figures were read. */
  refreshed: []
  /** What changes slowly was read. */
  surveyed: []
}

/**
 * A live model of a host and its guests.
 * @since 0.1.0
 */
export class Sampler extends EventEmitter<SamplerEvents> implements AsyncDisposable {
  readonly pools: Map<string, Pool> = new Map()
  readonly networks: Map<string, Net> = new Map()
  host: HostFacts = noHost
  /** When figures were last read, in ms since the epoch; 0 before. */
  refreshedAt = 0
  /** Events that have come from the daemon. */
  events = 0
  readonly #guests: Guests
  readonly #link: Link
  readonly #clock: Clock
  readonly #timeout: number
  readonly #slowAge: number
  #surveyedAt = 0
  #refreshing: Promise<void> | undefined
  #surveying: Promise<void> | undefined

  constructor(options: SamplerOptions = {}) {
    super()
    const {
      uri = '',
      readOnly = false,
      timeout = 10_000,
      slowAge = 30_000,
      log = silent,
      clock = systemClock,
    } = options
    this.#clock = clock
    this.#timeout = timeout
    this.#slowAge = slowAge
    const listener = {
      added: (guest: Guest): void => void this.emit('guestAdded', guest),
      removed: (guest: Guest): void => void this.emit('guestRemoved', guest),
      changed: (guest: Guest, event: DomainLifecycle): void => void this.emit('guest', guest, event),
    }
    this.#guests = new Guests(listener, log, clock, timeout)
    const owner = {
      opened: (conn: Connection): Promise<void> => this.#opened(conn),
      status: (status: LinkStatus): void => void this.emit('link', status),
    }
    // A daemon of this host is looked for often: to ask costs nothing, and its return is waited for.
    const maxDelay = options.maxDelay ?? (/^[^:]*:\/\/[^/]/.test(uri) ? 30_000 : 1000)
    this.#link = new Link(options.open ?? openerOf(uri, readOnly), owner, clock, log, { maxDelay })
  }

  /** Guests by UUID. */
  get guests(): ReadonlyMap<string, Guest> {
    return this.#guests.all
  }

  /** How the connection stands. */
  get link(): LinkStatus {
    return this.#link.status
  }

  /** Begins to connect. */
  start(): void {
    this.#link.start()
  }

  /**
   * Sees to it that figures are not older than `maxAge` ms, as far as the daemon lets it: resolves, and never rejects, when they
   * are, when a refresh has failed, or after `patience` ms (without end by default).
   */
  async fresh(options: { maxAge: number; patience?: number; signal?: AbortSignal }): Promise<void> {
    if (this.#clock.now() - this.refreshedAt < options.maxAge || this.link.state !== 'connected') return
    const refresh = this.#refresh()
    if (options.patience === undefined) return await refresh
    const waited = new AbortController()
    await Promise.race([refresh, pause(this.#clock, options.patience, waited.signal)])
    waited.abort()
  }

  /** Reads what changes slowly, now. Never rejects. */
  survey(): Promise<void> {
    const conn = this.#link.connection
    if (conn === undefined) return Promise.resolve()
    this.#surveying ??= this.#survey(conn).finally(() => {
      this.#surveying = undefined
    })
    return this.#surveying
  }

  /** Ends it all. */
  async close(): Promise<void> {
    await this.#link.close()
    this.removeAllListeners()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #refresh(): Promise<void> {
    const conn = this.#link.connection
    if (conn === undefined) return Promise.resolve()
    this.#refreshing ??= this.#readFigures(conn)
      .catch(() => {})
      .finally(() => {
        this.#refreshing = undefined
      })
    return this.#refreshing
  }

  async #readFigures(conn: Connection): Promise<void> {
    await this.#guests.readFigures(conn)
    this.refreshedAt = this.#clock.now()
    this.emit('refreshed')
    if (this.#clock.now() - this.#surveyedAt >= this.#slowAge) void this.survey()
  }

  async #survey(conn: Connection): Promise<void> {
    try {
      this.host = await readHost(conn, this.host, this.#timeout)
      await readResources(conn, this.pools, this.networks, this.#timeout)
      await this.#guests.readDevices()
      await this.#guests.readJobs(true)
      await this.#guests.readAllSnapshots(conn)
      this.#surveyedAt = this.#clock.now()
      this.emit('surveyed')
    } catch {
      // The connection has ended in between; the next one begins with a survey.
    }
  }

  /** Subscribes, then reads: what happens in between waits and is laid over what was read. */
  async #opened(conn: Connection): Promise<void> {
    let waiting: (() => void)[] | undefined = []
    const apply = (work: () => void): void => {
      this.events++
      if (waiting !== undefined) waiting.push(work)
      else work()
    }
    conn.on('error', () => {})
    conn.on('lifecycle', (domain, event) =>
      apply(() => {
        this.#guests.apply(domain, event)
        void this.#guests.readDefinitions(conn)
      }),
    )
    for (const name of notices)
      conn.on(name, (domain, event) =>
        apply(() => {
          const guest = this.#guests.all.get(domain.uuid)
          if (guest === undefined) return
          if (changesDocument.has(name)) {
            this.#guests.readAgain(guest)
            void this.#guests.readDefinitions(conn)
          }
          this.emit('notice', { name, guest, event } as GuestNotice)
        }),
      )
    conn.on('storagePoolLifecycle', (pool, event) => apply(() => void this.#poolChanged(pool.uuid, event)))
    conn.on('networkLifecycle', (network, event) => apply(() => void this.#networkChanged(network.uuid, event)))
    await conn.subscribed('lifecycle')
    await this.#guests.take(await conn.domains.all({ timeout: this.#timeout }))
    for (const work of waiting) work()
    waiting = undefined
    this.refreshedAt = 0
    this.host = noHost
    await this.#refresh()
    void this.#guests.readDefinitions(conn)
    void this.survey()
  }

  async #poolChanged(uuid: string, event: DriverEvents['storagePoolLifecycle'][1]): Promise<void> {
    const before = this.pools.get(uuid)
    await this.survey()
    const pool = this.pools.get(uuid) ?? before
    if (pool !== undefined) this.emit('pool', pool, event)
  }

  async #networkChanged(uuid: string, event: DriverEvents['networkLifecycle'][1]): Promise<void> {
    const before = this.networks.get(uuid)
    await this.survey()
    const network = this.networks.get(uuid) ?? before
    if (network !== undefined) this.emit('network', network, event)
  }
}
