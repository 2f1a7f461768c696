// SPDX-License-Identifier: LGPL-2.1-or-later
// Events of a daemon: registered once for each kind and object, whoever listens here.
import {
  type Call,
  type DriverEvent,
  ErrorDomain,
  ErrorNumber,
  type EventFamily,
  type EventSource,
  type EventSubscription,
  VirtError,
  virtError,
} from '@virt/core'
import { type EventCodec, eventCodecs, type Frame, Program, payloadOf, remote, type XdrWriter } from '@virt/rpc'
import { type Message, message } from './calls.js'
import type { Link } from './link.js'

type Deliver = (event: DriverEvent) => void
interface Wanted {
  readonly family: EventFamily
  readonly id: number
  readonly object: object | undefined
  readonly options: { readonly event?: string | undefined; readonly flags?: number }
}
/** What is registered at the daemon. */
interface Registration {
  readonly wanted: Wanted
  readonly codec: EventCodec
  readonly listeners: Set<Deliver>
  /** The daemon's callback id. */
  ready: Promise<number>
}
type RefEncoder = (w: XdrWriter, ref: never) => void
interface Registrar {
  readonly register: Message<number>
  readonly deregister: Message
}

/** The calls of a family whose registration takes an event id and maybe an object. */
function registrar(name: string, ref: RefEncoder): Registrar {
  return {
    register: message<number, [Wanted]>(
      `${name}_REGISTER_ANY`,
      (w, wanted) => {
        w.int(wanted.id)
        optional(w, wanted.object, ref)
      },
      (r) => r.int(),
    ),
    deregister: message<void, [number]>(`${name}_DEREGISTER_ANY`, (w, id) => w.int(id)),
  }
}

const registrars: Partial<Record<EventFamily, Registrar>> = {
  domain: registrar('CONNECT_DOMAIN_EVENT_CALLBACK', remote.encodeDomainRef),
  network: registrar('CONNECT_NETWORK_EVENT', remote.encodeNetworkRef),
  storagePool: registrar('CONNECT_STORAGE_POOL_EVENT', remote.encodeStoragePoolRef),
  nodeDevice: registrar('CONNECT_NODE_DEVICE_EVENT', remote.encodeNodeDeviceRef),
  secret: registrar('CONNECT_SECRET_EVENT', remote.encodeSecretRef),
  qemuMonitor: {
    register: message<number, [Wanted]>(
      'CONNECT_DOMAIN_MONITOR_EVENT_REGISTER',
      (w, { object, options }) => {
        optional(w, object, remote.encodeDomainRef)
        optional(w, options.event, (x, v: string) => x.string(v, 4194304))
        w.int(options.flags ?? 0)
      },
      (r) => r.int(),
      'qemu',
    ),
    deregister: message<void, [number]>(
      'CONNECT_DOMAIN_MONITOR_EVENT_DEREGISTER',
      (w, id) => w.int(id),
      undefined,
      'qemu',
    ),
  },
}
const codecOf = new Map(eventCodecs.map((c) => [`${c.family}:${c.id}`, c]))
const codecsByNumber = new Map(
  (['remote', 'qemu'] as const).map((program) => [
    Program[program] as number,
    new Map(
      eventCodecs
        .filter((c) => c.program === program)
        // The end of the daemon's own connection has no callback id, as the messages before callbacks had none.
        .map((c) => [c.family === 'connection' ? c.legacyNumber : c.number, c]),
    ),
  ]),
)

/** The event source of a remote session. */
export class RemoteEvents implements EventSource {
  readonly #link: () => Link | Promise<Link>
  readonly #offered: () => Promise<boolean>
  readonly #registrations = new Map<string, Registration>()
  /** Who gets the messages with a callback id, by family; filled while the reply is read, so that no event is missed. */
  readonly #byCallback = new Map<EventFamily, Map<number, Registration>>()
  #nextId = 0
  /** Tells of the end of the daemon's own connection. */
  onClosed: ((reason: number) => void) | undefined

  /**
   * @param link the connection of now
   * @param offered whether the daemon has event callbacks
   */
  constructor(link: () => Link | Promise<Link>, offered: () => Promise<boolean>) {
    this.#link = link
    this.#offered = offered
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
    if (codec === undefined) throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.RPC, `unsupported event ID ${id}`)
    const key = JSON.stringify([family, id, object?.uuid ?? object?.name, options.event, options.flags])
    let registration = this.#registrations.get(key)
    if (registration === undefined) {
      const wanted = { family, id, object, options }
      registration = { wanted, codec, listeners: new Set(), ready: Promise.resolve(0) }
      this.#registrations.set(key, registration)
      registration.ready = this.#register(registration)
    }
    const mine = registration
    const listener = deliver as unknown as Deliver
    mine.listeners.add(listener)
    const forget = (): boolean => {
      if (!mine.listeners.delete(listener) || mine.listeners.size > 0) return false
      if (this.#registrations.get(key) === mine) this.#registrations.delete(key)
      return true
    }
    try {
      await mine.ready
    } catch (error) {
      forget()
      throw error
    }
    return {
      callbackId: this.#nextId++,
      end: async () => {
        if (forget()) await this.#deregister(family, await mine.ready)
      },
    }
  }

  /** A message of the daemon. */
  receive(frame: Frame): void {
    const codec = codecsByNumber.get(frame.program)?.get(frame.procedure)
    if (codec === undefined) return
    const r = payloadOf(frame)
    const callbackId = r.int()
    if (codec.family === 'connection') return this.onClosed?.(callbackId)
    const registration = this.#byCallback.get(codec.family)?.get(callbackId)
    if (registration === undefined || registration.codec !== codec) return
    const payload = Object.freeze(codec.decode(r) as object)
    const event = Object.freeze({ family: codec.family, id: codec.id, payload })
    for (const deliver of [...registration.listeners]) deliver(event)
  }

  /** Registers everything anew: the connection is another one. What the daemon no longer takes ends silently. */
  async restore(): Promise<void> {
    this.#byCallback.clear()
    await Promise.allSettled(
      [...this.#registrations.values()].map((r) => {
        r.ready = this.#register(r)
        return r.ready
      }),
    )
  }

  /** The connection is gone, and with it what was registered there. */
  lost(): void {
    this.#byCallback.clear()
  }

  /** Nobody will hear anything any more. */
  end(): void {
    this.lost()
    this.#registrations.clear()
  }

  async #register(registration: Registration): Promise<number> {
    const { family } = registration.wanted
    const { register } = registrarOf(family)
    const link = await this.#link()
    if (!(await this.#offered()))
      throw new VirtError('the daemon is too old: it has no event callbacks', {
        code: 'no-support',
        details: 'libvirt 1.3.3 or newer is needed',
      })
    const noting: Message<number> = {
      ...register,
      decodeReply: (r) => {
        const callbackId = register.decodeReply(r)
        const known = this.#byCallback.get(family) ?? new Map<number, Registration>()
        this.#byCallback.set(family, known.set(callbackId, registration))
        return callbackId
      },
    }
    return await link.call(noting, [registration.wanted], register.name)
  }

  async #deregister(family: EventFamily, callbackId: number): Promise<void> {
    // Without a connection, or with the next one to come, there is nothing to take back.
    if (this.#byCallback.get(family)?.delete(callbackId) !== true) return
    const link = await this.#link()
    const { deregister } = registrarOf(family)
    await link.call(deregister, [callbackId], deregister.name)
  }
}

function registrarOf(family: EventFamily): Registrar {
  const found = registrars[family]
  if (found === undefined) throw new VirtError(`${family} events cannot be registered`, { code: 'no-support' })
  return found
}

function optional<T>(w: XdrWriter, value: T | undefined, encode: (w: XdrWriter, v: never) => void): void {
  w.int(value === undefined ? 0 : 1)
  if (value !== undefined) encode(w, value as never)
}
