// SPDX-License-Identifier: LGPL-2.1-or-later
// Small changes to documents, as mistakes make them.
import type { XmlTree } from '../../src/index.js'

/** A sequence of numbers that is the same on every run. */
export class Dice {
  #seed: number

  constructor(seed: number) {
    this.#seed = seed
  }

  below(limit: number): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0
    let t = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * limit)
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)]
  }
}

interface Node {
  tree: XmlTree
  parent: XmlTree | undefined
}

function nodes(tree: XmlTree, parent?: XmlTree): Node[] {
  // What stands in metadata is nobody's business, and other namespaces are the drivers'.
  if (tree.name === 'metadata' || tree.name.includes(':')) return []
  const inner = tree.children.flatMap((one) => (typeof one === 'string' ? [] : nodes(one, tree)))
  return [{ tree, parent }, ...inner]
}

const texts = [
  '',
  'x',
  '-1',
  '0',
  '4294967296',
  'yes',
  'on',
  '/a',
  'a b',
  'a/b',
  '0x10',
  '1.5',
  'a:b',
  'abcdefghijklmnop',
]

type Change = (node: Node, dice: Dice) => boolean

const attributeOf = ({ tree }: Node, dice: Dice): string | undefined =>
  dice.pick(Object.keys(tree.attributes).filter((name) => !name.startsWith('xmlns')))
const place = ({ tree, parent }: Node): number => parent?.children.indexOf(tree) ?? -1

const changes: readonly Change[] = [
  (node, dice) => {
    const name = attributeOf(node, dice)
    if (name !== undefined) delete node.tree.attributes[name]
    return name !== undefined
  },
  (node, dice) => {
    const name = attributeOf(node, dice)
    if (name !== undefined) node.tree.attributes[name] = dice.pick(texts) ?? ''
    return name !== undefined
  },
  ({ tree }) => {
    tree.attributes.unknown = '1'
    return true
  },
  ({ tree }) => {
    if (tree.children.some((one) => typeof one === 'string')) return false
    tree.children.push({ name: 'unknown', attributes: {}, children: [] })
    return true
  },
  (node) => node.parent?.children.splice(place(node), 1) !== undefined,
  (node) => node.parent?.children.splice(place(node), 0, structuredClone(node.tree)) !== undefined,
  (node) => {
    const list = node.parent?.children ?? []
    const next = list[place(node) + 1]
    if (next === undefined || typeof next === 'string') return false
    list.splice(place(node), 2, next, node.tree)
    return true
  },
  ({ tree }, dice) => {
    if (tree.children.length !== 1 || typeof tree.children[0] !== 'string') return false
    const text = dice.pick(texts) ?? ''
    tree.children = text === '' ? [] : [text]
    return true
  },
  ({ tree }) => {
    if (tree.children.length === 0 || tree.children.some((one) => typeof one === 'string')) return false
    tree.children.push('text')
    return true
  },
]

/** A copy of a document with one change. */
export function mutate(document: XmlTree, dice: Dice): XmlTree {
  for (;;) {
    const copy = structuredClone(document)
    const node = dice.pick(nodes(copy))
    const change = dice.pick(changes)
    if (node !== undefined && change?.(node, dice)) return copy
  }
}
