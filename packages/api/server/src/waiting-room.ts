// SPDX-License-Identifier: LGPL-2.1-or-later
// Those for whom there is no room yet, by where they come from: no source's many stand in front of another's few.

/** What is known of somebody who waits. */
export interface Waiting {
  readonly source: string
  readonly anonymous: boolean
}

/** Those of one source, in the order they came, which of all is their number. */
interface Line<T> {
  readonly source: string
  readonly anonymous: boolean
  readonly people: Map<T, number>
}

/** Everybody who waits. */
export class WaitingRoom<T extends Waiting> {
  readonly #lines = new Map<string, Line<T>>()
  #size = 0
  #came = 0

  get size(): number {
    return this.#size
  }

  add(one: T): void {
    const { source, anonymous } = one
    const key = keyOf(one)
    let line = this.#lines.get(key)
    if (line === undefined) {
      line = { source, anonymous, people: new Map() }
      this.#lines.set(key, line)
    }
    line.people.set(one, this.#came++)
    this.#size++
  }

  delete(one: T): void {
    const key = keyOf(one)
    const line = this.#lines.get(key)
    if (line === undefined || !line.people.delete(one)) return
    this.#size--
    if (line.people.size === 0) this.#lines.delete(key)
  }

  /**
   * Who is next: of the sources with the fewest inside the one that came first.
   * @param inside how many of a source have been let in
   * @param anonymous whether there is room for those, too, who have yet to say who they are
   */
  next(inside: (source: string) => number, anonymous: boolean): T | undefined {
    let best: T | undefined
    let least = Number.POSITIVE_INFINITY
    let earliest = Number.POSITIVE_INFINITY
    for (const line of this.#lines.values()) {
      if (line.anonymous && !anonymous) continue
      const count = inside(line.source)
      const [one, came] = line.people.entries().next().value as [T, number]
      if (count > least || (count === least && came > earliest)) continue
      best = one
      least = count
      earliest = came
    }
    return best
  }

  /** Who has to go so that another can wait: the last of the longest line, where the other's will not be as long. */
  yielding(other: T): T | undefined {
    let longest: Line<T> | undefined
    for (const line of this.#lines.values())
      if (longest === undefined || line.people.size > longest.people.size) longest = line
    const own = this.#lines.get(keyOf(other))?.people.size ?? 0
    if (longest === undefined || longest.people.size <= own + 1) return undefined
    return [...longest.people.keys()].at(-1)
  }
}

const keyOf = ({ source, anonymous }: Waiting): string => `${anonymous ? 'anonymous' : 'known'} ${source}`
