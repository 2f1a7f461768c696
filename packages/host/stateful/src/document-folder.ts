// SPDX-License-Identifier: LGPL-2.1-or-later
// Folders of documents in libvirt's layout: NAME.xml each, and links in a folder beside them for those that start by themselves.
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ErrorDomain, ErrorNumber, systemFailure, virtError } from '@virt/core'
import { type Content, type DurableFiles, fileOf, type LatestFile, making } from './durable.js'

/** A document as it was found. */
export interface StoredDocument {
  readonly name: string
  readonly path: string
  readonly text: string
  readonly autostart: boolean
  /** Starts by itself the next time only. */
  readonly autostartOnce: boolean
}

/** What a folder needs to know. */
export interface DocumentFolderOptions {
  readonly folder: string
  /** Where the links of those that start by themselves are; absent: nothing does. */
  readonly autostart?: string
  /** What `virsh` command changes a document, for the note at its head; absent: no note. */
  readonly editor?: string
  /** They count as long as the machine runs: nothing is synced. */
  readonly volatile?: boolean
  /** Told of files that cannot be read; they are left alone. */
  readonly problem?: (path: string, error: unknown) => void
}

const suffix = '.xml'

/**
 * Configurations or states of one kind of object.
 * @since 0.1.0
 */
export class DocumentFolder {
  readonly files: DurableFiles
  readonly folder: string
  readonly #options: DocumentFolderOptions

  constructor(files: DurableFiles, options: DocumentFolderOptions) {
    this.files = files
    this.folder = options.folder
    this.#options = options
  }

  get #how(): { readonly volatile: boolean } {
    return { volatile: this.#options.volatile === true }
  }

  /** Makes the folders. */
  async prepare(): Promise<void> {
    await this.files.folder(this.folder, 0o700)
    if (this.#options.autostart !== undefined) await this.files.folder(this.#options.autostart, 0o700)
  }

  /**
   * Everything there, by name. A folder that is not there is empty. What a process that was killed was about to write is swept away: nothing
   * may be written meanwhile.
   */
  async load(): Promise<StoredDocument[]> {
    const all = await entries(this.folder)
    await this.#sweep(this.folder, all)
    const { autostart } = this.#options
    if (autostart !== undefined) await this.#sweep(autostart, await entries(autostart))
    const names = all
      .filter((entry) => entry.endsWith(suffix) && entry !== suffix && !entry.startsWith('.'))
      .map((entry) => entry.slice(0, -suffix.length))
      .sort()
    const found = await Promise.all(names.map((name) => this.#read(name)))
    return found.filter((one) => one !== undefined)
  }

  /** Path of an object's document. */
  pathOf(name: string): string {
    return fileOf(this.folder, checked(name))
  }

  /** Keeps a document. @throws VirtError `system-error`; the old document is then still there */
  async save(name: string, text: string): Promise<void> {
    const path = this.pathOf(name)
    await this.files.write(path, this.#note(name) + text, this.#how).catch((error: unknown) => {
      throw writeFailure(error, path)
    })
  }

  /** Keeps what belongs to a document and is none, in a file of its own. @throws VirtError `system-error`, as `save` */
  async saveBeside(path: string, content: Content): Promise<void> {
    await this.files.write(path, content, this.#how).catch((error: unknown) => {
      throw writeFailure(error, path)
    })
  }

  /** Waits until what has been saved and removed outlasts a loss of power. @throws VirtError `system-error` */
  async synced(): Promise<void> {
    const { autostart } = this.#options
    const folders = autostart === undefined ? [this.folder] : [this.folder, autostart]
    await Promise.all(
      folders.map((folder) =>
        this.files.synced(folder).catch((error: unknown) => {
          // Of links that there never were none can be lost.
          if (folder === autostart && (error as NodeJS.ErrnoException).code === 'ENOENT') return
          throw systemFailure(error, ErrorDomain.XML, `cannot sync folder '${folder}'`)
        }),
      ),
    )
  }

  /** A document of which only the last state counts. @param make its text */
  latest(name: string, make: () => string): LatestFile {
    const path = this.pathOf(name)
    const failure = (error: unknown): Error => writeFailure(error, path)
    return this.files.latest(path, () => this.#note(name) + make(), { ...this.#how, failure })
  }

  /**
   * Drops a document and its links.
   * @param linked whether it may have links
   */
  async remove(name: string, linked = true): Promise<void> {
    // The links first: another document of that name must not have them.
    if (linked) await Promise.all([this.setAutostart(name, false), this.setAutostartOnce(name, false)])
    await this.files.remove(this.pathOf(name), this.#how.volatile)
  }

  /** Whether an object starts by itself with its daemon. */
  async setAutostart(name: string, on: boolean): Promise<void> {
    await this.#set(name, 'always', on)
  }

  /** Whether an object starts by itself the next time only; independent of `setAutostart`. */
  async setAutostartOnce(name: string, on: boolean): Promise<void> {
    await this.#set(name, 'once', on)
  }

  async #set(name: string, which: 'always' | 'once', on: boolean): Promise<void> {
    const { autostart } = this.#options
    if (autostart === undefined) return
    const link = this.#links(name)[which]
    if (!on) return await this.files.remove(link)
    await this.files.folder(autostart, 0o700)
    await this.files.link(link, this.pathOf(name))
  }

  #links(name: string): { always: string; once: string } {
    const always = fileOf(this.#options.autostart ?? '', checked(name))
    return { always, once: `${always}.once` }
  }

  async #read(name: string): Promise<StoredDocument | undefined> {
    const path = this.pathOf(name)
    try {
      const text = await readFile(path, 'utf8')
      if (this.#options.autostart === undefined) return { name, path, text, autostart: false, autostartOnce: false }
      const { always, once } = this.#links(name)
      const [autostart, autostartOnce] = await Promise.all([pointsTo(always, path), pointsTo(once, path)])
      return { name, path, text, autostart, autostartOnce }
    } catch (error) {
      this.#options.problem?.(path, error)
      return undefined
    }
  }

  async #sweep(folder: string, names: readonly string[]): Promise<void> {
    const left = names.filter((name) => name.endsWith(making)).map((name) => join(folder, name))
    const remove = (path: string): Promise<void> =>
      this.files.remove(path, this.#how.volatile).catch((error: unknown) => this.#options.problem?.(path, error))
    await Promise.all(left.map(remove))
  }

  #note(name: string): string {
    const { editor } = this.#options
    if (editor === undefined) return ''
    // Two hyphens end a comment.
    const command = `${editor} ${name}`.replaceAll('--', '- -')
    return `<!--\nKept by virtd, which writes it anew with every change. To change it use:\n  ${command}\nor any other client of libvirt.\n-->\n\n`
  }
}

/** What libvirt says of the steps that a file is written in. */
function writeFailure(error: unknown, path: string): Error {
  const temporary = `${path}.new`
  const { syscall = '' } = error as NodeJS.ErrnoException
  const texts: Readonly<Record<string, string>> = {
    open: `cannot create file '${temporary}'`,
    fsync: `cannot sync file '${temporary}'`,
    rename: `cannot rename file '${temporary}' as '${path}'`,
  }
  return systemFailure(error, ErrorDomain.XML, texts[syscall] ?? `cannot write data to file '${temporary}'`)
}

/** @throws VirtError for a name that cannot be a file's */
function checked(name: string): string {
  if (name === '' || /[/\0]/.test(name))
    throw virtError(ErrorNumber.XML_ERROR, ErrorDomain.CONF, `name ${name} cannot contain '/'`)
  return name
}

async function entries(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

async function pointsTo(link: string, path: string): Promise<boolean> {
  try {
    return resolve(join(link, '..'), await readlink(link)) === resolve(path)
  } catch {
    return false
  }
}
