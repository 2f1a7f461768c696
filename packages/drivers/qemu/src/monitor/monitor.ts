// SPDX-License-Identifier: LGPL-2.1-or-later
// The monitor of one QEMU: commands, several in flight, each with a deadline; events in their order.
import { type Clock, ErrorNumber, formatJson, isVirtError, type Json, parseJson, type VirtError } from '@virt/core'
import { internalError, qemuError } from '../errors.js'
import { failureOf, qmpError } from './qmp-error.js'
import { Lines, type Transport } from './transport.js'

/** A JSON object as it is read and written. */
export type JsonObject = { readonly [key: string]: Json }

/** Something QEMU tells unasked. */
export interface MonitorEvent {
  readonly event: string
  readonly data: JsonObject
  readonly timestamp: { readonly seconds: number; readonly microseconds: number }
}

/** How a command is given. */
export interface CommandOptions {
  /** Milliseconds to wait for the answer; 0: for as long as the monitor lasts. */
  readonly deadline?: number
  /** Descriptors that QEMU gets copies of with the command. */
  readonly fds?: readonly number[]
}

/** A command with its arguments. */
export interface MonitorCommand {
  readonly execute: string
  readonly arguments?: JsonObject | undefined
}

/** What a monitor is made with. */
export interface MonitorOptions {
  readonly clock: Clock
  /** Names the guest in errors. */
  readonly name?: string
  /** Milliseconds a command may take where it does not say; 60 seconds when absent. */
  readonly deadline?: number
  /** Sees every line, for traces. */
  readonly trace?: (direction: 'out' | 'in', line: string) => void
}

interface Pending {
  readonly command: string
  /** The whole answer is wanted, a refusal too. */
  readonly whole: boolean
  readonly resolve: (value: Json) => void
  readonly reject: (error: unknown) => void
  readonly timer: Disposable | undefined
}

/** An answer as large as this is none: QEMU's largest, its schema, has about 300 KiB. */
const lineLimit = 64 << 20
/** Commands that may wait for their answers. */
const mostPending = 1024
const usualDeadline = 60_000

/**
 * A QMP connection.
 * @since 0.1.0, `qemuMonitor`
 */
export class Monitor {
  readonly #transport: Transport
  readonly #options: MonitorOptions
  readonly #pending = new Map<string, Pending>()
  #lastId = 0
  #greeting: ((greeting: JsonObject) => void) | undefined
  #listener: ((event: MonitorEvent) => void) | undefined
  /** Events before somebody listens. */
  #early: MonitorEvent[] = []
  #end: VirtError | undefined
  #ended: (reason: VirtError) => void = () => {}
  /** Resolves with the reason when the connection is over. */
  readonly closed: Promise<VirtError>

  private constructor(transport: Transport, options: MonitorOptions) {
    this.#transport = transport
    this.#options = options
    this.closed = new Promise((resolve) => {
      this.#ended = resolve
    })
  }

  /**
   * Takes up a connection: waits for the greeting and negotiates.
   * @throws VirtError when QEMU does not greet in time, or ends
   */
  static async open(transport: Transport, options: MonitorOptions): Promise<Monitor> {
    const monitor = new Monitor(transport, options)
    const greeting = new Promise<JsonObject>((resolve) => {
      monitor.#greeting = resolve
    })
    void monitor.#read()
    try {
      await monitor.#limited(Promise.race([greeting, monitor.closed]), 'the greeting')
      if (monitor.#end !== undefined) throw monitor.#end
      await monitor.command('qmp_capabilities')
      return monitor
    } catch (error) {
      monitor.close()
      throw error
    }
  }

  /** Takes up a connection that is negotiated elsewhere, or has no greeting: recorded sessions. */
  static bare(transport: Transport, options: MonitorOptions): Monitor {
    const monitor = new Monitor(transport, options)
    void monitor.#read()
    return monitor
  }

  /** Why the connection is over; undefined while it is not. */
  get end(): VirtError | undefined {
    return this.#end
  }

  /** Who gets the events; those from before are handed over at once. */
  listen(listener: (event: MonitorEvent) => void): void {
    this.#listener = listener
    for (const event of this.#early.splice(0)) listener(event)
  }

  /**
   * Gives a command. Commands reach QEMU in the order they are given, without waiting for one another's answers.
   * @returns what is under `return`; integers beyond 2^53 are bigints
   * @throws VirtError `internal-error` with QEMU's words, `operation-timeout` when the answer does not come in time, the
   *   reason when the connection ends
   */
  async command(execute: string, args?: JsonObject, options: CommandOptions = {}): Promise<Json> {
    const { text, answer } = this.#queue({ execute, arguments: args }, options.deadline)
    this.#send(text, options.fds)
    return await answer
  }

  /**
   * Sends a document as it is and gives the whole answer, whether QEMU does what it says or refuses.
   * @throws VirtError as `command`, except for refusals
   */
  async exchange(command: JsonObject, options: CommandOptions = {}): Promise<JsonObject> {
    const { text, answer } = this.#queue(command, options.deadline, true)
    this.#send(text, options.fds)
    return (await answer) as JsonObject
  }

  /** Gives several commands in one write. Each answer settles by itself. */
  commands(list: readonly MonitorCommand[], options: { deadline?: number } = {}): Promise<Json>[] {
    const queued = list.map((command) => this.#queue(command, options.deadline))
    this.#send(queued.map(({ text }) => text).join(''), undefined)
    return queued.map(({ answer }) => answer)
  }

  /** Ends the connection; whoever waits for an answer learns it. */
  close(reason?: VirtError): void {
    this.#finish(reason ?? internalError('the monitor was closed'))
  }

  #queue(
    command: MonitorCommand | JsonObject,
    deadline?: number,
    whole = false,
  ): { text: string; answer: Promise<Json> } {
    const { execute, arguments: args, ...rest } = command
    if (this.#end !== undefined) return { text: '', answer: Promise.reject(this.#end) }
    if (this.#pending.size >= mostPending)
      return {
        text: '',
        answer: Promise.reject(internalError(`${mostPending} commands wait for QEMU already`)),
      }
    const id = `libvirt-${++this.#lastId}`
    const text = formatJson({
      ...(execute === undefined ? {} : { execute }),
      ...(args === undefined ? {} : { arguments: args }),
      ...rest,
      id,
    } as JsonObject)
    this.#options.trace?.('out', text)
    const ms = deadline ?? this.#options.deadline ?? usualDeadline
    const answer = new Promise<Json>((resolve, reject) => {
      const timer = ms === 0 ? undefined : this.#options.clock.after(ms, () => this.#expire(id, ms))
      this.#pending.set(id, { command: String(execute), whole, resolve, reject, timer })
    })
    return { text: `${text}\r\n`, answer }
  }

  #send(text: string, fds: readonly number[] | undefined): void {
    if (text === '') return
    this.#transport.send(text, fds).catch((error: unknown) => {
      this.#finish(internalError(`Unable to write to monitor: ${(error as Error).message}`))
    })
  }

  #expire(id: string, ms: number): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    // The answer may still come; nobody waits for it then.
    this.#pending.delete(id)
    pending.reject(
      qemuError(ErrorNumber.OPERATION_TIMEOUT, `QEMU did not answer '${pending.command}' within ${ms / 1000} s`),
    )
  }

  async #limited<T>(answer: Promise<T>, what: string): Promise<T> {
    const ms = this.#options.deadline ?? usualDeadline
    return await new Promise<T>((resolve, reject) => {
      const timer = this.#options.clock.after(ms, () =>
        reject(qemuError(ErrorNumber.OPERATION_TIMEOUT, `${what} of QEMU did not come within ${ms / 1000} s`)),
      )
      answer.then(resolve, reject).finally(() => timer[Symbol.dispose]())
    })
  }

  async #read(): Promise<void> {
    const lines = new Lines(lineLimit)
    try {
      for (;;) {
        const bytes = await this.#transport.receive()
        if (bytes === undefined) break
        for (const line of lines.push(bytes)) if (line.length > 0) this.#message(line)
      }
      const vm = this.#options.name === undefined ? '' : ` (vm='${this.#options.name}')`
      this.#finish(internalError(`End of file from qemu monitor${vm}`))
    } catch (error) {
      if (this.#end !== undefined) return
      this.#finish(
        isVirtError(error) ? error : internalError(`Unable to read from monitor: ${(error as Error).message}`),
      )
    }
  }

  #message(line: Uint8Array): void {
    if (this.#options.trace !== undefined) this.#options.trace('in', Buffer.from(line).toString())
    const message = parseJson(line) as JsonObject
    if (typeof message !== 'object' || message === null || Array.isArray(message))
      throw internalError('Parsed JSON reply is not an object')
    if ('QMP' in message) {
      this.#greeting?.(message)
      return
    }
    if (typeof message.event === 'string') {
      this.#event(message as unknown as MonitorEvent)
      return
    }
    if ('return' in message || 'error' in message) this.#reply(message)
    else throw internalError(`Unknown JSON reply '${Buffer.from(line).toString()}'`)
  }

  #event({ event, data, timestamp }: MonitorEvent): void {
    const told = { event, data: data ?? {}, timestamp: timestamp ?? { seconds: 0, microseconds: 0 } }
    if (this.#listener === undefined) this.#early.push(told)
    else this.#listener(told)
  }

  #reply(message: JsonObject): void {
    const id = typeof message.id === 'string' ? message.id : ''
    const pending = this.#pending.get(id)
    // Late, or an answer to what could not be read as a command.
    if (pending === undefined) return
    this.#pending.delete(id)
    pending.timer?.[Symbol.dispose]()
    if (pending.whole) pending.resolve(message)
    else if ('error' in message) pending.reject(qmpError(pending.command, failureOf(message.error)))
    else pending.resolve(message.return ?? {})
  }

  #finish(reason: VirtError): void {
    if (this.#end !== undefined) return
    this.#end = reason
    this.#transport.close()
    for (const { reject, timer } of this.#pending.values()) {
      timer?.[Symbol.dispose]()
      reject(reason)
    }
    this.#pending.clear()
    this.#ended(reason)
  }
}
