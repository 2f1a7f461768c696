// SPDX-License-Identifier: LGPL-2.1-or-later
// A subagent: a session with a master, opened again when it ends.
import { connect, type Socket } from 'node:net'
import { type Clock, type Logger, silent, systemClock } from '@virt/core'
import { Backoff, pause } from '@virt/sampler'
import type { Agent } from '../agent.js'
import { type Trap, trapVariables } from '../trap.js'
import { AgentxFormatError, PduReader } from './decode.js'
import { PduWriter } from './encode.js'
import { CloseReason, type Pdu } from './pdu.js'
import { Session } from './session.js'

/** Where a master listens. */
export type MasterAddress = { readonly path: string } | { readonly host: string; readonly port: number }

/** Reads `unix:PATH`, `tcp:HOST:PORT`, a path, or `HOST:PORT`. @throws TypeError for anything else */
export function parseMaster(address: string): MasterAddress {
  const [, scheme, rest = ''] = /^(?:(unix|tcp):)?(.*)$/.exec(address) ?? []
  if (scheme === 'unix' || (scheme === undefined && rest.startsWith('/'))) return { path: rest }
  const [, host, port] = /^(.+):(\d+)$/.exec(rest) ?? []
  if (host === undefined || Number(port) > 65_535)
    throw new TypeError(`'${address}' is no address of a master: unix:PATH or tcp:HOST:PORT`)
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}

/** How a subagent works. */
export interface SubagentOptions {
  /** Seconds between pings: 15 by default. */
  pingInterval?: number
  /** Longest pause between attempts to connect, in ms: 1000 by default. */
  maxDelay?: number
  log?: Logger
  clock?: Clock
}

/** Longest wait for a connection, and for an answer of the master, in ms. */
const answerWithin = 5000
/** Bytes that may wait for the master to read them before we give it up. */
const maxBacklog = 16 * 1024 * 1024

/**
 * Serves an agent to an AgentX master such as snmpd, for as long as it is not closed: a lost session is opened again.
 * @since 0.1.0
 */
export class Subagent implements AsyncDisposable {
  readonly #agent: Agent
  readonly #address: MasterAddress
  readonly #clock: Clock
  readonly #log: Logger
  readonly #pingInterval: number
  readonly #backoff: Backoff
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined
  #session: Session | undefined
  #complaint = ''

  constructor(agent: Agent, address: MasterAddress, options: SubagentOptions = {}) {
    const { pingInterval = 15, maxDelay = 1000, log = silent, clock = systemClock } = options
    this.#agent = agent
    this.#address = address
    this.#clock = clock
    this.#log = log
    this.#pingInterval = pingInterval
    this.#backoff = new Backoff(clock, { minDelay: 500, maxDelay })
  }

  /** Whether a master has taken our registrations. */
  get isRegistered(): boolean {
    return this.#session?.isRegistered ?? false
  }

  /** Begins. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Says good-bye to the master, and ends. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        await this.#serve(signal)
      } catch (error) {
        const { message } = error as Error
        if (message !== this.#complaint) this.#log.warn(`AgentX master at ${this.#where()}: ${message}`)
        this.#complaint = message
      }
      await this.#backoff.pause(signal)
    }
  }

  #where(): string {
    return 'path' in this.#address ? this.#address.path : `${this.#address.host}:${this.#address.port}`
  }

  /** One session, from its opening to its end. @throws Error with the reason of the end */
  async #serve(signal: AbortSignal): Promise<void> {
    let take: (chunk: Buffer) => void = () => {}
    const socket = await this.#dial(signal, (chunk) => take(chunk))
    const writer = new PduWriter()
    let flushing = false
    let reading = false
    const flush = (): void => {
      flushing = false
      if (writer.empty) return
      socket.write(writer.take())
      if (socket.writableLength > maxBacklog) socket.destroy(new Error('it does not read its answers'))
    }
    const send = (pdu: Pdu): void => {
      writer.write(pdu)
      // What a read has asked is answered in one write, at its end.
      if (!reading && !flushing) {
        flushing = true
        setImmediate(flush)
      }
    }
    const session = new Session(this.#agent, send, this.#log)
    const reader = new PduReader()
    const ended = new Promise<never>((_, reject) => {
      socket.on('error', reject)
      socket.on('close', () => reject(new Error('it closed the connection')))
      session.onEnd = reject
    })
    ended.catch(() => {})
    take = (chunk) => {
      reading = true
      try {
        reader.push(chunk, (pdu) => session.receive(pdu))
        reading = false
        flush()
      } catch (error) {
        reading = false
        const { parseError, protocolError } = CloseReason
        session.close(error instanceof AgentxFormatError ? parseError : protocolError)
        flush()
        socket.destroy(error as Error)
      }
    }
    const trap = (t: Trap): void => session.notify(trapVariables(t, this.#agent.upTime))
    const traps = this.#agent.onTrap(trap)
    try {
      const within = <T>(work: Promise<T>, what: string): Promise<T> => this.#within(work, what, ended)
      await within(session.open(), 'opening a session')
      await within(session.register(), 'registering')
      this.#session = session
      this.#complaint = ''
      this.#backoff.reset()
      this.#log.info(`registered with the AgentX master at ${this.#where()}`)
      while (!signal.aborted) {
        await Promise.race([pause(this.#clock, this.#pingInterval * 1000, signal), ended])
        if (!signal.aborted) await within(session.ping(), 'a ping')
      }
      session.close(CloseReason.shutdown)
      flush()
      await new Promise<void>((resolve) => socket.end(() => resolve()))
    } finally {
      traps[Symbol.dispose]()
      this.#session = undefined
      session.abandon(new Error('the session has ended'))
      socket.destroy()
    }
  }

  async #within<T>(work: Promise<T>, what: string, ended: Promise<never>): Promise<T> {
    const waited = new AbortController()
    const late = pause(this.#clock, answerWithin, waited.signal).then((): never => {
      throw new Error(`no answer to ${what} within ${answerWithin} ms`)
    })
    // What loses the race has no other reader.
    late.catch(() => {})
    work.catch(() => {})
    try {
      return await Promise.race([work, ended, late])
    } finally {
      waited.abort()
    }
  }

  /** @param take gets what comes, copied: one question at a time is read into the same buffer */
  async #dial(signal: AbortSignal, take: (chunk: Buffer) => void): Promise<Socket> {
    const onread = {
      buffer: Buffer.allocUnsafe(64 * 1024),
      callback: (size: number, buffer: Uint8Array): boolean => {
        take(Buffer.from(buffer.subarray(0, size)))
        return true
      },
    }
    const socket = connect(
      'path' in this.#address
        ? { path: this.#address.path, onread }
        : { host: this.#address.host, port: this.#address.port, noDelay: true, onread },
    )
    const abort = (): void => void socket.destroy(new Error('not wanted any more'))
    signal.addEventListener('abort', abort, { once: true })
    const timer = this.#clock.after(answerWithin, () => socket.destroy(new Error('no connection in time')))
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve)
        socket.once('error', reject)
        socket.once('close', () => reject(new Error('it closed the connection')))
      })
      return socket
    } finally {
      timer[Symbol.dispose]()
      signal.removeEventListener('abort', abort)
    }
  }
}
