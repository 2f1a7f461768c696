// SPDX-License-Identifier: LGPL-2.1-or-later
// Syncs of one folder, shared by all who change it.
import type { Clock } from '@virt/core'

/** What the syncs of a folder are made of. */
export interface FolderSyncOptions {
  readonly clock: Clock
  /** Makes the disk learn of all changes in the folder that were made before it is called. */
  readonly sync: () => Promise<void>
  /** Told of a sync that nobody waits for and that failed. */
  readonly failed: (error: unknown) => void
  /** Nothing is under way or due any more. */
  readonly idle: () => void
}

/** How long changes may wait for a sync that serves those after them too, in ms. */
const delay = 100

/** Syncs of one folder: one at a time, and each serves all who asked before it began. */
export class FolderSync {
  readonly #options: FolderSyncOptions
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined
  #due: Disposable | undefined

  constructor(options: FolderSyncOptions) {
    this.#options = options
  }

  /** Syncs soon. */
  soon(): void {
    this.#due ??= this.#options.clock.after(delay, () => {
      this.now().catch(this.#options.failed)
    })
  }

  /** Waits for what is due or under way. */
  async settled(): Promise<void> {
    if (this.#due !== undefined) await this.now()
    else await (this.#next ?? this.#running)
  }

  /** What was changed until now is on the disk when this settles. */
  now(): Promise<void> {
    this.#due?.[Symbol.dispose]()
    this.#due = undefined
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
      await this.#options.sync()
    } finally {
      this.#running = undefined
      if (this.#next === undefined && this.#due === undefined) this.#options.idle()
    }
  }
}
