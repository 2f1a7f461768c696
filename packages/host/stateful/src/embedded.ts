// SPDX-License-Identifier: LGPL-2.1-or-later
// Instances of a driver within a program, by the root of their files: connections to one root share one.

interface Entry<T> {
  readonly opened: Promise<T>
  users: number
}

/**
 * Instances by root. Each ends with its last user.
 * @since 0.1.0
 */
export class Embedded<T> {
  readonly #entries = new Map<string, Entry<T>>()

  /**
   * The instance at a root, made when it is not there.
   * @param make makes it; what it throws is thrown to everybody who waits, and the next one tries again
   * @param end ends it after its last user
   * @returns the instance, and what its user calls once when done
   */
  async use(
    root: string,
    make: () => Promise<T>,
    end: (instance: T) => Promise<void>,
  ): Promise<{ instance: T; release: () => Promise<void> }> {
    const entry = this.#entryAt(root, make)
    entry.users++
    const leave = async (instance?: T): Promise<void> => {
      if (--entry.users > 0) return
      if (this.#entries.get(root) === entry) this.#entries.delete(root)
      if (instance !== undefined) await end(instance)
    }
    try {
      const instance = await entry.opened
      return { instance, release: () => leave(instance) }
    } catch (error) {
      await leave()
      throw error
    }
  }

  #entryAt(root: string, make: () => Promise<T>): Entry<T> {
    const known = this.#entries.get(root)
    if (known !== undefined) return known
    const made: Entry<T> = { users: 0, opened: make() }
    this.#entries.set(root, made)
    made.opened.catch(() => {
      if (this.#entries.get(root) === made) this.#entries.delete(root)
    })
    return made
  }
}
