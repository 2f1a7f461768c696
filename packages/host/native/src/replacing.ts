// SPDX-License-Identifier: LGPL-2.1-or-later
// Files put in place of others in one turn of a thread, where Node needs nine.
import type { Binding } from './binding.js'

/** A file that is to be there whole or not at all. */
export interface Replacement {
  readonly path: string
  /** Where it is written first, in the same folder; what is there is lost. */
  readonly temporary: string
  readonly content: Uint8Array
  /** Permission bits. */
  readonly mode: number
  /** Folder that is synced after it; absent: the caller does that. */
  readonly folder?: string
}

/** Durable changes of files. */
export interface Replacing {
  /**
   * Writes a file, syncs it, and gives it its name. Nothing is written through a link.
   *
   * @throws as open, write, fsync and rename do; unless the folder could not be synced, the old file is then still there
   * @since 0.1.0
   */
  file(replacement: Replacement): Promise<void>
}

/** By the addon. */
export function replacingOf(binding: Binding): Replacing {
  return {
    async file({ path, temporary, content, mode, folder = '' }) {
      const broken = [path, temporary, folder].find((text) => text.includes('\0'))
      if (broken !== undefined || path === '' || temporary === '')
        throw new TypeError(`${JSON.stringify(broken ?? '')} names no file`)
      await binding.replaceFile(path, temporary, content, mode, folder)
    },
  }
}
