// SPDX-License-Identifier: LGPL-2.1-or-later
// Logs of objects: a program writes into its file by itself, so that it goes on when the daemon is gone; the daemon sees to its size.
import { constants } from 'node:fs'
import { copyFile, type FileHandle, mkdir, open, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

/** How much is kept. */
export interface LogLimits {
  /** Bytes a file may grow to; 2 MiB when absent. */
  readonly size?: number
  /** Old files that are kept, `.0` the youngest; 3 when absent. */
  readonly backups?: number
  readonly mode?: number
}

const defaults = { size: 2 << 20, backups: 3, mode: 0o600 }

/**
 * The log of one object.
 * @since 0.1.0
 */
export class ObjectLog {
  readonly path: string
  readonly #limits: { size: number; backups: number; mode: number }
  #rotating: Promise<void> | undefined

  constructor(path: string, limits: LogLimits = {}) {
    this.path = path
    this.#limits = { ...defaults, ...limits }
  }

  /** Opens the file for a program to write to: whatever it writes is added at the end, wherever that is by then. The caller closes it. */
  async open(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o755 })
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW
    return await open(this.path, flags, this.#limits.mode)
  }

  /** Bytes in the file; 0 when there is none. */
  async size(): Promise<number> {
    return (await stat(this.path).catch(() => undefined))?.size ?? 0
  }

  /** Adds text. */
  async append(text: string): Promise<void> {
    const file = await this.open()
    try {
      await file.appendFile(text)
    } finally {
      await file.close()
    }
  }

  /**
   * What was written from `position` on, the last `most` bytes of it.
   * @param position as `size` answered it; a file that is shorter by now was rotated, and is read from its start
   */
  async read(position: number, most = 4096): Promise<string> {
    const file = await open(this.path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined)
    if (file === undefined) return ''
    try {
      const { size } = await file.stat()
      const from = Math.max(position > size ? 0 : position, size - most)
      const bytes = Buffer.alloc(size - from)
      const { bytesRead } = await file.read(bytes, 0, bytes.length, from)
      return bytes.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  }

  /**
   * Makes room when the file is as large as it may be. The program that writes need not know: the file stays the same, what
   * it held is a copy. Lines written meanwhile may be lost, as with any log that is rotated under its writer.
   */
  async rotate(): Promise<void> {
    this.#rotating ??= this.#rotate().finally(() => {
      this.#rotating = undefined
    })
    await this.#rotating
  }

  /** Drops the file and the old ones. */
  async remove(): Promise<void> {
    await this.#rotating
    for (const path of [this.path, ...this.#old()]) await unlink(path).catch(() => {})
  }

  #old(): string[] {
    return Array.from({ length: this.#limits.backups }, (_, i) => `${this.path}.${i}`)
  }

  async #rotate(): Promise<void> {
    if ((await this.size()) < this.#limits.size) return
    const old = this.#old()
    for (let i = old.length - 1; i > 0; i--) await rename(old[i - 1] as string, old[i] as string).catch(() => {})
    const youngest = old[0]
    if (youngest !== undefined) await copyFile(this.path, youngest)
    const file = await open(this.path, constants.O_WRONLY | constants.O_NOFOLLOW)
    try {
      await file.truncate(0)
    } finally {
      await file.close()
    }
  }
}
