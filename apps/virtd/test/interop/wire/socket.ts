// SPDX-License-Identifier: GPL-2.0-or-later
// A client that sends packets as they are and keeps every packet that comes.
import { connect, type Socket } from 'node:net'
import { type Frame, FrameParser, keepFrame, Program } from '@virt/rpc'

/** A packet of the daemon, with its bytes. */
export interface Arrived {
  readonly frame: Frame
  readonly bytes: Buffer
}

/** A raw connection to a daemon. */
export class WireSocket {
  readonly #socket: Socket
  readonly #arrived: Arrived[] = []
  readonly #waiting = new Set<() => void>()
  #ended = false

  private constructor(socket: Socket) {
    this.#socket = socket
    const parser = new FrameParser()
    socket.on('data', (chunk) => {
      parser.push(chunk, (frame) => this.#keep(keepFrame(frame)))
      this.#wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  static open(path: string): Promise<WireSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect(path)
      socket.once('connect', () => resolve(new WireSocket(socket)))
      socket.once('error', reject)
    })
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** Takes the first packet that `matches`, waiting for it; undefined when the daemon hangs up or `deadline` (ms) passes. */
  async take(matches: (frame: Frame) => boolean, deadline = 5000): Promise<Arrived | undefined> {
    const signal = AbortSignal.timeout(deadline)
    for (;;) {
      const at = this.#arrived.findIndex(({ frame }) => matches(frame))
      if (at >= 0) return this.#arrived.splice(at, 1)[0]
      if (this.#ended || signal.aborted) return undefined
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  /** Packets that nobody has taken; pings are left out, they come by the clock. */
  get left(): readonly Arrived[] {
    return this.#arrived.filter(({ frame }) => frame.program !== Program.keepalive)
  }

  close(): void {
    this.#socket.destroy()
  }

  #keep(frame: Frame): void {
    const header = Buffer.alloc(28)
    header.writeUInt32BE(28 + frame.end - frame.start, 0)
    const words = [frame.program, frame.version, frame.procedure, frame.type, frame.serial, frame.status]
    for (const [i, word] of words.entries()) header.writeUInt32BE(word >>> 0, 4 + 4 * i)
    this.#arrived.push({ frame, bytes: Buffer.concat([header, frame.buffer.subarray(frame.start, frame.end)]) })
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}
