// SPDX-License-Identifier: LGPL-2.1-or-later
// What was found out about a program, kept on disk until the program or the host is another one.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DurableFiles } from './durable.js'

/** How a kind of finding is kept. */
export interface ProbeCodec<T> {
  /** File name suffix with its dot. */
  readonly suffix: string
  read(text: string): T
  write(value: T): string
  /** Whether a finding still holds for its key. */
  valid(key: string, value: T): Promise<boolean> | boolean
}

/**
 * Findings by key. Each is probed once, however many ask at the same time, and again when it does not hold any more.
 * @since 0.1.0, `virFileCache`
 */
export class ProbeCache<T> {
  readonly #files: DurableFiles
  readonly #folder: string
  readonly #codec: ProbeCodec<T>
  readonly #probe: (key: string) => Promise<T>
  readonly #known = new Map<string, Promise<T>>()

  constructor(files: DurableFiles, folder: string, codec: ProbeCodec<T>, probe: (key: string) => Promise<T>) {
    this.#files = files
    this.#folder = folder
    this.#codec = codec
    this.#probe = probe
  }

  /** The file of a key. */
  pathOf(key: string): string {
    return join(this.#folder, createHash('sha256').update(key).digest('hex') + this.#codec.suffix)
  }

  /** The finding for a key. @throws what the probe throws; the next call then probes again */
  async get(key: string): Promise<T> {
    const before = this.#known.get(key)
    const found = (async (): Promise<T> => {
      const old = (await before?.catch(() => undefined)) ?? (before === undefined ? await this.#stored(key) : undefined)
      if (old !== undefined && (await this.#codec.valid(key, old))) return old
      const fresh = await this.#probe(key)
      await this.#keep(key, fresh)
      return fresh
    })()
    this.#known.set(key, found)
    try {
      return await found
    } catch (error) {
      if (this.#known.get(key) === found) this.#known.delete(key)
      throw error
    }
  }

  async #stored(key: string): Promise<T | undefined> {
    try {
      return this.#codec.read(await readFile(this.pathOf(key), 'utf8'))
    } catch {
      // Absent, or of another version: found out anew.
      return undefined
    }
  }

  /** A finding that cannot be kept is as good for this process. */
  async #keep(key: string, value: T): Promise<void> {
    try {
      await this.#files.folder(this.#folder)
      await this.#files.write(this.pathOf(key), this.#codec.write(value))
    } catch {
      return
    }
  }
}
