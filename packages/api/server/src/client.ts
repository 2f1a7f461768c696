// SPDX-License-Identifier: LGPL-2.1-or-later
// One connection of a server: frames in, gates, frames out.
import type { Duplex } from 'node:stream'
import {
  type AccessCheck,
  type AclRule,
  type Answer,
  access,
  type CallConnection,
  type Family,
  type Identity,
  isPromise,
  LocalConnection,
  type Session,
  type SessionSet,
} from '@virt/core'
import {
  type Frame,
  FrameParser,
  FrameStatus,
  FrameType,
  headerSize,
  Keepalive,
  KeepaliveTimer,
  maxPacket,
  Program,
  payloadOf,
  XdrError,
} from '@virt/rpc'
import type { Authenticator } from './auth.js'
import { admit, type CallPlace, decodeArgs, writeDriverLost, writeFailure } from './call-frames.js'
import { closeFds, Descriptors, noPassing } from './descriptors.js'
import { internalError, notOpen, rpcError } from './errors.js'
import { Output } from './output.js'
import { Patience } from './patience.js'
import type { Peer } from './peer.js'
import type { Server } from './server.js'
import { ServerCall } from './server-call.js'
import { type ServerStream, type StreamOwner, streamOf } from './stream.js'
import { Subscriptions } from './subscriptions.js'
import type { Entry, OwnProcedure } from './table.js'
import { Turn } from './turn.js'
import { WaitingFrames } from './waiting-frames.js'

/** Frames that may wait while a client has too many calls unanswered. */
const maxWaitingFrames = 64
/** Longest packet of a client that has not said who it is: the most that a step of SASL may carry. */
const maxBeforeAuth = headerSize + 4 * 65536 + 64

export class Client implements CallConnection, StreamOwner {
  readonly id: number
  readonly server: Server
  readonly peer: Peer
  readonly output: Output
  readonly subscriptions: Subscriptions
  /** When the connection was made, milliseconds since the epoch. */
  readonly since: number
  /** Asks the access driver; absent when nothing is checked. */
  readonly checker: AccessCheck | undefined
  readonly descriptors: Descriptors
  closeCallback = false
  identity: Identity
  readOnly: boolean

  readonly #duplex: Duplex
  readonly #parser = new FrameParser()
  readonly #keepalive: KeepaliveTimer
  readonly #patience: Patience | undefined
  readonly #streams = new Map<number, ServerStream>()
  readonly #busy = new Set<ServerStream>()
  readonly #closers = new LocalConnection(false, {})
  readonly #handle = (frame: Frame): void => this.#receive(frame)
  #set: SessionSet | undefined
  #opening = false
  #pending = 0
  readonly #waiting = new WaitingFrames()
  /** Bytes of output that is not sent. */
  #unsent = 0
  /** Bytes of what has come and waits, as last told. */
  #input = 0
  readonly #turn = new Turn()
  #continuing = false
  #inRead = false
  #closed = false
  /** Nothing more is read; the connection ends when the calls under way have been answered. */
  #finishing = false

  constructor(server: Server, duplex: Duplex, peer: Peer, id: number) {
    this.server = server
    this.id = id
    this.peer = peer
    this.identity = peer.identity
    this.readOnly = peer.readOnly
    this.since = server.clock.now()
    this.checker = server.access?.(this)
    this.#duplex = duplex
    this.output = new Output(
      duplex,
      server.limits.maxOutput,
      () => this.broken(new Error(`client does not read: more than ${server.limits.maxOutput} bytes wait`)),
      (bytes) => {
        this.#unsent = bytes
        this.#hold()
      },
    )
    this.output.separate = peer.separate
    this.descriptors = new Descriptors(peer.descriptors, this.#parser, this.output)
    this.subscriptions = new Subscriptions(this.output, (error) => this.broken(error))
    this.#keepalive = new KeepaliveTimer(server.clock, (action) => {
      if (action === 'dead') return this.broken(new Error('no answer to keepalive'))
      this.output.writer.frame(Program.keepalive, Keepalive.ping, FrameType.message, 0, FrameStatus.ok)
      this.output.flush()
    })
    if (!peer.auth.done) {
      this.#parser.limit = maxBeforeAuth
      this.#patience = new Patience(server.clock, server.limits.authTimeout, (why) => this.broken(new Error(why)))
    }
    duplex.on('data', (chunk: Buffer) => this.#read(chunk))
    duplex.on('error', (error: Error) => this.broken(error))
    duplex.on('end', () => {
      if (!duplex.writableEnded) duplex.end()
    })
    duplex.on('close', () => this.#end())
    // A socket that had to wait for room has been paused all the while.
    if (duplex.isPaused()) duplex.resume()
  }

  /** The URI that was opened. */
  get uri(): string {
    return this.#set?.uri ?? ''
  }

  /** What access rules know the driver by. */
  get driverName(): string {
    const driver = this.#set?.driver
    return driver?.accessName ?? driver?.name ?? ''
  }

  /** Calls that are being served, and calls that are not yet. */
  get calls(): { readonly running: number; readonly waiting: number } {
    return { running: this.#pending, waiting: this.#waiting.length }
  }

  get secure(): boolean {
    return this.peer.secure || this.output.layer !== undefined
  }

  get authenticated(): boolean {
    return this.peer.auth.done
  }

  /** The session for a family. @throws VirtError when nothing is open */
  session(family: Family): Session {
    if (this.#set === undefined) throw notOpen(family)
    return this.#set.sessions[family]
  }

  authTypes(): readonly number[] {
    return this.peer.auth.types
  }

  authenticator(): Authenticator {
    return this.peer.auth
  }

  /** Takes over what authentication has agreed on; its last answer is still said as before. */
  settleAuth(): void {
    const { auth } = this.peer
    if (!auth.done) return
    this.#patience?.end()
    this.server.known(this)
    this.#parser.limit = maxPacket
    this.identity = { ...this.identity, ...auth.identity }
    if (auth.layer === undefined) return
    this.output.flush(true)
    // Nobody who waits for the answer can have said anything; what is there was slipped in on the way.
    if (this.#waiting.length > 0 || this.#parser.held > 0)
      return this.broken(new Error('data came in before the security layer'))
    this.output.layer = auth.layer
  }

  onClose(fn: () => void): Disposable {
    return this.#closers.onClose(fn)
  }

  startKeepalive(): void {
    this.#keepalive.start(this.server.limits.keepaliveInterval, this.server.limits.keepaliveCount)
  }

  /** `CONNECT_OPEN`. A second one drops what is open, as libvirt does. */
  async open(call: ServerCall, name: string, flags: number): Promise<void> {
    if (this.#set !== undefined || this.#opening) {
      const set = this.#set
      this.#set = undefined
      await this.subscriptions.clear()
      await set?.close()
      throw internalError('connection already open')
    }
    if ((flags & 1) !== 0) this.readOnly = true
    this.#opening = true
    try {
      const set = await this.server.open(call, name, this.readOnly ? 1 : 0)
      if (this.#closed) return await set.close()
      this.#set = set
      await this.#admitted(set)
      set.sessions.hypervisor.onLost?.((reason) => this.#driverLost(reason))
    } finally {
      this.#opening = false
    }
  }

  /** Asks whether the connection may be had at all; what was opened is closed when not. */
  async #admitted(set: SessionSet): Promise<void> {
    if (set.sessions.hypervisor.delegatesAccess === true) return
    try {
      await this.checker?.('connect', undefined, 'getattr')
    } catch (error) {
      this.#set = undefined
      await set.close()
      throw error
    }
  }

  /** Ends the connection when what was said is with the system; what the client still says is not waited for. */
  closeAfterOutput(): void {
    const { held } = this.output
    if (held !== undefined) return void held.then(() => this.closeAfterOutput())
    this.output.flush(true)
    this.#duplex.end(() => this.#duplex.destroy())
  }

  /** Ends the connection when the calls under way have been answered; takes no more of them. */
  finish(): void {
    this.#finishing = true
    this.#waiting.clear()
    this.#duplex.pause()
    if (this.#pending === 0) this.closeAfterOutput()
  }

  /** Ends the connection at once. */
  broken(error: Error): void {
    if (this.#closed) return
    this.server.log.warn(`client ${this.id}: ${error.message}`)
    this.#duplex.destroy()
  }

  /** Ends the connection at once, for no fault of its own. */
  destroy(): void {
    this.#duplex.destroy()
  }

  fail(stream: ServerStream, type: number, error: unknown): void {
    this.#error(stream, type, error)
    this.output.flushSoon()
  }

  ended(stream: ServerStream): void {
    if (this.#streams.get(stream.serial) === stream) this.#streams.delete(stream.serial)
    this.busy(stream, false)
  }

  busy(stream: ServerStream, waiting: boolean): void {
    if (waiting) {
      this.#busy.add(stream)
      this.#duplex.pause()
    } else if (this.#busy.delete(stream) && this.#busy.size === 0) this.#resume()
  }

  #read(chunk: Buffer): void {
    this.#keepalive.alive()
    this.#inRead = true
    this.#turn.begin()
    try {
      this.#parser.push(this.output.layer === undefined ? chunk : this.output.layer.decode(chunk), this.#handle)
    } catch (error) {
      this.#inRead = false
      return this.broken(error as Error)
    }
    this.#inRead = false
    if (this.#duplex.readableLength === 0 && this.descriptors.unasked)
      return this.broken(new Error('descriptors came that belong to no call'))
    this.output.flush()
    if (this.#parser.held + this.#waiting.bytes !== this.#input) this.#hold()
    if (this.#waiting.length > 0) this.#later()
    // A client that asks without reading the answers is not read any more until it does.
    else if (this.output.ready() !== undefined) this.#afterDrain()
  }

  #receive(frame: Frame): void {
    if (frame.program === Program.keepalive) return this.#onKeepalive(frame)
    if (frame.type === FrameType.stream || frame.type === FrameType.streamHole) {
      this.#streams.get(frame.serial)?.receive(frame)
      return
    }
    if (this.#waiting.length > 0 || !this.#mayDispatch()) {
      this.#waiting.push(frame)
      if (this.#waiting.length >= maxWaitingFrames) this.#duplex.pause()
      return
    }
    this.#dispatch(frame)
  }

  /** Whether one more call may be answered now, or must wait for those before it, for the client or for others' turns. */
  #mayDispatch(): boolean {
    if (this.#pending >= this.server.limits.maxClientRequests || this.output.crowded) return false
    return this.#turn.next()
  }

  /** Goes on with the calls that wait, when what they wait for may have come. */
  #later(): void {
    if (this.#continuing || this.#closed || this.#pending >= this.server.limits.maxClientRequests) return
    if (this.output.ready() !== undefined) return this.#afterDrain()
    this.#continuing = true
    setImmediate(() => {
      this.#continuing = false
      this.#next()
    })
  }

  #afterDrain(): void {
    if (this.#continuing) return
    this.#continuing = true
    this.#duplex.pause()
    // Nothing rejects it.
    void this.output.ready()?.then(() => {
      this.#continuing = false
      this.#next()
    })
  }

  #hold(): void {
    this.#input = this.#parser.held + this.#waiting.bytes
    this.server.held.hold(this, this.#closed || this.#duplex.destroyed ? 0 : this.#unsent + this.#input)
  }

  #onKeepalive(frame: Frame): void {
    if (frame.type === FrameType.message && frame.procedure === Keepalive.ping)
      this.output.writer.frame(Program.keepalive, Keepalive.pong, FrameType.message, 0, FrameStatus.ok)
  }

  #dispatch(frame: Frame): void {
    const isCall = frame.type === FrameType.call || frame.type === FrameType.callWithFds
    const table = frame.version === 1 ? this.server.programs.get(frame.program) : undefined
    if (table === undefined) {
      closeFds(frame.fds)
      if (isCall)
        this.#error(frame, FrameType.reply, rpcError(`Cannot find program ${frame.program} version ${frame.version}`))
      return
    }
    if (!isCall) return closeFds(frame.fds)
    let pending = false
    try {
      const entry = admit(frame, table, this.peer.auth)
      const call = new ServerCall(this, entry, frame)
      const r = payloadOf(frame)
      // Descriptors are counted in front of the arguments; a connection that cannot carry them has none.
      if (frame.type === FrameType.callWithFds && r.uint() !== (frame.fds?.length ?? 0))
        throw rpcError('Unable to decode number of FDs')
      const args = decodeArgs(entry, r)
      if (entry.procedure.beforeAuth === true) this.#patience?.asked()
      const answer = this.#run(entry, call, args, frame.fds)
      pending = isPromise(answer)
      if (isPromise(answer)) this.#pend(answer, entry, call, args, frame.fds)
      else this.#reply(entry, call, args, answer)
    } catch (error) {
      this.#error(frame, FrameType.reply, error)
    }
    if (!pending) closeFds(frame.fds)
    if (this.#pending === 0) this.#patience?.answered()
  }

  #run(entry: Entry, call: ServerCall, args: unknown, fds: readonly number[] = []): Answer<unknown> {
    if (entry.own !== undefined) return this.#runOwn(entry.own, entry.procedure.acl ?? [], call, args)
    const binding = entry.binding as NonNullable<Entry['binding']>
    return binding.serve(this.session(binding.family), call, args, fds)
  }

  #runOwn(own: OwnProcedure, rules: readonly AclRule[], call: ServerCall, args: unknown): Answer<unknown> {
    const session = this.#set?.sessions.hypervisor
    // Without a session there is nothing to be had yet, and nothing that could be asked about.
    if (session === undefined || session.delegatesAccess === true) return own.run(this, call, args)
    const wait = access(call, rules, undefined, 0)
    return wait === undefined ? own.run(this, call, args) : wait.then(() => own.run(this, call, args))
  }

  #pend(answer: Promise<unknown>, entry: Entry, call: ServerCall, args: unknown, fds?: readonly number[]): void {
    this.#pending++
    const settle = (say: () => void): void => {
      try {
        say()
      } catch (error) {
        this.broken(error as Error)
      }
      closeFds(fds)
      this.#pending--
      if (this.#pending === 0) this.#patience?.answered()
      if (this.#waiting.length > 0) this.#next()
      if (this.#finishing && this.#pending === 0) this.closeAfterOutput()
      else this.output.flushSoon()
    }
    answer.then(
      (value) => settle(() => this.#reply(entry, call, args, value)),
      (error: unknown) => settle(() => this.#error(call, FrameType.reply, error)),
    )
  }

  #next(): void {
    if (this.#closed) return
    const was = this.#inRead
    this.#inRead = true
    this.#turn.begin()
    while (this.#waiting.length > 0 && this.#mayDispatch()) this.#dispatch(this.#waiting.shift() as Frame)
    this.#inRead = was
    this.output.flush()
    this.#hold()
    if (this.#waiting.length > 0) this.#later()
    if (this.#waiting.length < maxWaitingFrames && !this.#continuing) this.#resume()
  }

  #resume(): void {
    if (
      this.#closed ||
      this.#finishing ||
      this.#busy.size > 0 ||
      this.#waiting.length >= maxWaitingFrames ||
      !this.#duplex.isPaused()
    )
      return
    this.#duplex.resume()
  }

  #reply(entry: Entry, call: ServerCall, args: unknown, value: unknown): void {
    const { binding, own } = entry
    const fds = binding?.fdsOut === true ? (value as { fds: readonly number[] }).fds : []
    if (this.#closed) return closeFds(fds)
    const { held } = this.output
    // Descriptors come directly behind their packet.
    if (fds.length > 0 && held !== undefined) return void held.then(() => this.#reply(entry, call, args, value))
    if (fds.length > 0 && !this.descriptors.offered()) {
      closeFds(fds)
      return this.#error(call, FrameType.reply, noPassing())
    }
    const stream = binding && streamOf(this, call, binding, args, value)
    if (stream !== undefined) this.#streams.set(call.serial, stream)
    const w = this.output.writer
    const type = fds.length > 0 ? FrameType.replyWithFds : FrameType.reply
    w.begin(call.program, call.procedure, type, call.serial, FrameStatus.ok)
    try {
      if (fds.length > 0) w.int(fds.length)
      if (own !== undefined) own.encode?.(w, value)
      else binding?.encodeReply(w, value, args)
      w.end()
    } catch (error) {
      w.cancel()
      this.#error(
        call,
        FrameType.reply,
        error instanceof XdrError ? rpcError('Unable to encode message payload') : error,
      )
      stream?.destroy()
      return closeFds(fds)
    }
    if (fds.length > 0) this.descriptors.send(fds).catch((error: unknown) => this.broken(error as Error))
    own?.after?.(this)
    stream?.start()
  }

  #error(at: CallPlace, type: number, error: unknown): void {
    if (this.#closed) return
    writeFailure(this.output.writer, at, type, error)
    if (!(error instanceof Error) || error.name !== 'VirtError')
      this.server.log.debug(`client ${this.id}: ${error instanceof Error ? error.stack : String(error)}`)
  }

  #driverLost(reason: string): void {
    if (!this.closeCallback || this.#closed) return
    writeDriverLost(this.output.writer, reason)
    this.output.flushSoon()
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    this.#keepalive.stop()
    this.#patience?.end()
    this.#waiting.clear()
    this.#hold()
    for (const stream of this.#streams.values()) stream.destroy()
    this.#streams.clear()
    this.#closers.end()
    const set = this.#set
    this.#set = undefined
    const log = (error: unknown): void =>
      this.server.log.error(
        `client ${this.id}: closing failed: ${error instanceof Error ? error.message : String(error)}`,
      )
    this.subscriptions.clear().catch(log)
    set?.close().catch(log)
    this.server.forget(this)
  }
}
