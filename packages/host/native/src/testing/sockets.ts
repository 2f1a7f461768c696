// SPDX-License-Identifier: LGPL-2.1-or-later
// Unix sockets of a kernel in memory: streams and datagrams, with descriptors on their way.
import type { Binding } from '../binding.js'
import { systemError } from '../errors.js'
import type { FileTable, OpenFile } from './files.js'

interface Packet {
  bytes: Uint8Array
  readonly files: OpenFile[]
  readonly path?: string
}

const stream = 1
const datagram = 2
/** So little that tests meet a full socket. */
const most = 65536

class FakeSocket implements OpenFile {
  readonly kind = 'socket'
  readonly queue: Packet[] = []
  peer: FakeSocket | undefined
  path: string | undefined
  gone = false
  readonly type: number
  readonly #sockets: FakeSockets

  constructor(sockets: FakeSockets, type: number) {
    this.#sockets = sockets
    this.type = type
  }

  get held(): number {
    return this.queue.reduce((sum, packet) => sum + packet.bytes.length + 1, 0)
  }

  ready(events: number): boolean {
    const ended = this.type !== datagram && (this.peer === undefined || this.peer.gone)
    if (events & 1 && (this.queue.length > 0 || ended)) return true
    return (events & 2) !== 0 && (this.peer === undefined || this.peer.gone || this.peer.held < most)
  }

  release(): void {
    this.gone = true
    this.#sockets.forget(this)
  }
}

type Part = 'unixSocket' | 'socketPair' | 'bindUnix' | 'connectUnix' | 'listenUnix' | 'sendMessage' | 'receiveMessage'

/** The functions of `sockets.cc`. */
export class FakeSockets implements Pick<Binding, Part> {
  readonly #table: FileTable
  readonly #bound = new Map<string, FakeSocket>()

  constructor(table: FileTable) {
    this.#table = table
  }

  forget(socket: FakeSocket): void {
    if (socket.path !== undefined) this.#bound.delete(socket.path)
    for (const { files } of socket.queue.splice(0)) for (const file of files) this.#table.drop(file)
  }

  unixSocket(type: number): number {
    return this.#table.add(new FakeSocket(this, type))
  }

  socketPair(type: number): [number, number] {
    const [one, other] = [new FakeSocket(this, type), new FakeSocket(this, type)]
    one.peer = other
    other.peer = one
    return [this.#table.add(one), this.#table.add(other)]
  }

  bindUnix(fd: number, path: string): void {
    if (this.#bound.has(path)) throw systemError('EADDRINUSE', 'bind', `address already in use '${path}'`)
    const socket = this.#socket(fd, 'bind')
    socket.path = path
    this.#bound.set(path, socket)
  }

  connectUnix(fd: number, path: string): void {
    this.#socket(fd, 'connect').peer = this.#at(path, 'connect')
  }

  listenUnix(fd: number): void {
    const socket = this.#socket(fd, 'listen')
    if (socket.path === undefined) throw systemError('EINVAL', 'listen', 'invalid argument')
  }

  sendMessage(fd: number, bytes: Uint8Array, fds: readonly number[], path?: string): number {
    const socket = this.#socket(fd, 'sendmsg')
    const files = fds.map((one) => this.#table.get(one, 'sendmsg'))
    const to = path === undefined ? socket.peer : this.#at(path, 'sendmsg')
    if (to === undefined) throw systemError('ENOTCONN', 'sendmsg', 'socket is not connected')
    if (to.gone) throw systemError(socket.type === datagram ? 'ECONNREFUSED' : 'EPIPE', 'sendmsg', 'nobody reads')
    const room = most - to.held
    if (room <= 0) return -1
    const part = socket.type === stream ? bytes.slice(0, room) : bytes.slice()
    for (const file of files) this.#table.hold(file)
    to.queue.push({ bytes: part, files, ...(socket.path === undefined ? {} : { path: socket.path }) })
    this.#table.wake()
    return part.length
  }

  receiveMessage(fd: number, into: Uint8Array): ReturnType<Binding['receiveMessage']> {
    const socket = this.#socket(fd, 'recvmsg')
    const packet = socket.queue[0]
    if (packet === undefined) {
      const ended = socket.type !== datagram && socket.peer?.gone
      return ended ? { size: 0, fds: [], truncated: false } : undefined
    }
    const size = Math.min(into.length, packet.bytes.length)
    into.set(packet.bytes.subarray(0, size))
    const truncated = socket.type !== stream && size < packet.bytes.length
    const fds = packet.files.splice(0).map((file) => {
      const number = this.#table.add(file)
      this.#table.drop(file)
      return number
    })
    packet.bytes = packet.bytes.subarray(size)
    if (socket.type !== stream || packet.bytes.length === 0) socket.queue.shift()
    this.#table.wake()
    return { size, fds, truncated, ...(packet.path === undefined ? {} : { path: packet.path }) }
  }

  #socket(fd: number, syscall: string): FakeSocket {
    const file = this.#table.get(fd, syscall)
    if (!(file instanceof FakeSocket)) throw systemError('ENOTSOCK', syscall, 'socket operation on non-socket')
    return file
  }

  #at(path: string, syscall: string): FakeSocket {
    const socket = this.#bound.get(path)
    if (socket === undefined) throw systemError('ENOENT', syscall, `no such file or directory '${path}'`)
    return socket
  }
}
