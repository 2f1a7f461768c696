// SPDX-License-Identifier: LGPL-2.1-or-later
// The events of a host as notifications.
import {
  type Clock,
  ConnectDomainEventAgentLifecycleState,
  DomainEventCrashedDetailType,
  DomainEventDefinedDetailType,
  DomainEventIOErrorAction,
  DomainEventPMSuspendedDetailType,
  DomainEventResumedDetailType,
  DomainEventShutdownDetailType,
  DomainEventStartedDetailType,
  DomainEventStoppedDetailType,
  DomainEventSuspendedDetailType,
  DomainEventType,
  DomainEventUndefinedDetailType,
  DomainEventWatchdogAction,
  type DomainLifecycle,
  enumValue,
  NetworkEventLifecycleType,
  StoragePoolEventLifecycleType,
} from '@virt/core'
import type { Guest, GuestNotice, Pool, Sampler } from '@virt/sampler'
import { uuidIndex, uuidValue } from './mib/guest-index.js'
import { libvirtState, notifiedRowStatus } from './mib/libvirt-mib.js'
import { RateLimit } from './rate.js'
import type { Names, Trap } from './trap.js'
import type { Oid } from './wire/oid.js'
import { counter64, integer, text } from './wire/value.js'

/** How notifications are made. */
export interface NotifierOptions {
  /** Most notifications a second: 50 by default. */
  notifyRate?: number
  /** Share of a pool, in percent, below which its free space is called low: 10 by default. */
  lowSpacePercent?: number
  /** Ways of libvirt-snmp that are kept on wish. */
  compat?: {
    /** `zero`: the variables of its notification end in `.0`, and so name no row. */
    notifyInstance?: 'zero'
  }
}

const details: readonly object[] = [
  DomainEventDefinedDetailType,
  DomainEventUndefinedDetailType,
  DomainEventStartedDetailType,
  DomainEventSuspendedDetailType,
  DomainEventResumedDetailType,
  DomainEventStoppedDetailType,
  DomainEventShutdownDetailType,
  DomainEventPMSuspendedDetailType,
  DomainEventCrashedDetailType,
]

/** The number behind a string of an event; 0 for those that this release does not know. */
function numberOf(type: object, value: string): number {
  try {
    return enumValue(type, value)
  } catch {
    return 0
  }
}

/** Makes notifications of a sampler's events, so many a second. */
export class Notifier {
  /** Those that were too many. */
  dropped = 0
  readonly #names: Names
  readonly #limit: RateLimit
  readonly #zero: boolean
  readonly #lowShare: bigint
  readonly #low = new Set<string>()
  readonly #senders = new Set<(trap: Trap) => void>()

  constructor(sampler: Sampler, names: Names, clock: Clock, options: NotifierOptions) {
    const { notifyRate = 50, lowSpacePercent = 10, compat } = options
    this.#names = names
    this.#limit = new RateLimit(notifyRate, () => clock.now())
    this.#zero = compat?.notifyInstance === 'zero'
    this.#lowShare = BigInt(Math.round(lowSpacePercent))
    sampler.on('guest', (guest, event) => this.#guestChanged(guest, event))
    sampler.on('notice', (notice) => this.#noticed(notice))
    sampler.on('pool', (pool, { type }) =>
      this.#send(
        'virtPoolEvent',
        [text(pool.name), integer(pool.state), integer(numberOf(StoragePoolEventLifecycleType, type))],
        uuidIndex(pool.uuid),
      ),
    )
    sampler.on('network', (net, { type }) =>
      this.#send(
        'virtNetEvent',
        [text(net.name), integer(numberOf(NetworkEventLifecycleType, type))],
        uuidIndex(net.uuid),
      ),
    )
    sampler.on('link', ({ state, reason }) => {
      if (state !== 'connecting')
        this.#send('virtAgentConnChange', [integer(state === 'connected' ? 1 : 3), text(reason)], [])
    })
    sampler.on('surveyed', () => this.#lookAtSpace(sampler.pools.values()))
  }

  /** Adds somebody who sends them. */
  onTrap(send: (trap: Trap) => void): Disposable {
    this.#senders.add(send)
    return { [Symbol.dispose]: () => void this.#senders.delete(send) }
  }

  #send(
    name: string,
    values: Parameters<Names['trap']>[1],
    instance: Oid,
    others?: Readonly<Record<string, Oid>>,
  ): void {
    if (this.#senders.size === 0) return
    if (!this.#limit.take()) {
      this.dropped++
      return
    }
    const trap = this.#names.trap(name, values, instance, others)
    for (const send of this.#senders) send(trap)
  }

  #guestChanged(guest: Guest, event: DomainLifecycle): void {
    const index = uuidIndex(guest.uuid)
    const status = notifiedRowStatus(guest.state)
    const old = [text(guest.name), uuidValue(guest.uuid), integer(libvirtState(guest.state)), integer(status)]
    this.#send('libvirtGuestNotif', old, this.#zero ? [0] : index)
    const type = numberOf(DomainEventType, event.type)
    const detail = numberOf(details[type] ?? {}, event.detail)
    this.#send(
      'virtGuestEvent',
      [text(guest.name), integer(guest.state), integer(guest.reason), integer(type), integer(detail)],
      index,
    )
  }

  #noticed(notice: GuestNotice): void {
    const { guest } = notice
    const index = uuidIndex(guest.uuid)
    const name = text(guest.name)
    /** The row of the disk that a device's name or path speaks of. */
    const disk = (dev: string, path?: string): { target: string; index: Oid } => {
      const found = guest.disks.find(({ target, source }) => target === dev || (path !== undefined && source === path))
      return { target: found?.target ?? dev, index: [...index, found?.number ?? 0] }
    }
    switch (notice.name) {
      case 'ioErrorReason': {
        const { srcPath, devAlias, action, reason } = notice.event
        const { target, index: row } = disk(devAlias, srcPath)
        const values = [name, text(target), integer(numberOf(DomainEventIOErrorAction, action)), text(reason)]
        return this.#send('virtGuestIoError', values, index, { virtDiskTarget: row })
      }
      case 'watchdog':
        return this.#send(
          'virtGuestWatchdog',
          [name, integer(numberOf(DomainEventWatchdogAction, notice.event.action))],
          index,
        )
      case 'blockThreshold': {
        const { target, index: row } = disk(notice.event.dev.replace(/\[.*$/, ''), notice.event.path)
        const values = [name, text(target), counter64(notice.event.threshold)]
        return this.#send('virtGuestBlockThreshold', values, index, { virtDiskTarget: row })
      }
      case 'agentLifecycle': {
        const state = numberOf(ConnectDomainEventAgentLifecycleState, notice.event.state)
        return this.#send('virtGuestAgentChange', [name, integer(state)], index)
      }
      default: {
        const codes = { deviceAdded: 1, deviceRemoved: 2, deviceRemovalFailed: 3 }
        const values = [name, integer(codes[notice.name]), text(notice.event.devAlias)]
        return this.#send('virtGuestDeviceChange', values, index)
      }
    }
  }

  /** Once for each time that a pool's free space falls below the share. */
  #lookAtSpace(pools: Iterable<Pool>): void {
    for (const { uuid, name, capacity, available } of pools) {
      const low = capacity > 0n && available * 100n < capacity * this.#lowShare
      if (low && !this.#low.has(uuid))
        this.#send('virtPoolLowSpace', [text(name), counter64(available), counter64(capacity)], uuidIndex(uuid))
      if (low) this.#low.add(uuid)
      else this.#low.delete(uuid)
    }
  }
}
