// SPDX-License-Identifier: LGPL-2.1-or-later
// Files that survive a crash: whoever reads one finds what was written last, or what was there before, never a part.
import { constants } from 'node:fs'
import { mkdir, open, rename, symlink, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The system calls of durable files; tests put faults in between. */
export interface FileCalls {
  readonly mkdir: typeof mkdir
  readonly open: typeof open
  readonly rename: typeof rename
  readonly symlink: typeof symlink
  readonly unlink: typeof unlink
}

/**
 * Puts a file in place of another as `DurableFiles.write` does, in fewer turns than these calls take: `Replacing.file` of `@virt/native`.
 * Errors have `syscall` as Node's have.
 */
export type ReplaceFile = (replacement: {
  readonly path: string
  readonly temporary: string
  readonly content: Uint8Array
  readonly mode: number
  /** Folder that is synced after it. */
  readonly folder?: string
}) => Promise<void>

const node: FileCalls = { mkdir, open, rename, symlink, unlink }

/** What is written: text as UTF-8. */
export type Content = string | Uint8Array

/** Suffix of files in the making; readers of folders pass them over. */
const making = '.new'

/**
 * Writes and links that are on the disk when their promise settles, and removals. Changes of one path happen in the order they
 * were asked for; those of different paths share the syncs of their folders.
 * @since 0.1.0
 */
export class DurableFiles {
  readonly #calls: FileCalls
  readonly #replace: ReplaceFile | undefined
  /** Writes under way, by folder. */
  readonly #writing = new Map<string, number>()
  /** The last change of each path that is not done. */
  readonly #tails = new Map<string, Promise<void>>()
  readonly #folders = new Map<string, FolderSync>()

  /** @param replace in place of several of the calls; absent: those are made */
  constructor(calls: FileCalls = node, replace?: ReplaceFile) {
    this.#calls = calls
    this.#replace = replace
  }

  /**
   * Puts a file in place of the one that was there, or there was none.
   * @param mode permission bits; 0600 when absent
   * @throws what the system says (`ENOSPC`, `EACCES`, …); the old file is then still there
   */
  write(path: string, content: Content, mode = 0o600): Promise<void> {
    const replace = this.#replace
    if (replace !== undefined) return this.#inOrder(path, () => this.#replaced(replace, path, content, mode))
    return this.#inOrder(path, async () => {
      const temporary = path + making
      try {
        await this.#fill(temporary, content, mode)
        await this.#calls.rename(temporary, path)
      } catch (error) {
        // What is half done would fill a full disk further.
        await this.#calls.unlink(temporary).catch(() => {})
        throw error
      }
      await this.#sync(dirname(path))
    })
  }

  /** Puts a symbolic link at `path`, in place of what was there. */
  link(path: string, target: string): Promise<void> {
    return this.#inOrder(path, async () => {
      const temporary = path + making
      await this.#calls.unlink(temporary).catch(ignoreAbsent)
      await this.#calls.symlink(target, temporary)
      await this.#calls.rename(temporary, path)
      await this.#sync(dirname(path))
    })
  }

  /**
   * Takes a file or link away; one that is not there is no error.
   * parity: it is gone for every reader, but the disk learns of it with the folder's next sync: a machine that loses its power the next
   * moment may have it again.
   */
  remove(path: string): Promise<void> {
    return this.#inOrder(path, () => this.#calls.unlink(path).catch(ignoreAbsent))
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

  async #replaced(replace: ReplaceFile, path: string, content: Content, mode: number): Promise<void> {
    const folder = dirname(path)
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    const file = { path, temporary: path + making, content: bytes, mode }
    const others = this.#writing.get(folder) ?? 0
    this.#writing.set(folder, others + 1)
    try {
      // One by itself syncs the folder in the same turn; several share the syncs.
      if (others === 0 && !this.#folders.has(folder)) return await replace({ ...file, folder })
      await replace(file)
    } finally {
      const left = (this.#writing.get(folder) ?? 1) - 1
      if (left === 0) this.#writing.delete(folder)
      else this.#writing.set(folder, left)
    }
    await this.#sync(folder)
  }

  async #fill(path: string, content: Content, mode: number): Promise<void> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW
    const file = await this.#calls.open(path, flags, mode)
    try {
      await file.chmod(mode)
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
  }

  #sync(folder: string): Promise<void> {
    let sync = this.#folders.get(folder)
    if (sync === undefined) {
      sync = new FolderSync(folder, this.#calls, () => this.#folders.delete(folder))
      this.#folders.set(folder, sync)
    }
    return sync.request()
  }
}

function ignoreAbsent(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}

/** Syncs of one folder: one at a time, and each serves all who asked before it began. */
class FolderSync {
  readonly #folder: string
  readonly #calls: FileCalls
  readonly #idle: () => void
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(folder: string, calls: FileCalls, idle: () => void) {
    this.#folder = folder
    this.#calls = calls
    this.#idle = idle
  }

  request(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#run()
      return this.#running
    }
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined
        this.#running = this.#run()
        return this.#running
      })
    return this.#next
  }

  async #run(): Promise<void> {
    try {
      const handle = await this.#calls.open(this.#folder, constants.O_RDONLY | constants.O_DIRECTORY)
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    } finally {
      this.#running = undefined
      if (this.#next === undefined) this.#idle()
    }
  }
}

/** How such a file is written. */
export interface LatestOptions {
  /** Permission bits; 0600 when absent. */
  readonly mode?: number
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
  /** Counts changes; `#taken` is the one whose content was written last, or is being written, `#kept` is on the disk. */
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
   * Waits until the content as it is now is on the disk.
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
    await this.#files.remove(this.path)
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
    const { mode, failure } = this.#options
    try {
      if (!this.#gone) await this.#files.write(this.path, this.#make(), mode)
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
