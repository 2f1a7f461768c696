// SPDX-License-Identifier: LGPL-2.1-or-later
// Descriptions that packages of the system leave for managers of guests: which firmware, which helper programs there are.
import { readdir, readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Kinds of descriptions, by their folder's name. */
export type InteropKind = 'firmware' | 'vhost-user'

/**
 * Folders to look in, those that count less first.
 * @param privileged whether the driver is the system's; a user's has a folder of the user's too
 */
export function interopFolders(kind: InteropKind, privileged: boolean, root = '/'): string[] {
  const folders = [join(root, 'usr/share/qemu', kind), join(root, 'etc/qemu', kind)]
  if (privileged) return folders
  const config = process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config')
  return [...folders, join(config, 'qemu', kind)]
}

/**
 * The files that count, in the order of their names: one of a later folder hides those of the same name, and an empty one hides
 * without taking their place.
 */
export async function interopFiles(folders: readonly string[]): Promise<string[]> {
  const found = new Map<string, string>()
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => [])
    for (const name of names) {
      if (name.startsWith('.') || !name.endsWith('.json')) continue
      const path = join(folder, name)
      const { size, isFile } = await stat(path).then(
        (status) => ({ size: status.size, isFile: status.isFile() }),
        () => ({ size: 0, isFile: false }),
      )
      if (!isFile) continue
      if (size === 0) found.delete(name)
      else found.set(name, path)
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path)
}

/** Reads all that can be read; what cannot is told of and left out. */
export async function readInterop<T>(
  folders: readonly string[],
  parse: (text: string) => T,
  problem: (path: string, error: unknown) => void,
): Promise<{ path: string; value: T }[]> {
  const all: { path: string; value: T }[] = []
  for (const path of await interopFiles(folders)) {
    try {
      all.push({ path, value: parse(await readFile(path, 'utf8')) })
    } catch (error) {
      problem(path, error)
    }
  }
  return all
}
