// SPDX-License-Identifier: LGPL-2.1-or-later
// The hub through which a driver tells its connections what has happened.
import type { AclObject } from './acl.gen.js'
import { ErrorDomain, ErrorNumber } from './error-table.gen.js'
import { virtError } from './errors.js'
import { type EventFamily, type EventPayloads, eventIds } from './spi.gen.js'
import type { Answer, Call, DriverEvent, EventSource, EventSubscription } from './spi.js'

const aclOf: Record<EventFamily, AclObject> = {
  domain: 'domain',
  network: 'network',
  storagePool: 'storage_pool',
  nodeDevice: 'node_device',
  secret: 'secret',
  connection: 'connect',
  qemuMonitor: 'domain',
}

/** What the error about an unknown event calls its kind. */
const kinds: Partial<Record<EventFamily, string>> = {
  network: 'network ',
  storagePool: 'storage pool ',
  nodeDevice: 'node device ',
  secret: 'secret ',
}

type Payload = Record<string, unknown>
interface Subscriber {
  readonly callbackId: number
  readonly family: EventFamily
  readonly id: number
  readonly object: { name?: string; uuid?: string } | undefined
  readonly call: Call | undefined
  readonly monitorEvent: ((name: string) => boolean) | undefined
  readonly deliver: (event: DriverEvent) => void
  readonly overrun: (() => void) | undefined
  /** Verdicts still awaited; later events wait behind them, so order holds. */
  tail: Promise<void> | undefined
  waiting: number
}

/** Events one subscriber may have waiting for a verdict before it is cut off. */
const maxWaiting = 4096

/**
 * Callback ids, filters and order for the events of one driver. Events are delivered after the current tick's
 * synchronous work, so the reply of the call that caused one goes out first.
 * @since 0.1.0
 */
export class EventHub implements EventSource {
  readonly #monitor: boolean
  #nextId = 0
  readonly #subscribers = new Map<number, Subscriber>()
  readonly #byKey = new Map<string, Set<Subscriber>>()
  #queue: DriverEvent[] = []
  #scheduled = false

  /** @param options `monitor`: whether it tells of events of QEMU's monitor, too */
  constructor(options: { readonly monitor?: boolean } = {}) {
    this.#monitor = options.monitor === true
  }

  /** Starts delivering; see `EventSource`. */
  subscribe<F extends EventFamily>(
    call: Call | undefined,
    family: F,
    id: number,
    object: { name?: string; uuid?: string } | undefined,
    deliver: (event: DriverEvent<F>) => void,
    options: { event?: string | undefined; flags?: number; overrun?: (() => void) | undefined } = {},
  ): EventSubscription {
    if (!Object.values(eventIds[family] ?? {}).includes(id))
      throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.RPC, `unsupported ${kinds[family] ?? ''}event ID ${id}`)
    if (family === 'qemuMonitor' && !this.#monitor)
      throw virtError(ErrorNumber.NO_SUPPORT, ErrorDomain.NONE, 'virConnectDomainQemuMonitorEventRegister')
    const subscriber: Subscriber = {
      callbackId: this.#nextId++,
      family,
      id,
      object,
      call,
      monitorEvent: monitorFilter(options),
      deliver: deliver as unknown as (event: DriverEvent) => void,
      overrun: options.overrun,
      tail: undefined,
      waiting: 0,
    }
    this.#subscribers.set(subscriber.callbackId, subscriber)
    const key = `${family}:${id}`
    const set = this.#byKey.get(key) ?? new Set()
    this.#byKey.set(key, set.add(subscriber))
    return {
      callbackId: subscriber.callbackId,
      end: () => {
        this.#subscribers.delete(subscriber.callbackId)
        set.delete(subscriber)
      },
    }
  }

  /** Whether anybody has ever listened. */
  get used(): boolean {
    return this.#nextId > 0
  }

  /** Whether anybody listens; drivers may skip costly payloads. */
  has(family: EventFamily, id: number): boolean {
    return (this.#byKey.get(`${family}:${id}`)?.size ?? 0) > 0
  }

  /**
   * Tells of a change that has been made. The payload is frozen.
   * @param key name of the event in its family, as in `eventIds`
   */
  emit<F extends EventFamily, K extends keyof EventPayloads[F] & string>(
    family: F,
    key: K,
    payload: EventPayloads[F][K],
  ): void {
    const id = eventIds[family][key]
    if (!this.has(family, id)) return
    this.#queue.push({ family, id, payload: Object.freeze(payload as object) })
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.flush())
  }

  /** Delivers what is waiting, now. */
  flush(): void {
    this.#scheduled = false
    const events = this.#queue
    this.#queue = []
    for (const event of events) {
      for (const s of [...(this.#byKey.get(`${event.family}:${event.id}`) ?? [])])
        if (concerns(s, event)) this.#offer(s, event)
    }
  }

  #offer(s: Subscriber, event: DriverEvent): void {
    const check = s.call?.check
    if (check === undefined && s.tail === undefined) {
      s.deliver(event)
      return
    }
    if (s.waiting >= maxWaiting) {
      this.#subscribers.delete(s.callbackId)
      this.#byKey.get(`${s.family}:${s.id}`)?.delete(s)
      s.overrun?.()
      return
    }
    const ask = (): Answer<void> => check?.(aclOf[event.family], subjectOf(event), 'getattr', true)
    const pass = (): void => {
      if (this.#subscribers.has(s.callbackId)) s.deliver(event)
    }
    if (s.tail === undefined) {
      try {
        const verdict = ask()
        if (verdict === undefined) {
          s.deliver(event)
          return
        }
        s.tail = verdict.then(pass, () => {})
      } catch {
        return
      }
    } else s.tail = s.tail.then(async () => await ask()).then(pass, () => {})
    s.waiting++
    const mine = s.tail
    void mine.finally(() => {
      s.waiting--
      if (s.tail === mine) s.tail = undefined
    })
  }
}

/** The object that an event is about. */
export function subjectOf(event: DriverEvent): { name?: string; uuid?: string } | undefined {
  const payload = event.payload as unknown as Payload
  const subject = payload.dom ?? payload.net ?? payload.pool ?? payload.dev ?? payload.secret
  return subject as { name?: string; uuid?: string } | undefined
}

function concerns(s: Subscriber, event: DriverEvent): boolean {
  if (s.monitorEvent !== undefined && !s.monitorEvent(String((event.payload as unknown as Payload).event))) return false
  if (s.object === undefined) return true
  const subject = subjectOf(event)
  return s.object.uuid === undefined ? subject?.name === s.object.name : subject?.uuid === s.object.uuid
}

/** `virConnectDomainQemuMonitorEventRegister` flags: 1 regular expression, 2 ignore case. */
function monitorFilter(options: {
  event?: string | undefined
  flags?: number
}): ((name: string) => boolean) | undefined {
  const { event, flags = 0 } = options
  if (event === undefined) return undefined
  if (flags & 1) {
    const re = new RegExp(event, flags & 2 ? 'i' : '')
    return (name) => re.test(name)
  }
  return flags & 2 ? (name) => name.toLowerCase() === event.toLowerCase() : (name) => name === event
}
