// SPDX-License-Identifier: LGPL-2.1-or-later
// A descriptor with one owner: closed once, and not used after.
import type { Socket } from 'node:net'
import type { Binding } from './binding.js'
import { checkFd, systemError } from './errors.js'

/** Owns a descriptor of the kernel; closing it twice does nothing. */
export class Descriptor implements Disposable {
  readonly #binding: Pick<Binding, 'closeFd'>
  #fd: number

  constructor(binding: Pick<Binding, 'closeFd'>, fd: number) {
    checkFd(fd)
    this.#binding = binding
    this.#fd = fd
  }

  /** Its number. @throws EBADF after it was closed */
  get fd(): number {
    if (this.#fd < 0) throw systemError('EBADF', 'close', 'the descriptor is closed')
    return this.#fd
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#fd < 0
  }

  close(): void {
    const fd = this.#fd
    if (fd < 0) return
    this.#fd = -1
    this.#binding.closeFd(fd)
  }

  /** Gives the descriptor away: whoever gets its number closes it. @throws EBADF after it was closed */
  release(): number {
    const { fd } = this
    this.#fd = -1
    return fd
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

/** The descriptor below a socket of Node, which keeps it. @throws EBADF when the socket has none (any more) */
export function fdOf(socket: Socket | number): number {
  if (typeof socket === 'number') {
    checkFd(socket)
    return socket
  }
  // Node has no public name for it; `_handle.fd` is what cluster and child_process of its own go by since 0.10.
  const handle = (socket as unknown as { _handle?: { fd?: number } | null })._handle
  const fd = handle?.fd
  if (fd === undefined || fd < 0) throw systemError('EBADF', 'getsockopt', 'the socket has no descriptor')
  return fd
}
