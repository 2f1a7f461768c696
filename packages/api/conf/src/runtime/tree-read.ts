// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading XML of unknown form into a tree that keeps every character between tags.
import { malformed } from './malformed.js'
import { type Attributes, type ScanHandler, Scanner } from './scan.js'
import type { XmlTree } from './tree.js'

class TreeBuilder implements ScanHandler {
  readonly wantsText = true
  root: XmlTree | undefined
  readonly #open: XmlTree[] = []
  readonly #text: string
  readonly #domain: number

  constructor(text: string, domain: number) {
    this.#text = text
    this.#domain = domain
  }

  open(name: string, attributes: Attributes): void {
    const tree: XmlTree = { name, attributes: attributes.toObject(), children: [] }
    this.#open.at(-1)?.children.push(tree)
    this.root ??= tree
    this.#open.push(tree)
  }

  close(): void {
    this.#open.pop()
  }

  text(chunk: string): void {
    const children = this.#open.at(-1)?.children
    if (children === undefined) return
    const last = children.length - 1
    if (typeof children[last] === 'string') children[last] += chunk
    else children.push(chunk)
  }

  malformed(message: string, at: number): never {
    throw malformed(undefined, this.#text, message, at, this.#domain)
  }
}

/**
 * Reads one element of any form.
 * @param domain `virErrorDomain` of the error about malformed text
 */
export function parseTree(text: string, domain: number): XmlTree {
  const builder = new TreeBuilder(text, domain)
  new Scanner(text, builder).run()
  return builder.root ?? builder.malformed('Document is empty', 0)
}
