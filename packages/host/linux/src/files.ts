// SPDX-License-Identifier: LGPL-2.1-or-later
// Small files of /proc and /sys below a root folder.
import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { values } from '@virt/conf'
import { ErrorDomain, systemError } from '@virt/core'

/** What reading a file means that is not there, or has nothing to say: offline processors answer like that. */
const absent: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENODEV', 'ENXIO', 'EINVAL', 'EIO'])

async function orAbsent<T>(path: string, reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    const { code, errno = 0, message } = error as NodeJS.ErrnoException
    if (code !== undefined && absent.has(code)) return undefined
    throw systemError(-errno, ErrorDomain.NONE, `Cannot read '${path}'`, message)
  }
}

/** Reads files of the host. What is absent is `undefined`; other failures are `system-error`. */
export class HostFiles {
  readonly #root: string

  /** @param root folder that stands for `/` */
  constructor(root = '/') {
    this.#root = root
  }

  /** The file as text, without the newline at its end. */
  async text(path: string): Promise<string | undefined> {
    const text = await orAbsent(path, readFile(join(this.#root, path), 'utf8'))
    return text?.replace(/\n$/, '')
  }

  /** The file as it is. */
  bytes(path: string): Promise<Buffer | undefined> {
    return orAbsent(path, readFile(join(this.#root, path)))
  }

  /** Some bytes of a file; fewer where it ends. */
  part(path: string, position: number, length: number): Promise<Buffer | undefined> {
    const read = async (): Promise<Buffer> => {
      const file = await open(join(this.#root, path))
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
        return buffer.subarray(0, bytesRead)
      } finally {
        await file.close()
      }
    }
    return orAbsent(path, read())
  }

  /** A whole number. */
  async number(path: string): Promise<number | undefined> {
    const text = (await this.text(path))?.trim() ?? ''
    return /^-?\d+$/.test(text) ? Number(text) : undefined
  }

  /** A list of numbers (`0-3,8`). */
  async set(path: string): Promise<number[] | undefined> {
    const text = (await this.text(path))?.trim()
    return text === undefined ? undefined : text === '' ? [] : values.readSet(text)
  }

  /** Names in a folder, sorted. */
  async names(path: string): Promise<string[]> {
    return ((await orAbsent(path, readdir(join(this.#root, path)))) ?? []).sort()
  }

  /** Numbers of the entries that are called `prefix` and a number, ascending. */
  async numbered(path: string, prefix: string): Promise<number[]> {
    const names = await this.names(path)
    const numbers = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
    return numbers
      .filter((rest) => /^\d+$/.test(rest))
      .map(Number)
      .sort((a, b) => a - b)
  }
}
