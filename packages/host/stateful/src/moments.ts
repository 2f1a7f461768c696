// SPDX-License-Identifier: LGPL-2.1-or-later
// Snapshots and checkpoints of a domain form trees; this is such a tree.

/** One moment of a domain. */
export interface Moment<T> {
  readonly name: string
  value: T
  parent: Moment<T> | undefined
  /** Newest first, as libvirt lists them. */
  readonly children: Moment<T>[]
}

/** Which moments a list is about. */
export interface MomentFilter<T> {
  /** Only those without (true) or with (false) children. */
  leaves?: boolean | undefined
  accept?: ((moment: Moment<T>) => boolean) | undefined
}

/**
 * Moments of one domain by name, with their parents and the current one.
 * @since 0.1.0
 */
export class MomentTree<T> {
  current: Moment<T> | undefined
  readonly #moments = new Map<string, Moment<T>>()
  readonly #roots: Moment<T>[] = []

  get size(): number {
    return this.#moments.size
  }

  get(name: string): Moment<T> | undefined {
    return this.#moments.get(name)
  }

  /** Adds a moment below `parent`. */
  add(name: string, value: T, parent: Moment<T> | undefined): Moment<T> {
    const moment: Moment<T> = { name, value, parent: undefined, children: [] }
    this.#moments.set(name, moment)
    this.#attach(moment, parent)
    return moment
  }

  /** Gives a moment another parent. */
  move(moment: Moment<T>, parent: Moment<T> | undefined): void {
    this.#detach(moment)
    this.#attach(moment, parent)
  }

  /** Whether `moment` is `ancestor` or below it. */
  isBelow(moment: Moment<T>, ancestor: Moment<T>): boolean {
    for (let at: Moment<T> | undefined = moment; at !== undefined; at = at.parent) if (at === ancestor) return true
    return false
  }

  /** Takes a moment away; its children go to its parent. */
  remove(moment: Moment<T>): void {
    for (const child of [...moment.children].reverse()) this.move(child, moment.parent)
    this.#detach(moment)
    this.#moments.delete(moment.name)
    if (this.current === moment) this.current = moment.parent
  }

  /** Takes all below a moment away; when the current one was among them, the moment becomes current. */
  removeBelow(moment: Moment<T>): void {
    const lost = this.below(moment)
    if (this.current !== undefined && lost.includes(this.current)) this.current = moment
    for (const one of lost) this.#moments.delete(one.name)
    moment.children.length = 0
  }

  /** All below a moment, parents first. */
  below(moment: Moment<T>): Moment<T>[] {
    return moment.children.flatMap((child) => [child, ...this.below(child)])
  }

  /** All moments, parents first. */
  all(): Moment<T>[] {
    return this.#roots.flatMap((root) => [root, ...this.below(root)])
  }

  roots(): readonly Moment<T>[] {
    return this.#roots
  }

  /** Moments without a parent, or those right below one; with `deep` all of the tree or branch. */
  list(from: Moment<T> | undefined, deep: boolean, filter: MomentFilter<T>): Moment<T>[] {
    const found = from === undefined ? (deep ? this.all() : this.#roots) : deep ? this.below(from) : from.children
    return found.filter(
      (one) =>
        (filter.leaves === undefined || (one.children.length === 0) === filter.leaves) &&
        (filter.accept === undefined || filter.accept(one)),
    )
  }

  #attach(moment: Moment<T>, parent: Moment<T> | undefined): void {
    moment.parent = parent
    const siblings = parent?.children ?? this.#roots
    siblings.unshift(moment)
  }

  #detach(moment: Moment<T>): void {
    const siblings = moment.parent?.children ?? this.#roots
    const at = siblings.indexOf(moment)
    if (at >= 0) siblings.splice(at, 1)
  }
}
