// SPDX-License-Identifier: LGPL-2.1-or-later
// Numbers for things that have only names: from 1, kept while the thing exists, not used again.

/** Gives out numbers by name. */
export class Numbers {
  readonly #known = new Map<string, number>()
  #last = 0

  /** The numbers of the things that exist now, in their order; those of things that are gone are forgotten. */
  of(names: readonly string[]): number[] {
    const present = new Set(names)
    for (const name of this.#known.keys()) if (!present.has(name)) this.#known.delete(name)
    return names.map((name) => {
      let number = this.#known.get(name)
      if (number === undefined) {
        number = ++this.#last
        this.#known.set(name, number)
      }
      return number
    })
  }
}
