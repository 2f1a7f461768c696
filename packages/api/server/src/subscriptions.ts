// SPDX-License-Identifier: LGPL-2.1-or-later
// Events of one connection: registered by call, delivered as messages. An event is encoded once for all its subscribers.
import {
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

function encode(event: DriverEvent, codec: EventCodec, legacy: boolean): Buffer {
  const cache = legacy ? encodedLegacy : encodedModern
  let bytes = cache.get(event)
  if (bytes === undefined) {
    scratch.reset()
    scratch.begin(
      programs[codec.program],
      (legacy ? codec.legacyNumber : codec.number) as number,
      FrameType.message,
      0,
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
    if (source === undefined || codec === undefined) throw internalError(`unsupported event ID ${id}`)
    const subscription: EventSubscription = await source.subscribe(
      call,
      family,
      id,
      object,
      (event) => this.#deliver(event, codec, subscription.callbackId),
      { ...options, overrun: this.#overrun },
    )
    this.#modern.set(`${family}:${subscription.callbackId}`, subscription)
    return subscription.callbackId
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
    if (this.#legacy.has(id)) throw internalError(`domain event ${id} already registered`)
    this.#legacy.set(
      id,
      await source.subscribe(
        call,
        'domain',
        id,
        undefined,
        (event) => {
          this.#append(encode(event, codec, true), undefined)
        },
        { overrun: this.#overrun },
      ),
    )
  }

  /** Ends a subscription of the older style. */
  async removeLegacy(id: number): Promise<void> {
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

const words: Partial<Record<EventFamily, string>> = {
  domain: 'domain',
  network: 'network',
  storagePool: 'storage pool',
  nodeDevice: 'node device',
  secret: 'secret',
  qemuMonitor: 'qemu monitor',
}

function notRegistered(family: EventFamily, callbackId: number): Error {
  return virtError(
    ErrorNumber.INTERNAL_ERROR,
    ErrorDomain.RPC,
    `${words[family] ?? family} event callback ${callbackId} not registered`,
  )
}
