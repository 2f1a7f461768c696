// SPDX-License-Identifier: LGPL-2.1-or-later
// Files put in place of others in one turn of a thread, where Node needs six.
import type { Binding } from './binding.js'

/** A file that is to be there whole or not at all. */
export interface Replacement {
  readonly path: string
  /** Where it is written first, in the same folder; what is there is lost. */
  readonly temporary: string
  readonly content: Uint8Array
  /** Permission bits. */
  readonly mode: number
  /** Counts as long as the machine runs: it is not synced. */
  readonly volatile?: boolean
}

/** Durable changes of files. */
export interface Replacing {
  /**
   * Writes a file, syncs it, and gives it its name. Nothing is written through a link.
   *
   * @throws as open, write, fsync and rename do; the old file is then still there
   * @since 0.1.0
   */
  file(replacement: Replacement): Promise<void>

  /**
   * Syncs a folder: the names in it are on the disk then.
   *
   * @throws as open and fsync do
   * @since 0.1.0
   */
  folder(path: string): Promise<void>
}

/** By the addon. */
export function replacingOf(binding: Binding): Replacing {
  return {
    async file({ path, temporary, content, mode, volatile = false }) {
      await binding.replaceFile(named(path), named(temporary), content, mode, !volatile)
    },
    async folder(path) {
      await binding.syncFolder(named(path))
    },
  }
}

/** @throws TypeError for what the kernel would take for another name */
function named(path: string): string {
  if (path === '' || path.includes('\0')) throw new TypeError(`${JSON.stringify(path)} names no file`)
  return path
}
