// SPDX-License-Identifier: LGPL-2.1-or-later
// The agent: a sampler's model as the tables of both modules, and its events as notifications.
import { type Clock, DomainState, type Logger, silent, systemClock } from '@virt/core'
import type { Guest, Net, NumaCell, Pool, Sampler } from '@virt/sampler'
import { Actions } from './mib/actions.js'
import { guestTables } from './mib/ext-guests.js'
import { extMib } from './mib/ext-mib.js'
import { resourceTables } from './mib/ext-resources.js'
import { uuidIndex } from './mib/guest-index.js'
import { libvirtMib } from './mib/libvirt-mib.js'
import type { Module } from './mib/module.js'
import { SortedRows } from './mib/rows.js'
import { View } from './mib/view.js'
import { Notifier, type NotifierOptions } from './notifier.js'
import { Names, type Trap } from './trap.js'

/** How an agent works. */
export interface AgentOptions extends NotifierOptions {
  /** Whether SETs are taken: off by default. */
  writable?: boolean
  /** How old figures may get before a question has them read again, in ms: 5000 by default. */
  refreshMs?: number
  /** How long the answer to a SET waits for its call, in ms: 3000 by default. */
  setTimeoutMs?: number
  /** `ifIndex` of a network device of the host; 0 when it is not known. */
  ifIndex?: (device: string) => number
  log?: Logger
  clock?: Clock
}

const connections = { connected: 1, connecting: 2, disconnected: 3 } as const

/**
 * What a host's guests look like to SNMP; the AgentX subagent and the agent of its own both answer from it.
 * @since 0.1.0
 */
export class Agent {
  /** What is answered from. */
  readonly view: View
  /** The modules that it has. */
  readonly modules: readonly Module[]
  readonly #sampler: Sampler
  readonly #clock: Clock
  readonly #refreshMs: number
  readonly #guests = new SortedRows<Guest>()
  readonly #pools = new SortedRows<Pool>()
  readonly #networks = new SortedRows<Net>()
  readonly #cells = new SortedRows<NumaCell>()
  readonly #notifier: Notifier
  readonly #began: number
  /** Hundredths of seconds that the master's time is ahead of ours. */
  #ahead = 0
  #connectionChanged = 0
  #lastRefresh = 0

  constructor(sampler: Sampler, options: AgentOptions = {}) {
    const { writable = false, refreshMs = 5000, setTimeoutMs = 3000, log = silent, clock = systemClock } = options
    this.#sampler = sampler
    this.#clock = clock
    this.#refreshMs = refreshMs
    this.#began = clock.now()
    const actions = new Actions(clock, log, setTimeoutMs)
    const common = { actions, writable }
    const modules = [
      libvirtMib({ guests: this.#guests, ...common }),
      extMib(
        () => this.#facts(),
        [
          ...guestTables({ guests: this.#guests, ...common, ifIndex: options.ifIndex ?? (() => 0) }),
          ...resourceTables({ pools: this.#pools, networks: this.#networks, cells: this.#cells, ...common }),
        ],
      ),
    ]
    this.modules = modules
    this.view = new View(modules)
    this.#notifier = new Notifier(sampler, new Names(modules), clock, options)
    this.#follow(actions)
  }

  /** Hundredths of seconds since the agent began, or its master. */
  get upTime(): number {
    return (this.#ahead + Math.floor((this.#clock.now() - this.#began) / 10)) >>> 0
  }

  /** Takes over the time of the master, which the world measures by. */
  set upTime(ticks: number) {
    this.#ahead += ticks - this.upTime
  }

  /** Hands over notifications as they come, until the answer is disposed. */
  onTrap(send: (trap: Trap) => void): Disposable {
    return this.#notifier.onTrap(send)
  }

  /** Called before a question is answered: has old figures read again, and waits for that when they are very old. */
  async beforeRead(): Promise<void> {
    const age = this.#clock.now() - this.#sampler.refreshedAt
    if (age < this.#refreshMs) return
    const refresh = this.#sampler.fresh({ maxAge: this.#refreshMs, patience: 1000 })
    if (age >= 3 * this.#refreshMs) await refresh
  }

  /** Whether `beforeRead()` has nothing to do: the quick way for most questions. */
  get isFresh(): boolean {
    return this.#clock.now() - this.#sampler.refreshedAt < this.#refreshMs || this.#sampler.link.state !== 'connected'
  }

  #follow(actions: Actions): void {
    const sampler = this.#sampler
    const add = (guest: Guest): void => this.#guests.set(uuidIndex(guest.uuid), guest)
    this.#guests.replace([...sampler.guests.values()].map((row) => ({ index: uuidIndex(row.uuid), row })))
    sampler.on('guestAdded', add)
    sampler.on('guestRemoved', (guest) => {
      this.#guests.delete(uuidIndex(guest.uuid))
      actions.forget(guest.uuid)
    })
    const survey = (): void => {
      this.#pools.replace([...sampler.pools.values()].map((row) => ({ index: uuidIndex(row.uuid), row })))
      this.#networks.replace([...sampler.networks.values()].map((row) => ({ index: uuidIndex(row.uuid), row })))
      this.#cells.replace(sampler.host.cells.map((row) => ({ index: [row.id], row })))
    }
    survey()
    sampler.on('surveyed', survey)
    sampler.on('refreshed', () => {
      this.#lastRefresh = this.upTime
    })
    sampler.on('link', () => {
      this.#connectionChanged = this.upTime
    })
  }

  #facts(): Parameters<typeof extMib>[0] extends () => infer F ? F : never {
    const { guests, host, link, events } = this.#sampler
    let active = 0
    for (const { state } of guests.values())
      if (state !== DomainState.SHUTOFF && state !== DomainState.CRASHED) active++
    return {
      host,
      active,
      inactive: guests.size - active,
      connection: connections[link.state],
      connectionChanged: this.#connectionChanged,
      lastRefresh: this.#lastRefresh,
      events,
      dropped: this.#notifier.dropped,
    }
  }
}
