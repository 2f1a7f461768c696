// SPDX-License-Identifier: LGPL-2.1-or-later
// Events of a daemon: registered once for each kind and object, whoever listens here.
import {
  type Call,
  type DriverEvent,
  type EventFamily,
  type EventSource,
  type EventSubscription,
  VirtError,
} from '@virt/core'
import {
  type EventCodec,
  eventCodecs,
  type Frame,
  type Procedure,
  Program,
  payloadOf,
  procedures,
  remote,
  type XdrWriter,
} from '@virt/rpc'
import type { Link } from './link.js'

type Deliver = (event: DriverEvent) => void
interface Registration {
  readonly codec: EventCodec
  readonly listeners: Set<Deliver>
  ready: Promise<number>
}

const byName = new Map(procedures.map((p) => [`${p.program}:${p.name}`, p]))
/** How each family is registered; the object's encoder is what the call's second argument needs. */
const families: Partial<Record<EventFamily, { name: string; ref: (w: XdrWriter, v: never) => void }>> = {
  domain: { name: 'CONNECT_DOMAIN_EVENT_CALLBACK', ref: remote.encodeDomainRef },
  network: { name: 'CONNECT_NETWORK_EVENT', ref: remote.encodeNetworkRef },
  storagePool: { name: 'CONNECT_STORAGE_POOL_EVENT', ref: remote.encodeStoragePoolRef },
  nodeDevice: { name: 'CONNECT_NODE_DEVICE_EVENT', ref: remote.encodeNodeDeviceRef },
  secret: { name: 'CONNECT_SECRET_EVENT', ref: remote.encodeSecretRef },
}
const codecOf = new Map(eventCodecs.map((c) => [`${c.family}:${c.id}`, c]))
const codecByMessage = new Map<string, { codec: EventCodec; legacy: boolean }>()
for (const codec of eventCodecs) {
  if (codec.number !== undefined)
    codecByMessage.set(`${Program[codec.program]}:${codec.number}`, { codec, legacy: false })
  if (codec.legacyNumber !== undefined)
    codecByMessage.set(`${Program[codec.program]}:${codec.legacyNumber}`, { codec, legacy: true })
}

/** The event source of a remote session. */
export class RemoteEvents implements EventSource {
  readonly #link: Link
  readonly #registrations = new Map<string, Registration>()
  /** Who gets the messages with a callback id; filled while the reply is read, so that no event is missed. */
  readonly #byCallback = new Map<string, Registration>()
  #nextId = 0
  /** Tells of the end of the daemon's own connection. */
  onClosed: ((reason: number) => void) | undefined

  constructor(link: Link) {
    this.#link = link
  }

  async subscribe<F extends EventFamily>(
    _call: Call | undefined,
    family: F,
    id: number,
    object: { name?: string; uuid?: string } | undefined,
    deliver: (event: DriverEvent<F>) => void,
    options: { event?: string | undefined; flags?: number } = {},
  ): Promise<EventSubscription> {
    const codec = codecOf.get(`${family}:${id}`)
    if (codec === undefined) throw new VirtError(`unsupported event ID ${id}`, { code: 'invalid-arg' })
    const key = JSON.stringify([family, id, object?.uuid ?? object?.name, options.event, options.flags])
    let registration = this.#registrations.get(key)
    if (registration === undefined) {
      registration = { codec, listeners: new Set(), ready: Promise.resolve(0) }
      this.#registrations.set(key, registration)
      registration.ready = this.#register(registration, family, id, object, options)
      registration.ready.catch(() => this.#registrations.delete(key))
    }
    const mine = registration
    const listener = deliver as unknown as Deliver
    mine.listeners.add(listener)
    try {
      await mine.ready
    } catch (error) {
      mine.listeners.delete(listener)
      throw error
    }
    return {
      callbackId: this.#nextId++,
      end: async () => {
        if (!mine.listeners.delete(listener) || mine.listeners.size > 0) return
        this.#registrations.delete(key)
        await this.#deregister(family, await mine.ready)
      },
    }
  }

  /** A message of the daemon. */
  receive(frame: Frame): void {
    const entry = codecByMessage.get(`${frame.program}:${frame.procedure}`)
    if (entry === undefined) return
    const r = payloadOf(frame)
    if (entry.codec.family === 'connection') {
      this.onClosed?.(r.int())
      return
    }
    if (entry.legacy) return
    const registration = this.#byCallback.get(`${entry.codec.family}:${r.int()}`)
    if (registration === undefined || registration.codec !== entry.codec) return
    const event = Object.freeze({
      family: entry.codec.family,
      id: entry.codec.id,
      payload: Object.freeze(entry.codec.decode(r) as object),
    })
    for (const deliver of [...registration.listeners]) deliver(event)
  }

  #register(
    registration: Registration,
    family: EventFamily,
    id: number,
    object: object | undefined,
    options: { event?: string | undefined; flags?: number },
  ): Promise<number> {
    const done = (callbackId: number): number => {
      this.#byCallback.set(`${family}:${callbackId}`, registration)
      return callbackId
    }
    if (family === 'qemuMonitor')
      return this.#link.call({
        program: 'qemu',
        procedure: numberOf('qemu:CONNECT_DOMAIN_MONITOR_EVENT_REGISTER'),
        op: 'virConnectDomainQemuMonitorEventRegister',
        encode: (w) => {
          optional(w, object, remote.encodeDomainRef as (w: XdrWriter, v: never) => void)
          optional(w, options.event, (x, v: string) => x.string(v, 4194304))
          w.int(options.flags ?? 0)
        },
        decode: (r) => done(r.int()),
      })
    const { name, ref } = familyOf(family)
    return this.#link.call({
      program: 'remote',
      procedure: numberOf(`remote:${name}_REGISTER_ANY`),
      op: `${name}_REGISTER_ANY`,
      encode: (w) => {
        w.int(id)
        optional(w, object, ref)
      },
      decode: (r) => done(r.int()),
    })
  }

  async #deregister(family: EventFamily, callbackId: number): Promise<void> {
    this.#byCallback.delete(`${family}:${callbackId}`)
    if (this.#link.ended !== undefined) return
    const qemu = family === 'qemuMonitor'
    const key = qemu ? 'qemu:CONNECT_DOMAIN_MONITOR_EVENT_DEREGISTER' : `remote:${familyOf(family).name}_DEREGISTER_ANY`
    await this.#link.call({
      program: qemu ? 'qemu' : 'remote',
      procedure: numberOf(key),
      op: key,
      encode: (w) => w.int(callbackId),
    })
  }
}

function familyOf(family: EventFamily): { name: string; ref: (w: XdrWriter, v: never) => void } {
  const found = families[family]
  if (found === undefined) throw new VirtError(`${family} events cannot be registered`, { code: 'no-support' })
  return found
}

const numberOf = (key: string): number => (byName.get(key) as Procedure).number

function optional<T>(w: XdrWriter, value: T | undefined, encode: (w: XdrWriter, v: never) => void): void {
  w.int(value === undefined ? 0 : 1)
  if (value !== undefined) encode(w, value as never)
}
