// SPDX-License-Identifier: LGPL-2.1-or-later
// What a monitor or an agent needs of its socket.
import type { Native, UnixSocket } from '@virt/native'

/** A stream of bytes that descriptors can travel along with. */
export interface Transport {
  /** Sends all of it, in order; descriptors go with the first byte and stay the caller's. */
  send(bytes: string, fds?: readonly number[]): Promise<void>
  /** The next bytes; undefined at the end. */
  receive(): Promise<Uint8Array | undefined>
  /** Ends both directions; `receive` rejects. */
  close(): void
}

/** Connects to a unix socket. @throws as the kernel says */
export function unixTransport(native: Native, path: string): Transport {
  return socketTransport(native.sockets.open({ type: 'stream', connect: path }))
}

/** Takes over a socket that is connected. */
export function socketTransport(socket: UnixSocket): Transport {
  return {
    send: (bytes, fds) => socket.send(bytes, fds === undefined ? {} : { fds }),
    receive: async () => (await socket.receive({ size: receiveSize }))?.bytes,
    close: () => socket.close(),
  }
}

const receiveSize = 64 * 1024

/** Cuts a stream into lines. */
export class Lines {
  #parts: Uint8Array[] = []
  #size = 0
  readonly #limit: number

  /** @param limit bytes that a line may have */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** The lines that end in `bytes`, without their ends. @throws RangeError when one is too long */
  push(bytes: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = []
    let from = 0
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      lines.push(this.#take(bytes.subarray(from, at)))
      from = at + 1
    }
    this.#keep(bytes.subarray(from))
    return lines
  }

  #take(last: Uint8Array): Uint8Array {
    const whole = this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last])
    this.#parts = []
    this.#size = 0
    return whole.at(-1) === 13 ? whole.subarray(0, -1) : whole
  }

  #keep(rest: Uint8Array): void {
    if (rest.length === 0) return
    this.#size += rest.length
    if (this.#size > this.#limit) throw new RangeError(`a line is longer than ${this.#limit} bytes`)
    this.#parts.push(rest)
  }
}
