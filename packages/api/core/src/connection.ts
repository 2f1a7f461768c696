// SPDX-License-Identifier: LGPL-2.1-or-later
// A connection: the sessions of one URI, and everything that hangs off them.
import { EventEmitter } from 'node:events'
import { ConnectionMethods, flagBits } from './api.gen.js'
import { type DriverEvents, driverEvents } from './api-events.gen.js'
import { type LocalConnection, localCall } from './call.js'
import { documentText } from './documents.js'
import { Domain } from './domain.js'
import type { SessionSet } from './drivers.js'
import { DomainStatsTypes } from './enums.gen.js'
import { VirtError } from './errors.js'
import { type EventBuffer, eventBuffer } from './event-buffer.js'
import * as gate from './gate.gen.js'
import type { HandleTypes, RefTypes } from './handle.js'
import {
  Domains,
  Host,
  Interfaces,
  Networks,
  NodeDevices,
  NWFilterBindings,
  NWFilters,
  Secrets,
  StoragePools,
  Volumes,
} from './managers.js'
import {
  DomainCheckpoint,
  DomainSnapshot,
  Interface,
  Network,
  NetworkPort,
  NodeDevice,
  NWFilter,
  NWFilterBinding,
  Secret,
  StoragePool,
  StorageVolume,
} from './objects.js'
import {
  type BitNames,
  bitsOf,
  type CallOptions,
  type FlagOptions,
  flagsOf,
  type PlainParams,
  toPlain,
} from './plain.js'
import { RawCalls } from './raw.js'
import { slots } from './spi.gen.js'
import type { Answer, ByteStream, Call, EventSubscription, Session, SlotInfo } from './spi.js'
import { VirtStream } from './stream.js'
import { type TimeLimit, timeLimit } from './time-limit.js'

/** Why a connection ended: `virConnectCloseReason`. */
export type CloseReason = 'error' | 'eof' | 'keepalive' | 'client'

/** Events of a connection and the arguments of their listeners. */
export interface ConnectionEvents extends DriverEvents {
  /** The connection has ended. */
  close: [reason: CloseReason]
  /** A reconnecting connection is back: what happened meanwhile is not known. */
  resync: []
  /** A subscription failed. */
  error: [error: Error]
}
type DriverEventName = keyof DriverEvents

const classes: { [K in keyof HandleTypes]: new (connection: Connection, ref: RefTypes[K]) => HandleTypes[K] } = {
  Domain,
  DomainSnapshot,
  DomainCheckpoint,
  Network,
  NetworkPort,
  StoragePool,
  StorageVolume,
  Interface,
  NodeDevice,
  Secret,
  NWFilter,
  NWFilterBinding,
}
const familyOfEvent = {
  domain: 'hypervisor',
  qemuMonitor: 'hypervisor',
  connection: 'hypervisor',
  network: 'network',
  storagePool: 'storage',
  nodeDevice: 'nodeDevice',
  secret: 'secret',
} as const

/**
 * An open connection; made by `connect()`.
 * @since 0.1.0, `virConnect`
 */
export class Connection extends ConnectionMethods implements AsyncDisposable {
  readonly domains: Domains = new Domains(this)
  readonly networks: Networks = new Networks(this)
  readonly pools: StoragePools = new StoragePools(this)
  readonly volumes: Volumes = new Volumes(this)
  readonly interfaces: Interfaces = new Interfaces(this)
  readonly nodeDevices: NodeDevices = new NodeDevices(this)
  readonly secrets: Secrets = new Secrets(this)
  readonly nwfilters: NWFilters = new NWFilters(this)
  readonly nwfilterBindings: NWFilterBindings = new NWFilterBindings(this)
  readonly host: Host = new Host(this)
  /** Procedures of the protocol by name, for what has no method yet. */
  readonly raw: RawCalls = new RawCalls(this)
  readonly readOnly: boolean

  readonly #set: SessionSet
  readonly #local: LocalConnection
  readonly #emitter = new EventEmitter()
  readonly #subscriptions = new Map<DriverEventName, Promise<EventSubscription>>()
  readonly #streams = new Set<VirtStream>()
  readonly #pending = new Set<(error: Error) => void>()
  #state: 'open' | 'closing' | 'closed' = 'open'

  readonly #again: (() => Promise<Connection>) | undefined

  constructor(set: SessionSet, local: LocalConnection, again?: () => Promise<Connection>) {
    super()
    this.#set = set
    this.#again = again
    this.#local = local
    this.readOnly = local.readOnly
    set.sessions.hypervisor.onLost?.((reason, error) => this.#end(reason, error))
    set.sessions.hypervisor.onResync?.(() => this.#emitter.emit('resync'))
  }

  /** The URI this connection was opened with. `virConnectGetURI` */
  get uri(): string {
    return this.#set.uri
  }

  /** The sessions behind this connection, for those who need the SPI itself. */
  get sessions(): SessionSet['sessions'] {
    return this.#set.sessions
  }

  /** Whether calls can still succeed, as far as this side knows. `virConnectIsAlive` */
  get isAlive(): boolean {
    return this.#state === 'open'
  }

  /**
   * Opens another connection the way this one was opened: same URI, same options.
   * @throws VirtError as `connect`; `operation-invalid` for a connection that was not opened by it
   */
  async reopen(): Promise<Connection> {
    if (this.#again === undefined)
      throw new VirtError(`the connection to ${this.uri} cannot be opened again`, { code: 'operation-invalid' })
    return await this.#again()
  }

  /** Whether nobody on the way can listen. `virConnectIsSecure` */
  async isSecure(): Promise<boolean> {
    return (await this.#set.sessions.hypervisor.isSecure?.()) ?? true
  }

  /** Whether the way to the hypervisor is encrypted. `virConnectIsEncrypted` */
  async isEncrypted(): Promise<boolean> {
    return (await this.#set.sessions.hypervisor.isEncrypted?.()) ?? false
  }

  invoke<T>(slot: SlotInfo, options: CallOptions, run: (session: Session, call: Call) => Answer<T>): Promise<T> {
    return this.limited(slot.publicName, options, (signal) =>
      run(this.#set.sessions[slot.family], localCall(this.#local, slot, signal)),
    )
  }

  /**
   * Awaits something for as long as the connection lives and the options allow.
   * @param op name for errors
   * @throws VirtError `connection-closed`, `connection-lost`, `timeout`, `aborted`, and what `run` throws
   */
  limited<T>(op: string, options: CallOptions, run: (signal: AbortSignal | undefined) => Answer<T>): Promise<T> {
    if (this.#state !== 'open')
      return Promise.reject(
        new VirtError(`cannot call ${op}: connection is ${this.#state}`, { code: 'connection-closed', op }),
      )
    return new Promise<T>((resolve, reject) => {
      const { signal, timeout } = options
      const limits = signal === undefined && timeout === undefined ? undefined : timeLimit(signal, timeout)
      const settle = (): void => {
        this.#pending.delete(fail)
        limits?.[Symbol.dispose]()
      }
      const fail = (error: Error): void => {
        settle()
        reject(error)
      }
      if (limits?.signal.aborted) {
        limits[Symbol.dispose]()
        reject(unawaited(op, limits, timeout))
        return
      }
      try {
        const answer = run(limits?.signal)
        if (!(answer instanceof Promise)) {
          limits?.[Symbol.dispose]()
          resolve(answer)
          return
        }
        this.#pending.add(fail)
        limits?.signal.addEventListener('abort', () => fail(unawaited(op, limits, timeout)), { once: true })
        answer.then((value) => {
          settle()
          resolve(value)
        }, fail)
      } catch (error) {
        limits?.[Symbol.dispose]()
        reject(error)
      }
    })
  }

  make<K extends keyof HandleTypes>(kind: K, ref: RefTypes[K]): HandleTypes[K] {
    return new classes[kind](this, ref)
  }

  xmlText(kind: string, xml: unknown): Promise<string> {
    return documentText(kind, xml)
  }

  /** Wraps a driver's stream; it ends with the connection. */
  stream(stream: ByteStream, mode: 'read' | 'write' | 'duplex'): VirtStream {
    const wrapped = new VirtStream(stream, mode)
    this.#streams.add(wrapped)
    wrapped.once('close', () => this.#streams.delete(wrapped))
    return wrapped
  }

  /**
   * Figures of many domains in one call, by UUID. `virConnectGetAllDomainStats`, `virDomainListGetStats`
   * @param options `groups` limits what is asked, `domains` whom; `noWait` skips domains that are busy
   */
  async stats(
    options: CallOptions & {
      groups?: readonly BitNames<typeof DomainStatsTypes>[]
      domains?: readonly Domain[]
      noWait?: boolean
    } & FlagOptions<typeof flagBits.ConnectGetAllDomainStatsFlags> = {},
  ): Promise<Map<string, PlainParams>> {
    const flags = flagsOf({ nowait: options.noWait === true, ...options }, flagBits.ConnectGetAllDomainStatsFlags)
    const records = await this.invoke(slots.connectGetAllDomainStats, options, (s, c) =>
      gate.connectGetAllDomainStats(
        s,
        c,
        (options.domains ?? []).map((d) => d.ref),
        bitsOf(DomainStatsTypes, options.groups ?? []),
        flags,
      ),
    )
    return new Map(records.map((r) => [r.dom.uuid, toPlain(r.params)]))
  }

  /** Adds a listener; the first one for a driver's event subscribes to it. */
  on<K extends keyof ConnectionEvents>(name: K, listener: (...args: ConnectionEvents[K]) => void): this {
    this.#emitter.on(name, listener as (...args: unknown[]) => void)
    if (name in driverEvents) this.#subscribe(name as DriverEventName)
    return this
  }

  /** Adds a listener for one event. */
  once<K extends keyof ConnectionEvents>(name: K, listener: (...args: ConnectionEvents[K]) => void): this {
    const wrapper = (...args: ConnectionEvents[K]): void => {
      this.off(name, wrapper)
      listener(...args)
    }
    return this.on(name, wrapper)
  }

  /** Removes a listener; without any left the subscription ends. */
  off<K extends keyof ConnectionEvents>(name: K, listener: (...args: ConnectionEvents[K]) => void): this {
    this.#emitter.off(name, listener as (...args: unknown[]) => void)
    if (this.#emitter.listenerCount(name) === 0) this.#unsubscribe(name as DriverEventName)
    return this
  }

  /** As `on`, under the name that emitters of Node have for it too. */
  addListener<K extends keyof ConnectionEvents>(name: K, listener: (...args: ConnectionEvents[K]) => void): this {
    return this.on(name, listener)
  }

  /** As `off`. */
  removeListener<K extends keyof ConnectionEvents>(name: K, listener: (...args: ConnectionEvents[K]) => void): this {
    return this.off(name, listener)
  }

  /** How many listen to an event. */
  listenerCount(name: keyof ConnectionEvents): number {
    return this.#emitter.listenerCount(name)
  }

  /** Removes the listeners of one event, or all of them. */
  removeAllListeners(name?: keyof ConnectionEvents): this {
    const names = name === undefined ? (this.#emitter.eventNames() as (keyof ConnectionEvents)[]) : [name]
    for (const one of names) {
      this.#emitter.removeAllListeners(one)
      this.#unsubscribe(one as DriverEventName)
    }
    return this
  }

  /** Resolves when the subscription behind `name` stands at the other end. */
  async subscribed(name: DriverEventName): Promise<void> {
    await this.#subscriptions.get(name)
  }

  /**
   * Events as an async iterator with a bounded buffer; an overflow drops the oldest and is reported by `dropped`.
   * @param options `signal` ends it; `limit` is the size of the buffer, 1,024 by default
   * @throws VirtError by the iterator, when the other end does not let one listen
   */
  events<K extends DriverEventName>(
    name: K,
    options: { signal?: AbortSignal; limit?: number } = {},
  ): EventBuffer<ConnectionEvents[K]> {
    return eventBuffer<ConnectionEvents[K]>((push, end, fail) => {
      const listener = (...args: ConnectionEvents[K]): void => push(args)
      const closed = (): void => end()
      this.on(name, listener)
      this.on('close', closed)
      this.subscribed(name).catch(fail)
      return () => {
        this.off(name, listener)
        this.off('close', closed)
      }
    }, options)
  }

  /** Ends the connection: streams and subscriptions first. Idempotent. `virConnectClose` */
  async close(): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    for (const stream of this.#streams) stream.destroy()
    // Asked for, not waited for: what is not registered yet may never be, and the other end forgets us anyway.
    for (const name of [...this.#subscriptions.keys()]) this.#unsubscribe(name)
    this.#local.end()
    try {
      await this.#set.close()
    } finally {
      this.#end('client')
    }
  }

  /** Ends the connection now: what is pending is rejected with `error`. */
  destroy(error: Error = new VirtError('connection was destroyed', { code: 'connection-closed' })): void {
    for (const stream of this.#streams) stream.destroy(error)
    for (const fail of [...this.#pending]) fail(error)
    const closing = this.close()
    this.#set.destroy(error)
    closing.catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #subscribe(name: DriverEventName): void {
    if (this.#subscriptions.has(name) || this.#state !== 'open') return
    const event = driverEvents[name]
    const source = this.#set.sessions[familyOfEvent[event.family]].events
    const start = async (): Promise<EventSubscription> => {
      if (source === undefined) throw new VirtError(`the driver sends no '${name}' events`, { code: 'no-support' })
      return await source.subscribe(
        localCall(this.#local, undefined),
        event.family,
        event.id,
        undefined,
        ({ payload }) => {
          const subject = (payload as Record<string, unknown>)[event.subject]
          this.#emitter.emit(
            name,
            this.make(event.kind, subject as RefTypes[typeof event.kind]),
            event.convert(payload),
          )
        },
      )
    }
    const subscription = start()
    this.#subscriptions.set(name, subscription)
    subscription.catch((error: Error) => {
      if (this.#subscriptions.get(name) === subscription) this.#subscriptions.delete(name)
      if (this.#emitter.listenerCount('error') > 0) this.#emitter.emit('error', error)
    })
  }

  #unsubscribe(name: DriverEventName): void {
    const subscription = this.#subscriptions.get(name)
    if (subscription === undefined) return
    this.#subscriptions.delete(name)
    subscription.then((s) => s.end()).catch(() => {})
  }

  #end(reason: CloseReason, cause?: Error): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    const error =
      cause ??
      new VirtError(`connection to ${this.uri} ended: ${reason}`, {
        code: reason === 'client' ? 'connection-closed' : 'connection-lost',
      })
    for (const fail of [...this.#pending]) fail(error)
    for (const stream of this.#streams) stream.destroy(error)
    this.#subscriptions.clear()
    this.#local.end()
    this.#emitter.emit('close', reason)
  }
}

/** What ended a call that was not awaited to its end. */
function unawaited(op: string, limit: TimeLimit, timeout: number | undefined): VirtError {
  if (limit.late)
    return new VirtError(`${op}: no answer within ${timeout} ms`, {
      code: 'timeout',
      op,
      details: 'the work may still go on at the other end',
    })
  return new VirtError(`${op}: waiting was aborted`, { code: 'aborted', op, cause: limit.signal.reason })
}
