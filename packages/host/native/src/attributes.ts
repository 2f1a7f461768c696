// SPDX-License-Identifier: LGPL-2.1-or-later
// Extended attributes: what is noted at a file besides its content.
import type { Binding } from './binding.js'

/** Extended attributes of files; links are followed. */
export interface Attributes {
  /**
   * Reads one.
   *
   * @param name with its class: `user.…`, `trusted.…` (root's), `security.…`
   * @returns undefined where the file has none such
   * @throws ENOENT, ENOTSUP where the file system keeps none, EPERM
   * @since 0.1.0
   */
  get(path: string, name: string): Promise<string | undefined>
  /** Sets one, whatever it was. @throws as `get`, ENOSPC, ERANGE @since 0.1.0 */
  set(path: string, name: string, value: string): Promise<void>
  /** Takes one away; none such is no error. @throws as `get` @since 0.1.0 */
  remove(path: string, name: string): Promise<void>
}

/** Extended attributes by getxattr and its like. */
export function attributesOf(binding: Binding): Attributes {
  return {
    async get(path, name) {
      checkTexts(path, name)
      const bytes = await binding.getAttribute(path, name)
      return bytes === undefined ? undefined : Buffer.from(bytes).toString().replace(/\0$/, '')
    },
    async set(path, name, value) {
      checkTexts(path, name)
      await binding.setAttribute(path, name, Buffer.from(value))
    },
    async remove(path, name) {
      checkTexts(path, name)
      await binding.removeAttribute(path, name)
    },
  }
}

function checkTexts(...texts: readonly string[]): void {
  const broken = texts.find((text) => text === '' || text.includes('\0'))
  if (broken !== undefined) throw new TypeError(`${JSON.stringify(broken)} names no file or attribute`)
}
