// SPDX-License-Identifier: LGPL-2.1-or-later
// Bytes through a descriptor that does not block: terminals and pipes. Waits are on the event loop.
import { setMaxListeners } from 'node:events'
import type { Binding } from './binding.js'
import { Descriptor } from './descriptor.js'
import { checkInteger, systemError } from './errors.js'
import { readable, ready, type WaitOptions, writable } from './ready.js'

/** A descriptor to read from and write to. */
export class ByteStream extends Descriptor {
  readonly #binding: Binding
  readonly #closed = new AbortController()

  constructor(binding: Binding, fd: number) {
    super(binding, fd)
    this.#binding = binding
    setMaxListeners(0, this.#closed.signal)
  }

  override close(): void {
    super.close()
    this.#closed.abort(systemError('EBADF', 'close', 'the descriptor was closed'))
  }

  /**
   * Waits for bytes; undefined at the end, which for a terminal is that its other end was closed.
   *
   * @param size bytes to take at most
   * @throws as the kernel says, the signal's reason, EBADF when it is closed meanwhile
   * @since 0.1.0
   */
  async read(size = 65536, options: WaitOptions = {}): Promise<Uint8Array | undefined> {
    checkInteger('size', size, 1, 1 << 26)
    const into = new Uint8Array(size)
    for (;;) {
      const count = this.#tryRead(into)
      if (count > 0) return into.subarray(0, count)
      if (count === 0) return undefined
      await ready(this.#binding, this.fd, readable, options, this.#closed.signal)
    }
  }

  #tryRead(into: Uint8Array): number {
    try {
      return this.#binding.readBytes(this.fd, into)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EIO') return 0
      throw error
    }
  }

  /**
   * Writes bytes, all of them. One write at a time: two at once mix.
   *
   * @throws as the kernel says, the signal's reason – a part may then be written
   * @since 0.1.0
   */
  async write(bytes: Uint8Array, options: WaitOptions = {}): Promise<void> {
    let rest = bytes
    while (rest.length > 0) {
      const count = this.#binding.writeBytes(this.fd, rest)
      if (count > 0) rest = rest.subarray(count)
      else await ready(this.#binding, this.fd, writable, options, this.#closed.signal)
    }
  }
}
