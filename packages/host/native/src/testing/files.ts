// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of descriptors of a kernel in memory: numbers for open files, which end when their last number does.
import { systemError } from '../errors.js'

/** Something open. */
export interface OpenFile {
  readonly kind: string
  /** Whether a read (1) or a write (2) would not wait. */
  ready?(events: number): boolean
  /** Its last descriptor was closed. */
  release?(): void
}

interface Watch {
  readonly file: OpenFile
  readonly events: number
  readonly callback: (events: number) => void
}

/** Descriptors begin here, far from those of the real kernel, which they are never mistaken for. */
const first = 1 << 20

/** Descriptors and those who wait for them. */
export class FileTable {
  readonly #files = new Map<number, OpenFile>()
  readonly #held = new Map<OpenFile, number>()
  readonly #watches = new Set<Watch>()
  #next: number = first

  /** How many descriptors are open: none are left where nothing leaks. */
  get open(): number {
    return this.#files.size
  }

  add(file: OpenFile): number {
    const fd = this.#next++
    this.#files.set(fd, file)
    this.hold(file)
    return fd
  }

  /** One more that keeps a file open: a descriptor on its way in a message. */
  hold(file: OpenFile): void {
    this.#held.set(file, (this.#held.get(file) ?? 0) + 1)
  }

  drop(file: OpenFile): void {
    const count = (this.#held.get(file) ?? 0) - 1
    if (count > 0) {
      this.#held.set(file, count)
      return
    }
    this.#held.delete(file)
    file.release?.()
    this.wake()
  }

  get(fd: number, syscall: string): OpenFile {
    const file = this.#files.get(fd)
    if (file === undefined) throw systemError('EBADF', syscall, 'bad file descriptor')
    return file
  }

  close(fd: number): void {
    const file = this.get(fd, 'close')
    this.#files.delete(fd)
    this.drop(file)
  }

  watch(fd: number, events: number, callback: (events: number) => void): object {
    const watch: Watch = { file: this.get(fd, 'epoll_ctl'), events, callback }
    this.#watches.add(watch)
    this.wake()
    return watch
  }

  unwatch(watch: object): void {
    this.#watches.delete(watch as Watch)
  }

  /** Tells those who wait, in a later turn, as the event loop does. */
  wake(): void {
    setImmediate(() => {
      for (const watch of [...this.#watches])
        if (this.#watches.has(watch) && watch.file.ready?.(watch.events)) watch.callback(watch.events)
    })
  }
}
