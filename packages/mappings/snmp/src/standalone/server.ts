// SPDX-License-Identifier: LGPL-2.1-or-later
// An agent of its own: a UDP socket, its users, and where notifications go.
import { createSocket, type Socket } from 'node:dgram'
import { hostname } from 'node:os'
import { type Clock, type Logger, silent, systemClock } from '@virt/core'
import type { Agent } from '../agent.js'
import { libvirtRoot } from '../mib/libvirt-mib.js'
import { View } from '../mib/view.js'
import { type Trap, trapVariables } from '../trap.js'
import { startEngine } from './engine.js'
import { MessageFlag, PduTag, type SnmpPdu, writeV2 } from './message.js'
import { maxMessage, Responder, type ResponderOptions } from './responder.js'
import { systemGroups } from './system-mib.js'

/** Where notifications go: by v2c with a community, by v3 with a user. */
export type TrapSink = { readonly host: string; readonly port: number } & (
  | { readonly community: string }
  | { readonly user: string }
)

/** How an agent of its own works. */
export interface StandaloneOptions extends ResponderOptions {
  readonly host: string
  readonly port: number
  /** File that keeps the engine's id and how often it has started. */
  readonly stateFile: string
  readonly sinks?: readonly TrapSink[]
  readonly contact?: string
  readonly location?: string
  readonly log?: Logger
  readonly clock?: Clock
}

/** Questions that are being answered; more are dropped, as the network drops what is too much. */
const maxPending = 512

/** Serves an agent by SNMP itself, without a master. */
export class Standalone implements AsyncDisposable {
  readonly responder: Responder
  readonly #agent: Agent
  readonly #socket: Socket
  readonly #sinks: readonly TrapSink[]
  readonly #log: Logger
  readonly #traps: Disposable
  #pending = 0
  #requestId = 0

  private constructor(agent: Agent, responder: Responder, socket: Socket, options: StandaloneOptions) {
    this.#agent = agent
    this.responder = responder
    this.#socket = socket
    this.#sinks = options.sinks ?? []
    this.#log = options.log ?? silent
    this.#traps = agent.onTrap((trap) => this.#notify(trap))
    socket.on('message', (bytes, from) => {
      if (this.#pending >= maxPending) return
      this.#pending++
      void this.#answer(bytes, from.address, from.port).finally(() => {
        this.#pending--
      })
    })
    socket.on('error', (error) => this.#log.warn(`SNMP socket: ${error.message}`))
  }

  /**
   * Starts it: counts the start, then listens.
   * @throws Error when the address is in use, or the state cannot be kept
   */
  static async start(agent: Agent, options: StandaloneOptions): Promise<Standalone> {
    const clock = options.clock ?? systemClock
    for (const sink of options.sinks ?? [])
      if ('user' in sink && !(options.users ?? []).some(({ name }) => name === sink.user))
        throw new Error(`notifications to ${sink.host} are to be sent by '${sink.user}', who is no user`)
    const engine = await startEngine(options.stateFile, clock)
    const facts = {
      description: 'virt: the guests of this host',
      objectId: libvirtRoot,
      upTime: () => agent.upTime,
      contact: options.contact ?? '',
      name: hostname(),
      location: options.location ?? '',
    }
    // The counters are read through the responder, which answers from the view that they are in.
    const groups = systemGroups(facts, engine, () => responder.refusals)
    const responder: Responder = new Responder(new View([...agent.modules, ...groups]), engine, clock, options)
    const socket = createSocket(options.host.includes(':') ? 'udp6' : 'udp4')
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ address: options.host, port: options.port }, resolve)
    })
    socket.removeAllListeners('error')
    return new Standalone(agent, responder, socket, options)
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#socket.address().port
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.#traps[Symbol.dispose]()
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #answer(bytes: Buffer, host: string, port: number): Promise<void> {
    if (!this.#agent.isFresh) await this.#agent.beforeRead()
    const reply = await this.responder.respond(bytes)
    if (reply !== undefined) this.#send(reply, host, port)
  }

  #send(bytes: Buffer, host: string, port: number): void {
    if (bytes.length > maxMessage) return
    try {
      this.#socket.send(bytes, port, host, (error) => {
        if (error !== null) this.#log.debug(`cannot send to ${host}:${port}: ${error.message}`)
      })
    } catch {
      // The socket is closed: who has asked will ask again.
    }
  }

  #notify(trap: Trap): void {
    const variables = trapVariables(trap, this.#agent.upTime)
    for (const sink of this.#sinks) {
      this.#requestId = (this.#requestId + 1) & 0x7fffffff
      const pdu: SnmpPdu = { tag: PduTag.trap, id: this.#requestId, error: 0, index: 0, variables }
      this.#send(this.#trapBytes(sink, pdu), sink.host, sink.port)
    }
  }

  #trapBytes(sink: TrapSink, pdu: SnmpPdu): Buffer {
    if ('community' in sink) return writeV2(Buffer.from(sink.community), pdu)
    const keys = this.responder.keysOf(sink.user)
    const level = (keys?.level ?? 0) & (MessageFlag.auth | MessageFlag.priv)
    return this.responder.seal(pdu.id, level, pdu, keys)
  }
}
