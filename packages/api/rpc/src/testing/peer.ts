// SPDX-License-Identifier: LGPL-2.1-or-later
// A daemon that does what a test wants: answers by procedure, in any order, or not at all.
import type { Duplex } from 'node:stream'
import { ErrorDomain, ErrorNumber, VirtError } from '@virt/core'
import { writeError } from '../error-codec.js'
import {
  type Frame,
  FrameParser,
  FrameStatus,
  FrameType,
  FrameWriter,
  keepFrame,
  Program,
  payloadOf,
} from '../frame.js'
import { Keepalive } from '../keepalive.js'
import type { Procedure } from '../procedure.js'
import { procedures } from '../tables.js'

/** A handler answers this to answer later, through its call, or never. */
export const later: unique symbol = Symbol('later')

/** Answers a call: with the fields of the reply, by throwing, or with `later`. */
export type Handler = (args: never, call: PeerCall) => unknown

const key = (program: number, number: number): string => `${program}:${number}`
const byNumber = new Map<string, Procedure>(procedures().map((p) => [key(Program[p.program], p.number), p]))
const events = new Map<string, Procedure>(
  procedures()
    .filter((p) => p.msg !== undefined)
    .map((p) => [p.name, p]),
)

/** A call that the peer has got, and the stream that it may open. */
export class PeerCall {
  readonly name: string
  readonly args: unknown
  readonly frame: Frame
  /** Packets of the stream that the client has sent. */
  readonly packets: Frame[] = []
  /** Called for each of them. */
  onPacket: ((frame: Frame) => void) | undefined
  readonly #peer: FakePeer
  readonly #procedure: Procedure | undefined

  constructor(peer: FakePeer, frame: Frame, procedure: Procedure | undefined, args: unknown) {
    this.#peer = peer
    this.#procedure = procedure
    this.frame = frame
    this.name = procedure?.name ?? `${frame.program}:${frame.procedure}`
    this.args = args
  }

  /** Answers with the fields of the reply. */
  reply(fields?: unknown): void {
    this.#send(FrameType.reply, FrameStatus.ok, (w) => this.#procedure?.ret?.encode(w, fields as never))
  }

  /** Answers with an error. */
  fail(error: unknown): void {
    this.#send(FrameType.reply, FrameStatus.error, (w) => writeError(w, error))
  }

  /** Sends bytes on the call's stream; none mean the end of data. */
  data(bytes: Uint8Array = new Uint8Array(0)): void {
    const { program, procedure, serial } = this.frame
    this.#peer.writer.frame(program, procedure, FrameType.stream, serial, FrameStatus.continue, bytes)
    this.#peer.flush()
  }

  hole(length: bigint): void {
    this.#send(FrameType.streamHole, FrameStatus.continue, (w) => {
      w.int64(length)
      w.int(0)
    })
  }

  /** Answers that the stream's work is complete, or that its abort was heard. */
  finish(): void {
    this.#send(FrameType.stream, FrameStatus.ok)
  }

  /** Ends the stream with an error. */
  streamError(error: unknown): void {
    this.#send(FrameType.stream, FrameStatus.error, (w) => writeError(w, error))
  }

  #send(type: number, status: number, encode?: (w: FrameWriter) => void): void {
    const { program, procedure, serial } = this.frame
    const w = this.#peer.writer
    w.begin(program, procedure, type, serial, status)
    encode?.(w)
    w.end()
    this.#peer.flush()
  }
}

/** What every daemon answers while a connection is opened and closed. */
const usual: Record<string, Handler> = {
  AUTH_LIST: () => ({ types: [0] }),
  CONNECT_SUPPORTS_FEATURE: () => ({ supported: 1 }),
  CONNECT_OPEN: () => undefined,
  CONNECT_CLOSE: () => undefined,
  CONNECT_REGISTER_CLOSE_CALLBACK: () => undefined,
}

/** The daemon's end of a connection. Calls without a handler get `unknown procedure`. */
export class FakePeer {
  /** Every call, in order. */
  readonly calls: PeerCall[] = []
  /** Keepalive packets of the client: procedures, in order. */
  readonly keepalive: number[] = []
  readonly writer: FrameWriter = new FrameWriter()
  /** Whether replies and packets are held back to leave together with `flush(true)`. */
  corked = false
  readonly #duplex: Duplex
  readonly #handlers: Record<string, Handler>
  readonly #streams = new Map<number, PeerCall>()

  /** @param handlers by procedure name; they stand before the usual ones */
  constructor(duplex: Duplex, handlers: Record<string, Handler> = {}) {
    this.#duplex = duplex
    this.#handlers = { ...usual, ...handlers }
    const parser = new FrameParser()
    duplex.on('data', (chunk: Buffer) => parser.push(chunk, (frame) => this.#receive(keepFrame(frame))))
    duplex.on('error', () => {})
  }

  /** Names of the calls so far. */
  get names(): string[] {
    return this.calls.map((c) => c.name)
  }

  /** The last call of that name. */
  last(name: string): PeerCall {
    const found = this.calls.filter((c) => c.name === name).at(-1)
    if (found === undefined) throw new Error(`${name} was not called`)
    return found
  }

  /** Sends an event, its fields being those of the procedure's message. */
  event(name: string, fields: unknown): void {
    const p = events.get(name)
    if (p?.msg === undefined) throw new Error(`${name} is no event`)
    this.writer.begin(Program[p.program], p.number, FrameType.message, 0, FrameStatus.ok)
    p.msg.encode(this.writer, fields as never)
    this.writer.end()
    this.flush()
  }

  ping(): void {
    this.writer.frame(Program.keepalive, Keepalive.ping, FrameType.message, 0, FrameStatus.ok)
    this.flush()
  }

  /** Sends bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#duplex.write(bytes)
  }

  /** Writes what is waiting; while `corked` only when forced. */
  flush(force = false): void {
    if ((this.corked && !force) || this.writer.position === 0) return
    if (this.#duplex.destroyed) return this.writer.reset()
    this.#duplex.write(this.writer.take())
  }

  end(): void {
    this.#duplex.end()
  }

  #receive(frame: Frame): void {
    if (frame.program === Program.keepalive) {
      this.keepalive.push(frame.procedure)
      return
    }
    if (frame.type === FrameType.stream || frame.type === FrameType.streamHole) {
      const stream = this.#streams.get(frame.serial)
      stream?.packets.push(frame)
      stream?.onPacket?.(frame)
      return
    }
    const procedure = byNumber.get(key(frame.program, frame.procedure))
    const call = new PeerCall(this, frame, procedure, procedure?.args?.decode(payloadOf(frame)))
    this.calls.push(call)
    if (procedure?.stream !== undefined) this.#streams.set(frame.serial, call)
    const handler = this.#handlers[call.name]
    if (handler === undefined)
      return call.fail(
        new VirtError(`unknown procedure: ${frame.procedure}`, {
          number: ErrorNumber.RPC,
          domain: ErrorDomain.RPC,
          str1: '%s',
          str2: `unknown procedure: ${frame.procedure}`,
        }),
      )
    try {
      const answer = handler(call.args as never, call)
      if (answer !== later) call.reply(answer)
    } catch (error) {
      call.fail(error)
    }
  }
}
