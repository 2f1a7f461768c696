// SPDX-License-Identifier: LGPL-2.1-or-later
// The agent inside the guest: a channel that may have old answers in it, lead nowhere, or end at any moment.
import { type Clock, ErrorNumber, formatJson, isVirtError, type Json, parseJson, type VirtError } from '@virt/core'
import { internalError, qemuError } from '../errors.js'
import { asObject, textOf } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'
import { Lines, type Transport } from '../monitor/transport.js'

/** What an agent's channel is made with. */
export interface AgentOptions {
  readonly clock: Clock
  /** Sees every line, for traces. */
  readonly trace?: (direction: 'out' | 'in', line: string) => void
}

/** How long an answer may take. */
export interface AgentCommandOptions {
  /** Milliseconds; 0: do not wait longer than for what is there already, `forever`: as long as the channel lasts. `responseTimeout` when absent. */
  readonly deadline?: number | 'forever'
  /** Commands that end the guest have no answer: its end is one. */
  readonly lastsUntilEvent?: boolean
}

/** `VIR_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT`, in milliseconds. */
const usualDeadline = 5_000
/** `virDomainQemuAgentCommandTimeoutValues` */
const Timeout = { block: -2, usual: -1 } as const

/** Milliseconds of a time-out as calls have it: seconds, or one of the names. */
export function agentDeadline(timeout: number): number | 'forever' {
  if (timeout === Timeout.block) return 'forever'
  return timeout === Timeout.usual ? usualDeadline : timeout * 1000
}

/** The largest answers are files that are read, base64, and are as long as the caller allows. */
const lineLimit = 96 << 20
/** Begins an answer to `guest-sync-delimited`: a byte that is in no JSON. */
const sentinel = 0xff

interface Waiting {
  readonly resolve: (message: JsonObject) => void
  readonly reject: (error: unknown) => void
}

/**
 * A channel to the guest agent. One command at a time: the agent's lane of the domain's jobs sees to that.
 * @since 0.1.0, `qemuAgent`
 */
export class Agent {
  readonly #transport: Transport
  readonly #options: AgentOptions
  #waiting: Waiting | undefined
  #inSync = false
  #syncId: number
  #end: VirtError | undefined
  #ended: (reason: VirtError) => void = () => {}
  /** Resolves with the reason when the channel is over. */
  readonly closed: Promise<VirtError>
  /** How long answers may take where nobody says: seconds, or a `virDomainQemuAgentCommandTimeoutValues`. */
  responseTimeout: number = Timeout.block
  /** What the guest does that makes an answer unnecessary: `shutdown`, `reset`, `suspend`. */
  #awaited = false

  constructor(transport: Transport, options: AgentOptions) {
    this.#transport = transport
    this.#options = options
    this.#syncId = options.clock.now()
    this.closed = new Promise((resolve) => {
      this.#ended = resolve
    })
    void this.#read()
  }

  /** Why the channel is over; undefined while it is not. */
  get end(): VirtError | undefined {
    return this.#end
  }

  /**
   * Gives a command, after making sure that what comes next is its answer.
   * @returns what is under `return`
   * @throws VirtError `agent-unresponsive` when nobody answers, `internal-error` with the agent's words when it refuses
   */
  async command(execute: string, args?: JsonObject, options: AgentCommandOptions = {}): Promise<Json> {
    const message = await this.exchange({ execute, ...(args === undefined ? {} : { arguments: args }) }, options)
    if (message === undefined) return {}
    if ('error' in message) throw refusal(execute, message.error)
    return message.return ?? null
  }

  /** Sends a document as it is and gives the whole answer. @throws as `command` */
  async pass(command: JsonObject, options: AgentCommandOptions = {}): Promise<JsonObject | undefined> {
    const message = await this.exchange(command, options)
    if (message !== undefined && 'error' in message) throw refusal(textOf(command, 'execute') ?? '', message.error)
    return message
  }

  /**
   * Sends a document as it is and gives the whole answer; undefined when the guest's end was the answer.
   * @throws VirtError `agent-unresponsive`, `agent-command-timeout`
   */
  async exchange(command: JsonObject, options: AgentCommandOptions = {}): Promise<JsonObject | undefined> {
    const deadline = options.deadline ?? agentDeadline(this.responseTimeout)
    await this.#sync()
    this.#awaited = options.lastsUntilEvent === true
    try {
      return await this.#send(command, deadline)
    } catch (error) {
      if (error === guestLeft) return undefined
      // Whatever comes later must not be taken for the answer to something else.
      this.#inSync = false
      throw error
    } finally {
      this.#awaited = false
    }
  }

  /** Tells of something the guest did; whoever waits for a command that leads to it has their answer. */
  notify(_event: 'shutdown' | 'reset' | 'suspend'): void {
    this.#inSync = false
    if (this.#awaited) this.#waiting?.reject(guestLeft)
  }

  /** Ends the channel. */
  close(reason?: VirtError): void {
    this.#finish(reason ?? unresponsive('Guest agent disappeared while executing command'))
  }

  /** Empties the channel of answers that nobody waits for any more. */
  async #sync(): Promise<void> {
    if (this.#inSync) return
    const id = ++this.#syncId
    // Nobody waits long for an agent that may not even be there.
    const own = agentDeadline(this.responseTimeout)
    const timeout = own === 'forever' ? usualDeadline : Math.min(own, usualDeadline)
    // A byte that no JSON has makes the agent drop what it may have read of a command before.
    const request = { execute: 'guest-sync-delimited', arguments: { id } }
    try {
      await this.#send(request, timeout, (message) => message.return === id)
    } catch (error) {
      if (!isVirtError(error) || error.number !== ErrorNumber.AGENT_UNRESPONSIVE) throw error
      throw unresponsive('Guest agent not available for now')
    }
    this.#inSync = true
  }

  async #send(
    command: JsonObject,
    deadline: number | 'forever',
    fits: (message: JsonObject) => boolean = () => true,
  ): Promise<JsonObject> {
    if (this.#end !== undefined) throw this.#end
    const text = formatJson(command)
    this.#options.trace?.('out', text)
    return await new Promise<JsonObject>((resolve, reject) => {
      const finish = (): void => {
        timer?.[Symbol.dispose]()
        this.#waiting = undefined
      }
      const late = (): void => {
        finish()
        reject(unresponsive('Guest agent not available for now'))
      }
      const timer = deadline === 'forever' ? undefined : this.#options.clock.after(deadline, late)
      this.#waiting = {
        resolve: (message) => {
          if (!fits(message)) return
          finish()
          resolve(message)
        },
        reject: (error) => {
          finish()
          reject(error as Error)
        },
      }
      this.#transport.send(`${text}\n`).catch((error: unknown) => {
        this.#finish(unresponsive(`Unable to write to agent: ${(error as Error).message}`))
      })
    })
  }

  async #read(): Promise<void> {
    const lines = new Lines(lineLimit)
    try {
      for (;;) {
        const bytes = await this.#transport.receive()
        if (bytes === undefined) break
        for (const line of lines.push(bytes)) this.#message(line)
      }
      this.#finish(unresponsive('Guest agent disappeared while executing command'))
    } catch (error) {
      this.#finish(unresponsive(`Unable to read from agent: ${(error as Error).message}`))
    }
  }

  #message(line: Uint8Array): void {
    const text = line.subarray(line.lastIndexOf(sentinel) + 1)
    if (text.length === 0) return
    this.#options.trace?.('in', Buffer.from(text).toString())
    let message: JsonObject | undefined
    try {
      message = asObject(parseJson(text))
    } catch {
      // The rest of something that began before we listened.
      return
    }
    if (message !== undefined && ('return' in message || 'error' in message)) this.#waiting?.resolve(message)
  }

  #finish(reason: VirtError): void {
    if (this.#end !== undefined) return
    this.#end = reason
    this.#transport.close()
    // parity: whoever waits for the guest to do something takes the end of the channel for it.
    this.#waiting?.reject(this.#awaited ? guestLeft : reason)
    this.#ended(reason)
  }
}

/** Stands for the answer of a guest that has ended. */
const guestLeft = new Error('the guest did what it was told')

function unresponsive(detail: string): VirtError {
  return qemuError(ErrorNumber.AGENT_UNRESPONSIVE, detail)
}

const refusals = new WeakMap<object, string>()

/** The class of an agent's refusal, when an error is one. */
export function refusalOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? refusals.get(error) : undefined
}

function refusal(command: string, given: Json | undefined): VirtError {
  const object = asObject(given)
  const kind = (object === undefined ? undefined : textOf(object, 'class')) ?? 'GenericError'
  const said = (object === undefined ? undefined : textOf(object, 'desc')) ?? 'unknown QEMU command error'
  const error = internalError(`unable to execute QEMU agent command '${command}': ${said}`)
  refusals.set(error, kind)
  return error
}
