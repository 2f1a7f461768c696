// SPDX-License-Identifier: LGPL-2.1-or-later
// Unix sockets that carry messages and descriptors: datagrams (systemd's notify, journald) and streams with SCM_RIGHTS.
import { setMaxListeners } from 'node:events'
import type { Socket } from 'node:net'
import type { Binding } from './binding.js'
import { Descriptor, fdOf } from './descriptor.js'
import { checkInteger, systemError } from './errors.js'
import { FdPassing } from './passing.js'
import { readable, ready, type WaitOptions, writable } from './ready.js'

const types = { stream: 1, datagram: 2, packet: 5 } as const
const mostFds = 253
const mostWaiting = 1024

/** What kind of socket: a stream of bytes, messages without order or connection, or messages in order. */
export type SocketType = keyof typeof types

/** What came. The descriptors belong to whoever received them. */
export interface Message {
  readonly bytes: Uint8Array
  readonly fds: readonly number[]
  /** The sender's address where it has one; abstract names begin with a zero byte. */
  readonly path?: string
  /** Whether bytes or descriptors were dropped because there were too many. */
  readonly truncated: boolean
}

/** What goes along with bytes. */
export interface SendOptions extends WaitOptions {
  /** Descriptors that the other end gets copies of, at most 253; ours stay open. */
  readonly fds?: readonly number[]
  /** Where to, of a datagram on a socket that is not connected. */
  readonly path?: string
}

/** What to take at most. */
export interface ReceiveOptions extends WaitOptions {
  /** Bytes to take at most. Default 65536. */
  readonly size?: number
  /** Descriptors to take at most; more are closed. Default 0: nobody fills our table unasked. */
  readonly maxFds?: number
}

/** A unix socket. It never blocks the thread: what must wait waits on the event loop. */
export class UnixSocket extends Descriptor {
  readonly type: SocketType
  readonly #binding: Binding
  readonly #closed = new AbortController()
  #sending: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(binding: Binding, fd: number, type: SocketType) {
    super(binding, fd)
    this.#binding = binding
    this.type = type
    // As many waits as callers like.
    setMaxListeners(0, this.#closed.signal)
  }

  override close(): void {
    super.close()
    this.#closed.abort(systemError('EBADF', 'close', 'the socket was closed'))
  }

  /**
   * Sends bytes, all of them, and descriptors with the first. Sends are done in the order they were asked for.
   *
   * @throws as the kernel says (EPIPE, ECONNREFUSED, ENOENT, EMSGSIZE), ENOBUFS with 1024 sends waiting, the signal's
   *   reason – a stream may then have sent a part
   * @since 0.1.0
   */
  async send(bytes: Uint8Array | string, options: SendOptions = {}): Promise<void> {
    const fds = options.fds ?? []
    checkInteger('number of fds', fds.length, 0, mostFds)
    const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    if (data.length === 0 && this.type === 'stream') {
      if (fds.length > 0) throw systemError('EINVAL', 'sendmsg', 'descriptors need at least one byte to go with')
      return
    }
    if (this.#waiting >= mostWaiting) throw systemError('ENOBUFS', 'sendmsg', `${mostWaiting} sends wait already`)
    this.#waiting++
    const sent = this.#sending.then(() => this.#sendNow(data, fds, options))
    this.#sending = sent.catch(() => {})
    try {
      await sent
    } finally {
      this.#waiting--
    }
  }

  async #sendNow(data: Uint8Array, fds: readonly number[], options: SendOptions): Promise<void> {
    let rest = data
    let along = fds
    for (;;) {
      const size = this.#binding.sendMessage(this.fd, rest, along, options.path)
      if (size < 0) {
        await this.#ready(writable, options)
        continue
      }
      if (this.type !== 'stream' || size === rest.length) return
      rest = rest.subarray(size)
      along = []
    }
  }

  /**
   * Waits for the next message, or the next bytes of a stream; undefined at the end of a stream or of packets.
   *
   * @throws as the kernel says, the signal's reason, EBADF when it is closed meanwhile
   * @since 0.1.0
   */
  async receive(options: ReceiveOptions = {}): Promise<Message | undefined> {
    const { size = 65536, maxFds = 0 } = options
    checkInteger('size', size, 1, 1 << 26)
    checkInteger('maxFds', maxFds, 0, mostFds)
    const into = new Uint8Array(size)
    for (;;) {
      options.signal?.throwIfAborted()
      const raw = this.#binding.receiveMessage(this.fd, into)
      if (raw === undefined) {
        await this.#ready(readable, options)
        continue
      }
      for (const fd of raw.fds.slice(maxFds)) this.#binding.closeFd(fd)
      if (raw.size === 0 && raw.fds.length === 0 && this.type !== 'datagram') return undefined
      return {
        bytes: into.subarray(0, raw.size),
        fds: raw.fds.slice(0, maxFds),
        ...(raw.path === undefined ? {} : { path: raw.path }),
        truncated: raw.truncated || raw.fds.length > maxFds,
      }
    }
  }

  #ready(events: number, options: WaitOptions): Promise<void> {
    return ready(this.#binding, this.fd, events, options, this.#closed.signal)
  }
}

/** How to make a socket. */
export interface SocketOptions {
  readonly type?: SocketType
  /** Its own address: a path, or an abstract name that begins with a zero byte. The caller removes the path. */
  readonly bind?: string
  /** Whom to talk to. */
  readonly connect?: string
  /** Lets this many clients wait until whoever gets the descriptor accepts them: a program that we start, for one. */
  readonly listen?: number
}

/** Unix sockets beyond node:net. */
export interface Sockets {
  /**
   * Opens a socket.
   *
   * @throws as the kernel says: EADDRINUSE, ENOENT, ECONNREFUSED, EACCES, EAGAIN (the listener's queue is full), ENAMETOOLONG
   * @since 0.1.0
   */
  open(options?: SocketOptions): UnixSocket
  /**
   * Two sockets that are connected with each other.
   *
   * @since 0.1.0
   */
  pair(type?: SocketType): [UnixSocket, UnixSocket]
  /**
   * Takes over a descriptor that is a unix socket: inherited, or received.
   *
   * @since 0.1.0
   */
  adopt(fd: number, type?: SocketType): UnixSocket
  /**
   * Lets descriptors come and go with the bytes of a connected socket of Node's. Once for each socket; what was read
   * before has lost its own.
   *
   * @param deliver gets what is read, each time valid until it returns; absent: the socket's stream does
   * @throws EBADF when the socket is not connected (any more), ENOSYS with a Node that reads in another way
   * @since 0.1.0
   */
  passing(socket: Socket, deliver?: (bytes: Buffer) => void): FdPassing
  /**
   * One more descriptor of the same open file.
   *
   * @throws EBADF, EMFILE
   * @since 0.1.0
   */
  duplicate(fd: number): number
  /**
   * Closes a descriptor that was received.
   *
   * @throws EBADF
   * @since 0.1.0
   */
  closeFd(fd: number): void
}

/** Sockets of the kernel. */
export function socketsOf(binding: Binding): Sockets {
  return {
    open({ type = 'datagram', bind, connect, listen } = {}) {
      if (listen !== undefined) checkInteger('listen', listen, 1, 4096)
      const socket = new UnixSocket(binding, binding.unixSocket(types[type]), type)
      try {
        if (bind !== undefined) binding.bindUnix(socket.fd, bind)
        if (connect !== undefined) binding.connectUnix(socket.fd, connect)
        if (listen !== undefined) binding.listenUnix(socket.fd, listen)
      } catch (error) {
        socket.close()
        throw error
      }
      return socket
    },
    pair(type = 'stream') {
      const [one, other] = binding.socketPair(types[type])
      return [new UnixSocket(binding, one, type), new UnixSocket(binding, other, type)]
    },
    adopt: (fd, type = 'stream') => new UnixSocket(binding, fdOf(fd), type),
    passing: (socket, deliver) => new FdPassing(binding, socket, deliver),
    duplicate: (fd) => duplicate(binding, fdOf(fd)),
    closeFd: (fd) => binding.closeFd(fdOf(fd)),
  }
}

/** What is sent is received as another number. */
function duplicate(binding: Binding, fd: number): number {
  const [one, other] = binding.socketPair(types.packet)
  try {
    binding.sendMessage(one, new Uint8Array(1), [fd])
    const [copy] = binding.receiveMessage(other, new Uint8Array(1))?.fds ?? []
    if (copy === undefined) throw systemError('EMFILE', 'dup', 'too many open files')
    return copy
  } finally {
    for (const end of [one, other]) binding.closeFd(end)
  }
}
