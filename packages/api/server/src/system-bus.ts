// SPDX-License-Identifier: LGPL-2.1-or-later
// The system's D-Bus: connected on first use, calls with a bound and a deadline, signals. Errors are libvirt's.
import { ErrorDomain, ErrorNumber, errnoOf, type VirtError, virtError } from '@virt/core'
import type { DBusError, Message, MessageBus } from 'dbus-native'

/** Where the system's bus is, as D-Bus itself has it. */
export const systemBusAddress = (): string =>
  process.env.DBUS_SYSTEM_BUS_ADDRESS ?? 'unix:path=/var/run/dbus/system_bus_socket'

/** A call of a method. */
export interface BusCall {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly signature?: string
  readonly body?: readonly unknown[]
}

/** A signal that somebody sent. */
export interface BusSignal {
  readonly interface: string
  readonly member: string
  readonly body: readonly unknown[]
}

/** Calls on their way at once: a bus drops the connection that awaits more than 128 answers. */
const maxInFlight = 100
/** Calls that may wait for their turn. */
const maxQueued = 16_384

/**
 * A connection to a bus that is made when it is needed, and again when it was lost.
 * @since 0.1.0
 */
export class SystemBus {
  readonly #address: () => string
  readonly #rules: readonly string[]
  readonly #onSignal: (signal: BusSignal) => void
  readonly #onLost: () => void
  #bus: Promise<MessageBus> | undefined
  #inFlight = 0
  readonly #queue = new Set<() => void>()

  /**
   * @param address where the bus is; by default the system's
   * @param rules which signals are wanted
   * @param onLost called when the connection is gone: what signals had to say until it is back nobody knows
   */
  constructor(options: {
    address?: string | undefined
    rules: readonly string[]
    onSignal: (signal: BusSignal) => void
    onLost: () => void
  }) {
    const { address } = options
    this.#address = address === undefined ? systemBusAddress : () => address
    this.#rules = options.rules
    this.#onSignal = options.onSignal
    this.#onLost = options.onLost
  }

  /**
   * Calls a method.
   * @throws VirtError `dbus-service` for an error that the called one answers, `internal-error` when there is no bus,
   *   `operation-timeout` when `signal` fires first
   */
  async call(call: BusCall, signal: AbortSignal): Promise<unknown> {
    await this.#turn(signal)
    try {
      const bus = await raced(this.#connect(), signal)
      return await bus.invoke({ ...call, body: [...(call.body ?? [])] } as Message, { signal })
    } catch (error) {
      throw busError(error, signal)
    } finally {
      this.#pass()
    }
  }

  /** Ends the connection; the next call makes a new one. */
  async close(): Promise<void> {
    const bus = this.#bus
    this.#bus = undefined
    await bus?.then((b) => b.close()).catch(() => {})
  }

  /** Waits until one more call may be made. */
  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#inFlight >= maxInFlight) {
      if (this.#queue.size >= maxQueued)
        throw virtError(ErrorNumber.RESOURCE_BUSY, ErrorDomain.DBUS, 'too many calls wait for the system bus')
      let go = (): void => {}
      const turn = new Promise<void>((resolve) => {
        go = resolve
      })
      this.#queue.add(go)
      try {
        await raced(turn, signal)
      } catch (error) {
        // Whose turn came in the same moment passes it on.
        if (!this.#queue.delete(go)) this.#pass()
        throw busError(error, signal)
      }
      return
    }
    this.#inFlight++
  }

  /** Hands a turn to the next in the queue. */
  #pass(): void {
    const [next] = this.#queue
    if (next === undefined) this.#inFlight--
    else {
      this.#queue.delete(next)
      next()
    }
  }

  #connect(): Promise<MessageBus> {
    const known = this.#bus
    if (known !== undefined) return known
    const lost = (): void => {
      if (this.#bus !== made) return
      this.#bus = undefined
      this.#onLost()
    }
    const made: Promise<MessageBus> = this.#open(lost)
    this.#bus = made
    made.catch(lost)
    return made
  }

  async #open(lost: () => void): Promise<MessageBus> {
    const { createClient } = await import('dbus-native')
    const bus = createClient({ busAddress: this.#address(), returnBigInt: true, plainValues: true, timeout: 0 })
    const failed = new Promise<never>((_, reject) => {
      bus.connection.on('error', reject)
      bus.connection.on('close', (cause) => {
        lost()
        reject(cause ?? new Error('Connection closed'))
      })
    })
    failed.catch(() => {})
    bus.connection.on('message', (message) => {
      if (message.type === 4) this.#signal(message)
    })
    const rules = async (): Promise<void> => {
      for (const rule of this.#rules) await bus.addMatch(rule)
    }
    try {
      await Promise.race([rules(), failed])
    } catch (error) {
      bus.connection.end()
      throw cannotConnect(error)
    }
    // The daemon does not stay alive for it.
    ;(bus.connection.stream as { unref?: () => void }).unref?.()
    return bus
  }

  #signal(message: Message): void {
    const { interface: name, member, body } = message
    if (name !== undefined && member !== undefined) this.#onSignal({ interface: name, member, body: body ?? [] })
  }
}

/** Ends the waiting, not what is waited for. */
function raced<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason as Error)
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', fail, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', fail))
  })
}

function cannotConnect(error: unknown): VirtError {
  return virtError(
    ErrorNumber.INTERNAL_ERROR,
    ErrorDomain.DBUS,
    `Unable to get system bus connection: Could not connect: ${errnoOf(error).text}`,
    { cause: error },
  )
}

function busError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted)
    return virtError(ErrorNumber.OPERATION_TIMEOUT, ErrorDomain.DBUS, 'the system bus did not answer in time', {
      cause: signal.reason,
    })
  const { dbusName, message } = error as DBusError
  if (dbusName === undefined) return error
  return virtError(ErrorNumber.DBUS_SERVICE, ErrorDomain.DBUS, `GDBus.Error:${dbusName}: ${message}`, { cause: error })
}
