// SPDX-License-Identifier: LGPL-2.1-or-later
// Files that survive a crash: whoever reads one finds what was written last, or what was there before, never a part.
import { constants } from 'node:fs'
import { mkdir, open, rename, symlink, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '@virt/core'
import { FolderSync } from './folder-sync.js'

/** The system calls of durable files; tests put faults in between. */
export interface FileCalls {
  readonly mkdir: typeof mkdir
  readonly open: typeof open
  readonly rename: typeof rename
  readonly symlink: typeof symlink
  readonly unlink: typeof unlink
}

/**
 * The steps that a file is written in, in fewer turns than the calls above take: `Replacing` of `@virt/native`. Errors have `syscall`
 * as Node's have.
 */
export interface ReplaceFiles {
  /** Puts a file in place of another; its content is synced before, unless it is `volatile`. */
  file(replacement: {
    readonly path: string
    readonly temporary: string
    readonly content: Uint8Array
    readonly mode: number
    readonly volatile?: boolean
  }): Promise<void>
  /** Syncs a folder. */
  folder(path: string): Promise<void>
}

const node: FileCalls = { mkdir, open, rename, symlink, unlink }

/** What is written: text as UTF-8. */
export type Content = string | Uint8Array

/** Suffix of files in the making; readers of folders pass them over. */
export const making = '.new'

/** How a file is written. */
export interface WriteOptions {
  /** Permission bits; 0600 when absent. */
  readonly mode?: number
  /** Counts as long as the machine runs: whoever reads it finds all of it, but nothing is synced. */
  readonly volatile?: boolean
}

/** What changes of files are made with. */
export interface DurableOptions {
  readonly clock: Clock
  /** Makes the changes call by call; absent: Node's. */
  readonly calls?: FileCalls
  /** In place of several of the calls; absent: those are made. */
  readonly replacing?: ReplaceFiles
  /** Told of folders that could not be synced when nobody waited for it. */
  readonly problem?: (path: string, error: unknown) => void
}

/**
 * Writes, links and removals. Once the promise of one settles, a process that is killed finds it, and of a file that was written all of
 * its content is on the disk. The disk learns of the names, for a machine that loses its power, within a tenth of a second, in one sync for all
 * changes of a folder (libvirt leaves that to the kernel); who must not go on before waits for `synced`. Changes of one path happen in the
 * order they were asked for.
 * @since 0.1.0
 */
export class DurableFiles {
  readonly #options: DurableOptions
  readonly #calls: FileCalls
  /** The last change of each path that is not done. */
  readonly #tails = new Map<string, Promise<void>>()
  readonly #folders = new Map<string, FolderSync>()

  constructor(options: DurableOptions) {
    this.#options = options
    this.#calls = options.calls ?? node
  }

  /**
   * Puts a file in place of the one that was there, or there was none.
   * @throws what the system says (`ENOSPC`, `EACCES`, …); the old file is then still there
   */
  write(path: string, content: Content, options: WriteOptions = {}): Promise<void> {
    return this.#inOrder(path, async () => {
      await this.#replace(path, content, options)
      if (options.volatile !== true) this.#folder(dirname(path)).soon()
    })
  }

  /** Puts a symbolic link at `path`, in place of what was there. */
  link(path: string, target: string): Promise<void> {
    return this.#inOrder(path, async () => {
      const temporary = path + making
      await this.#calls.unlink(temporary).catch(ignoreAbsent)
      await this.#calls.symlink(target, temporary)
      await this.#calls.rename(temporary, path)
      this.#folder(dirname(path)).soon()
    })
  }

  /** Takes a file or link away; one that is not there is no error. @param volatile whether it was written so */
  remove(path: string, volatile = false): Promise<void> {
    return this.#inOrder(path, async () => {
      try {
        await this.#calls.unlink(path)
      } catch (error) {
        return ignoreAbsent(error)
      }
      if (!volatile) this.#folder(dirname(path)).soon()
    })
  }

  /** Waits until what has been changed in a folder is as it is now for a machine that loses its power too. */
  synced(folder: string): Promise<void> {
    return this.#folder(folder).now()
  }

  /** Makes a folder and those above it. @param mode permission bits of those that are made */
  async folder(path: string, mode = 0o755): Promise<void> {
    await this.#calls.mkdir(path, { recursive: true, mode })
  }

  /** A file whose content only counts as it is last. */
  latest(path: string, make: () => Content, options: LatestOptions = {}): LatestFile {
    return new LatestFile(this, path, make, options)
  }

  /** Waits for everything that was asked for until now. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#tails.values())
    await Promise.allSettled([...this.#folders.values()].map((folder) => folder.settled()))
  }

  #inOrder(path: string, change: () => Promise<void>): Promise<void> {
    const before = this.#tails.get(path)
    const done = before === undefined ? change() : before.then(change, change)
    this.#tails.set(path, done)
    const forget = (): void => {
      if (this.#tails.get(path) === done) this.#tails.delete(path)
    }
    done.then(forget, forget)
    return done
  }

  async #replace(path: string, content: Content, options: WriteOptions): Promise<void> {
    const { mode = 0o600, volatile = false } = options
    const temporary = path + making
    const { replacing } = this.#options
    if (replacing !== undefined) {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content
      return await replacing.file({ path, temporary, content: bytes, mode, volatile })
    }
    try {
      await this.#fill(temporary, content, mode, volatile)
      await this.#calls.rename(temporary, path)
    } catch (error) {
      // What is half done would fill a full disk further.
      await this.#calls.unlink(temporary).catch(() => {})
      throw error
    }
  }

  async #fill(path: string, content: Content, mode: number, volatile: boolean): Promise<void> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW
    const file = await this.#calls.open(path, flags, mode)
    try {
      await file.chmod(mode)
      await file.writeFile(content)
      if (!volatile) await file.sync()
    } finally {
      await file.close()
    }
  }

  #folder(path: string): FolderSync {
    let folder = this.#folders.get(path)
    if (folder === undefined) {
      folder = new FolderSync({
        clock: this.#options.clock,
        sync: () => this.#options.replacing?.folder(path) ?? this.#syncFolder(path),
        failed: (error) => {
          // One that is gone has nothing to keep.
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#options.problem?.(path, error)
        },
        idle: () => this.#folders.delete(path),
      })
      this.#folders.set(path, folder)
    }
    return folder
  }

  async #syncFolder(path: string): Promise<void> {
    const handle = await this.#calls.open(path, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}

function ignoreAbsent(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}

/** How such a file is written. */
export interface LatestOptions extends WriteOptions {
  /** What people are told in place of what the system says. */
  readonly failure?: (error: unknown) => Error
}

/**
 * A file of which only the last content counts: changes while one is being written become one write.
 * @since 0.1.0
 */
export class LatestFile {
  readonly path: string
  readonly #files: DurableFiles
  readonly #make: () => Content
  readonly #options: LatestOptions
  /** Counts changes; `#taken` is the one whose content was written last, or is being written, `#kept` is there. */
  #version = 0
  #taken = 0
  #kept = 0
  #gone = false
  #writing: Promise<void> | undefined

  /** Use `DurableFiles.latest`. */
  constructor(files: DurableFiles, path: string, make: () => Content, options: LatestOptions) {
    this.#files = files
    this.path = path
    this.#make = make
    this.#options = options
  }

  /** The content is another one now; it is written soon. `make` is called when it is, after the running tick. */
  changed(): void {
    this.#version++
    // Whoever must know how it went asks `saved`.
    if (!this.#gone) void this.#begin()
  }

  /**
   * Waits until the content as it is now is written.
   * @throws what the system says when it could not be written; the next change, or the next call, tries again
   */
  async saved(): Promise<void> {
    const wanted = this.#version
    while (this.#kept < wanted && !this.#gone) {
      try {
        await this.#begin()
      } catch (error) {
        if (this.#taken >= wanted) throw error
      }
    }
  }

  /** Takes the file away; changes after it write nothing. */
  async remove(): Promise<void> {
    this.#gone = true
    await this.#writing?.catch(() => {})
    await this.#files.remove(this.path, this.#options.volatile)
  }

  /** The write under way, or one that begins now. */
  #begin(): Promise<void> {
    if (this.#writing === undefined) {
      this.#writing = this.#write()
      this.#writing.catch(() => {})
    }
    return this.#writing
  }

  async #write(): Promise<void> {
    // The rest of the running tick may change it further.
    await Promise.resolve()
    this.#taken = this.#version
    const { failure, ...options } = this.#options
    try {
      if (!this.#gone) await this.#files.write(this.path, this.#make(), options)
      this.#kept = this.#taken
    } catch (error) {
      throw failure?.(error) ?? error
    } finally {
      this.#writing = undefined
      if (this.#version > this.#taken && !this.#gone) void this.#begin()
    }
  }
}

/** The folder's entry of an object: names hold no slash. */
export function fileOf(folder: string, name: string, suffix = '.xml'): string {
  return join(folder, name + suffix)
}
