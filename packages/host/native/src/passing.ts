// SPDX-License-Identifier: LGPL-2.1-or-later
// Descriptors beside the bytes of a connected socket of Node's. Node reads and writes no descriptors: what comes along
// with bytes that it has read is lost. So its reading is taken over; writing stays with it.
import type { Socket } from 'node:net'
import type { Binding } from './binding.js'
import { fdOf } from './descriptor.js'
import { systemError } from './errors.js'
import { readable, ready, writable } from './ready.js'

/** Descriptors of one socket that may wait to be taken before it is read on. */
const mostHeld = 64
const readSize = 64 * 1024
/** Reads in a row before others get their turn. */
const turns = 16

/** What of a Node socket is not public: the names are those since Node 0.10. */
interface Handle {
  reading?: boolean
  readStart(): number
  readStop(): number
}

/** A socket whose bytes may have descriptors with them. The socket is read, paused, written and closed as before. */
export class FdPassing {
  readonly #binding: Binding
  readonly #socket: Socket
  readonly #handle: Handle
  readonly #deliver: ((bytes: Buffer) => void) | undefined
  readonly #into = Buffer.allocUnsafeSlow(readSize)
  readonly #closed = new AbortController()
  #held: number[] = []
  /** It is not read until some are taken. */
  #full = false
  #watch: object | undefined

  constructor(binding: Binding, socket: Socket, deliver?: (bytes: Buffer) => void) {
    this.#binding = binding
    this.#socket = socket
    this.#deliver = deliver
    fdOf(socket)
    const handle = (socket as unknown as { _handle: Handle })._handle
    if (typeof handle.readStart !== 'function' || typeof handle.readStop !== 'function')
      throw systemError('ENOSYS', 'recvmsg', 'this Node reads sockets in another way')
    this.#handle = handle
    handle.readStop()
    handle.readStart = () => this.#start()
    handle.readStop = () => this.#stop()
    if (handle.reading !== false) this.#start()
    socket.once('close', () => this.#close())
  }

  /** Descriptors that have come and were not taken. */
  get held(): number {
    return this.#held.length
  }

  /**
   * The descriptors that came first; they are the caller's from here on.
   *
   * @returns fewer than asked for when there are no more
   * @since 0.1.0
   */
  take(count: number): number[] {
    const fds = this.#held.splice(0, count)
    if (this.#full && this.#held.length < mostHeld) {
      this.#full = false
      this.#start()
    }
    return fds
  }

  /**
   * Sends descriptors behind everything that was written to the socket, each with a byte of its own. Until it is done,
   * nothing else may be written. Ours stay open.
   *
   * @throws as the kernel says (EPIPE, EBADF …), EBADF when the socket is closed meanwhile
   * @since 0.1.0
   */
  async send(fds: readonly number[]): Promise<void> {
    if (this.#socket.writableLength > 0)
      await new Promise<void>((resolve, reject) =>
        this.#socket.write('', (error) => (error ? reject(error) : resolve())),
      )
    const byte = new Uint8Array(1)
    for (const fd of fds)
      while (this.#binding.sendMessage(fdOf(this.#socket), byte, [fd]) < 0)
        await ready(this.#binding, fdOf(this.#socket), writable, {}, this.#closed.signal)
  }

  #start(): number {
    if (this.#closed.signal.aborted || this.#full) return 0
    this.#watch ??= this.#binding.watch(fdOf(this.#socket), readable, () => this.#read())
    return 0
  }

  #stop(): number {
    // Somebody who pauses while too many wait does not want it read when they are taken.
    this.#full = false
    this.#unwatch()
    return 0
  }

  /** @returns whether it was watched */
  #unwatch(): boolean {
    const watch = this.#watch
    this.#watch = undefined
    if (watch !== undefined) this.#binding.unwatch(watch)
    return watch !== undefined
  }

  #read(): void {
    try {
      for (let turn = 0; turn < turns && this.#watch !== undefined && !this.#socket.destroyed; turn++) {
        const message = this.#binding.receiveMessage(fdOf(this.#socket), this.#into)
        if (message === undefined) return
        this.#held.push(...message.fds)
        if (message.size === 0) return this.#ended()
        this.#give(this.#into.subarray(0, message.size))
        if (this.#held.length >= mostHeld) this.#full = this.#unwatch()
      }
    } catch (error) {
      this.#stop()
      this.#socket.destroy(error as Error)
    }
  }

  #give(bytes: Buffer): void {
    if (this.#deliver !== undefined) this.#deliver(bytes)
    else if (!this.#socket.push(Buffer.from(bytes))) {
      // As Node's own reading does it: the next read of the stream starts it again.
      this.#handle.reading = false
      this.#stop()
    }
  }

  #ended(): void {
    this.#stop()
    this.#socket.push(null)
    this.#socket.read(0)
  }

  #close(): void {
    this.#stop()
    for (const fd of this.#held.splice(0)) this.#binding.closeFd(fd)
    this.#closed.abort(systemError('EBADF', 'sendmsg', 'the socket was closed'))
  }
}
