// SPDX-License-Identifier: LGPL-2.1-or-later
// Events of one connection: registered by call, delivered as messages. An event is encoded once for all its subscribers.
import {
  type Answer,
  type Call,
  type DriverEvent,
  ErrorDomain,
  ErrorNumber,
  type EventFamily,
  type EventSource,
  type EventSubscription,
  virtError,
} from '@virt/core'
import { type EventCodec, eventCodecs, FrameStatus, FrameType, FrameWriter, headerSize, Program } from '@virt/rpc'
import { internalError } from './errors.js'
import type { Output } from './output.js'

const codecs = new Map(eventCodecs.map((c) => [`${c.family}:${c.id}`, c]))
const programs = { remote: Program.remote, qemu: Program.qemu } as const

/** Encoded messages of events, as long as the event lives. The callback id is patched in. */
const encodedModern = new WeakMap<object, Buffer>()
const encodedLegacy = new WeakMap<object, Buffer>()
const scratch = new FrameWriter(4096)
/** Nobody asks for the number of an event; libvirt's daemon gives each of them this one. */
export const eventSerial = 1

function encode(event: DriverEvent, codec: EventCodec, legacy: boolean): Buffer {
  const cache = legacy ? encodedLegacy : encodedModern
  let bytes = cache.get(event)
  if (bytes === undefined) {
    scratch.reset()
    scratch.begin(
      programs[codec.program],
      (legacy ? codec.legacyNumber : codec.number) as number,
      FrameType.message,
      eventSerial,
      FrameStatus.ok,
    )
    if (legacy) codec.encodeLegacy?.(scratch, event.payload)
    else {
      scratch.int(0)
      codec.encode?.(scratch, event.payload)
    }
    scratch.end()
    bytes = Buffer.from(scratch.bytes())
    cache.set(event, bytes)
  }
  return bytes
}

/** What one connection listens to. */
export class Subscriptions {
  readonly #output: Output
  readonly #modern = new Map<string, EventSubscription>()
  readonly #legacy = new Map<number, EventSubscription>()
  /** What is listened to, in either style: libvirt's daemon takes no client's wish twice. */
  readonly #tracked = new Set<string>()

  readonly #broken: (error: Error) => void

  constructor(output: Output, broken: (error: Error) => void) {
    this.#output = output
    this.#broken = broken
  }

  /** Access has not been decided for so many events that no more can wait. */
  readonly #overrun = (): void => this.#broken(new Error('too many events wait until access is decided'))

  /** Registers in the callback style. @returns the callback id */
  async add(
    source: EventSource | undefined,
    call: Call,
    family: EventFamily,
    id: number,
    object: object | undefined,
    options?: { event?: string | undefined; flags?: number },
  ): Promise<number> {
    const codec = codecs.get(`${family}:${id}`)
    if (codec === undefined)
      throw internalError(`unsupported ${family === 'domain' ? '' : `${kinds[family].word} `}event ID ${id}`)
    if (source === undefined) throw virtError(ErrorNumber.NO_SUPPORT, kinds[family].domain, kinds[family].register)
    const subscription: EventSubscription = await this.#track(family, id, object, () =>
      source.subscribe(call, family, id, object, (event) => this.#deliver(event, codec, subscription.callbackId), {
        ...options,
        overrun: this.#overrun,
      }),
    )
    this.#modern.set(`${family}:${subscription.callbackId}`, subscription)
    return subscription.callbackId
  }

  /** Keeps account of what is listened to while a subscription lasts. */
  async #track(
    family: EventFamily,
    id: number,
    object: { uuid?: string; name?: string } | undefined,
    subscribe: () => Answer<EventSubscription>,
  ): Promise<EventSubscription> {
    // Events of QEMU's monitor are told apart by their names, which several listeners may ask for.
    if (family === 'qemuMonitor') return await subscribe()
    const key = `${family}:${id}:${object === undefined ? '' : `=${object.uuid ?? object.name}`}`
    if (this.#tracked.has(key))
      throw virtError(ErrorNumber.INVALID_ARG, ErrorDomain.NONE, 'event callback already tracked')
    this.#tracked.add(key)
    try {
      const subscription = await subscribe()
      return {
        callbackId: subscription.callbackId,
        end: () => {
          this.#tracked.delete(key)
          return subscription.end()
        },
      }
    } catch (error) {
      this.#tracked.delete(key)
      throw error
    }
  }

  /** Ends a subscription of the callback style. */
  async remove(family: EventFamily, callbackId: number): Promise<void> {
    const subscription = this.#modern.get(`${family}:${callbackId}`)
    if (subscription === undefined) throw notRegistered(family, callbackId)
    this.#modern.delete(`${family}:${callbackId}`)
    await subscription.end()
  }

  /** Registers in the older style, without callback ids. */
  async addLegacy(source: EventSource | undefined, call: Call, id: number): Promise<void> {
    const codec = codecs.get(`domain:${id}`)
    if (source === undefined || codec?.legacyNumber === undefined) throw internalError(`unsupported event ID ${id}`)
    const deliver = (event: DriverEvent): void => this.#append(encode(event, codec, true), undefined)
    const subscription = await this.#track('domain', id, undefined, () =>
      source.subscribe(call, 'domain', id, undefined, deliver, { overrun: this.#overrun }),
    )
    this.#legacy.set(id, subscription)
  }

  /** Ends a subscription of the older style. */
  async removeLegacy(id: number): Promise<void> {
    if (codecs.get(`domain:${id}`)?.legacyNumber === undefined) throw internalError(`unsupported event ID ${id}`)
    const subscription = this.#legacy.get(id)
    if (subscription === undefined) throw internalError(`domain event ${id} not registered`)
    this.#legacy.delete(id)
    await subscription.end()
  }

  /** Ends all. */
  async clear(): Promise<void> {
    const all = [...this.#modern.values(), ...this.#legacy.values()]
    this.#modern.clear()
    this.#legacy.clear()
    for (const s of all) await s.end()
  }

  #deliver(event: DriverEvent, codec: EventCodec, callbackId: number): void {
    this.#append(encode(event, codec, false), callbackId)
  }

  #append(bytes: Buffer, callbackId: number | undefined): void {
    const w = this.#output.writer
    w.reserve(bytes.length)
    const at = w.position
    w.buffer.set(bytes, at)
    if (callbackId !== undefined) w.buffer.writeInt32BE(callbackId, at + headerSize)
    w.position = at + bytes.length
    this.#output.flushSoon()
  }
}

/** How errors speak of a family, and which function of the C library registers for its events. */
const kinds: Readonly<Record<EventFamily, { word: string; register: string; domain: number }>> = {
  domain: { word: 'domain', register: 'virConnectDomainEventRegisterAny', domain: ErrorDomain.DOMAIN },
  network: { word: 'network', register: 'virConnectNetworkEventRegisterAny', domain: ErrorDomain.NETWORK },
  storagePool: { word: 'storage pool', register: 'virConnectStoragePoolEventRegisterAny', domain: ErrorDomain.STORAGE },
  nodeDevice: { word: 'node device', register: 'virConnectNodeDeviceEventRegisterAny', domain: ErrorDomain.NODEDEV },
  secret: { word: 'secret', register: 'virConnectSecretEventRegisterAny', domain: ErrorDomain.SECRET },
  connection: { word: 'connection', register: 'virConnectRegisterCloseCallback', domain: ErrorDomain.NONE },
  qemuMonitor: {
    word: 'qemu monitor',
    register: 'virConnectDomainQemuMonitorEventRegister',
    domain: ErrorDomain.NONE,
  },
}

function notRegistered(family: EventFamily, callbackId: number): Error {
  return virtError(
    ErrorNumber.INTERNAL_ERROR,
    ErrorDomain.RPC,
    `${kinds[family].word} event callback ${callbackId} not registered`,
  )
}
