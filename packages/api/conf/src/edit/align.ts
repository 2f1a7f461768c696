// SPDX-License-Identifier: LGPL-2.1-or-later
// Which element of one list is which of another.
import type { XmlTree } from '../runtime/tree.js'

/** Element children only. */
export function elementsOf(tree: XmlTree): XmlTree[] {
  return tree.children.filter((one) => typeof one !== 'string')
}

/** A text that is the same for equal trees. */
export function identity(tree: XmlTree): string {
  return JSON.stringify([
    tree.name,
    tree.attributes,
    tree.children.map((one) => (typeof one === 'string' ? one : identity(one))),
  ])
}

/** Longest common subsequence of two lists of texts, as pairs of places. */
function common(a: readonly string[], b: readonly string[]): [number, number][] {
  const width = b.length + 1
  const lengths = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        a[i] === b[j]
          ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0)
  const pairs: [number, number][] = []
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++])
    else if ((lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0)) i++
    else j++
  }
  return pairs
}

/** What of a tree says which one it is: small changes leave most of it. */
function likeness(a: XmlTree, b: XmlTree): number {
  const parts = (tree: XmlTree): string[] => [
    ...Object.entries(tree.attributes).map(([name, value]) => `@${name}=${value}`),
    ...tree.children.map((one) => (typeof one === 'string' ? one : identity(one))),
    ...elementsOf(tree).flatMap((one) => Object.entries(one.attributes).map((pair) => `${one.name}@${pair.join('=')}`)),
  ]
  const other = new Set(parts(b))
  return parts(a).filter((part) => other.has(part)).length
}

/**
 * Pairs of the elements of two lists: equal ones first, in order; between them those of one name that have most in common.
 * @returns for each place in `b` the place in `a`, or `undefined` for what is new
 */
export function align(a: readonly XmlTree[], b: readonly XmlTree[]): (number | undefined)[] {
  const found: (number | undefined)[] = b.map(() => undefined)
  let from: [number, number] = [0, 0]
  const ends: [number, number][] = [...common(a.map(identity), b.map(identity)), [a.length, b.length]]
  for (const [i, j] of ends) {
    const left = new Set(Array.from({ length: i - from[0] }, (_, k) => from[0] + k))
    for (let k = from[1]; k < j; k++) {
      let best: number | undefined
      let most = -1
      for (const candidate of left) {
        const like = a[candidate]?.name === b[k]?.name ? likeness(a[candidate] as XmlTree, b[k] as XmlTree) : -1
        if (like > most) {
          most = like
          best = candidate
        }
      }
      found[k] = best
      // What stands before it is gone: pairs do not cross.
      if (best !== undefined) for (const candidate of left) if (candidate <= best) left.delete(candidate)
    }
    if (j < b.length) found[j] = i
    from = [i + 1, j + 1]
  }
  return found
}
