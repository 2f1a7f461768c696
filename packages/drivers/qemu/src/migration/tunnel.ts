// SPDX-License-Identifier: LGPL-2.1-or-later
// A guest that goes through the daemons' own connection: between QEMU and the stream there is a pair of sockets.
import { type ByteStream, ErrorDomain, systemFailure } from '@virt/core'
import type { Native } from '@virt/native'
import type { Monitor } from '../monitor/monitor.js'

/** Name of a descriptor at QEMU. */
const passed = 'migrate'
/** Bytes that are handed on at once. */
const block = 64 * 1024

type Socket = ReturnType<Native['sockets']['pair']>[0]

/** QEMU gets one end. @returns the other */
async function handOver(native: Native, monitor: Monitor): Promise<Socket> {
  const [ours, qemus] = native.sockets.pair('stream')
  try {
    await monitor.command('getfd', { fdname: passed }, { fds: [qemus.fd] })
    return ours
  } catch (error) {
    ours.close()
    throw error
  } finally {
    // QEMU has a copy: what it closes has to be the last one.
    qemus.close()
  }
}

/** The way out: what QEMU writes goes into a stream. */
export class TunnelOut {
  readonly #socket: Socket
  readonly #stream: ByteStream
  readonly #over: Promise<void>
  #failure: Error | undefined

  private constructor(socket: Socket, stream: ByteStream, failed: () => void) {
    this.#socket = socket
    this.#stream = stream
    this.#over = this.#pump().catch((error: unknown) => {
      this.#failure ??= error as Error
      // QEMU must not wait for ever for somebody to read.
      socket.close()
      stream.abort(error)
      failed()
    })
  }

  /** @param failed called when the stream takes nothing any more */
  static async open(native: Native, monitor: Monitor, stream: ByteStream, failed: () => void): Promise<TunnelOut> {
    return new TunnelOut(await handOver(native, monitor), stream, failed)
  }

  /** For QEMU. */
  readonly address: string = `fd:${passed}`

  /** Why nothing goes through any more. */
  get failure(): Error | undefined {
    return this.#failure
  }

  async #pump(): Promise<void> {
    for (;;) {
      const piece = await this.#socket.receive({ size: block })
      if (piece === undefined) break
      await this.#stream.write(piece.bytes)
    }
    this.#socket.close()
    await this.#stream.finish()
  }

  /** Waits until all of it is through. @throws what kept it from that */
  async finish(): Promise<void> {
    await this.#over
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Gives up. */
  abort(reason: Error): void {
    this.#failure ??= reason
    this.#socket.close()
    this.#stream.abort(reason)
  }
}

/** The way in: what a stream brings goes to QEMU. */
export class TunnelIn implements ByteStream {
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  static async open(native: Native, monitor: Monitor): Promise<TunnelIn> {
    return new TunnelIn(await handOver(native, monitor))
  }

  /** For QEMU. */
  readonly address: string = `fd:${passed}`

  read(): Uint8Array {
    return new Uint8Array(0)
  }

  async write(chunk: Uint8Array): Promise<void> {
    try {
      await this.#socket.send(chunk)
    } catch (error) {
      throw systemFailure(error, ErrorDomain.STREAMS, 'cannot write to stream')
    }
  }

  finish(): void {
    this.#socket.close()
  }

  abort(): void {
    this.#socket.close()
  }
}
