// SPDX-License-Identifier: LGPL-2.1-or-later
// Files that programs write to by themselves, kept to their size while they do.
import { type FSWatcher, watch } from 'node:fs'
import type { ObjectLog } from './object-log.js'

/**
 * Looks after logs: each time that one has grown, it is rotated if it is as large as it may be. The kernel tells of growth; nobody polls.
 * @since 0.1.0
 */
export class LogKeeper implements Disposable {
  readonly #failed: (log: ObjectLog, error: Error) => void
  readonly #watchers: FSWatcher[] = []

  /** @param failed told of a log that cannot be looked after, once */
  constructor(failed: (log: ObjectLog, error: Error) => void) {
    this.#failed = failed
  }

  /** Looks after a log, whose file is there. */
  keep(log: ObjectLog): void {
    let busy = false
    let again = false
    const turn = (): void => {
      if (busy) {
        again = true
        return
      }
      busy = true
      log
        .rotate()
        .catch((error: Error) => {
          watcher.close()
          this.#failed(log, error)
        })
        .finally(() => {
          busy = false
          if (!again) return
          again = false
          turn()
        })
    }
    let watcher: FSWatcher
    try {
      watcher = watch(log.path, { persistent: false }, turn)
    } catch (error) {
      this.#failed(log, error as Error)
      return
    }
    watcher.on('error', (error) => this.#failed(log, error))
    this.#watchers.push(watcher)
  }

  /** Looks after nothing any more. */
  [Symbol.dispose](): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close()
  }
}
