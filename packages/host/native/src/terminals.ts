// SPDX-License-Identifier: LGPL-2.1-or-later
// Pseudo terminals: guest consoles, and programs that want a terminal.
import type { Binding } from './binding.js'
import { ByteStream } from './byte-stream.js'
import { Descriptor } from './descriptor.js'
import { checkInteger } from './errors.js'

/** Of a new terminal. */
export interface TerminalOptions {
  /** Default 24. */
  readonly rows?: number
  /** Default 80. */
  readonly columns?: number
  /** Bytes pass as they are: no echo, no lines, no signals. Default false. */
  readonly raw?: boolean
}

/** The controlling end of a pseudo terminal; its descriptor does not block. */
export class Terminal extends Descriptor {
  /** The other end's name, `/dev/pts/N`. */
  readonly path: string
  readonly #binding: Binding

  constructor(binding: Binding, fd: number, path: string) {
    super(binding, fd)
    this.#binding = binding
    this.path = path
  }

  /** Rows and columns. */
  get size(): { rows: number; columns: number } {
    const [rows, columns] = this.#binding.ptySize(this.fd)
    return { rows, columns }
  }

  /**
   * Changes its size; the programs in it get SIGWINCH.
   *
   * @since 0.1.0
   */
  resize(rows: number, columns: number): void {
    checkSize(rows, columns)
    this.#binding.ptyResize(this.fd, rows, columns)
  }

  /**
   * Opens the other end, whatever its name means where we are. It belongs to the caller.
   *
   * @throws EIO when it was closed for good
   * @since 0.1.0
   */
  openPeer(): Descriptor {
    return new Descriptor(this.#binding, this.#binding.ptyPeer(this.fd))
  }
}

/** Pseudo terminals. */
export interface Terminals {
  /**
   * Opens a pseudo terminal.
   *
   * @throws ENOSPC when the system has no more
   * @since 0.1.0
   */
  open(options?: TerminalOptions): Terminal
  /**
   * Opens a terminal that is there, for its bytes: a guest's console. It does not become our controlling terminal.
   *
   * @param path `/dev/pts/N`, or another character device
   * @throws as the kernel says: ENOENT, EACCES, EIO
   * @since 0.1.0
   */
  attach(path: string): ByteStream
}

/** Terminals of the kernel. */
export function terminalsOf(binding: Binding): Terminals {
  return {
    open({ rows = 24, columns = 80, raw = false } = {}) {
      checkSize(rows, columns)
      const { fd, path } = binding.ptyOpen(rows, columns, raw)
      return new Terminal(binding, fd, path)
    },
    attach: (path) => new ByteStream(binding, binding.openTerminal(path)),
  }
}

function checkSize(rows: number, columns: number): void {
  checkInteger('rows', rows, 0, 65535)
  checkInteger('columns', columns, 0, 65535)
}
