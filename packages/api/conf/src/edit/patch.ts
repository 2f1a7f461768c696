// SPDX-License-Identifier: LGPL-2.1-or-later
// What differs between two trees, written into the text that the first was read from. The rest of the text stays.
import { escapeXml } from '../runtime/escape.js'
import type { XmlTree } from '../runtime/tree.js'
import { align, elementsOf } from './align.js'
import type { SourceNode } from './source-tree.js'

/** A part of the text and what takes its place. */
interface Replacement {
  start: number
  end: number
  text: string
}

const textOf = (tree: XmlTree): string => tree.children.filter((one) => typeof one === 'string').join('')

function attributes(tree: XmlTree): string {
  return Object.entries(tree.attributes)
    .map(([name, value]) => ` ${name}='${escapeXml(value)}'`)
    .join('')
}

/** A new element as libvirt prints it, first line without indentation. */
function write(tree: XmlTree, indent: string, step: string): string {
  const start = `<${tree.name}${attributes(tree)}`
  const children = elementsOf(tree)
  if (children.length === 0) {
    const text = textOf(tree)
    return text === '' ? `${start}/>` : `${start}>${escapeXml(text)}</${tree.name}>`
  }
  const inner = children.map((one) => `\n${indent}${step}${write(one, indent + step, step)}`).join('')
  return `${start}>${inner}\n${indent}</${tree.name}>`
}

/** Writes changes of trees into a text. */
export class Patch {
  readonly #text: string
  readonly #changes: Replacement[] = []
  /** One level of indentation in this text. */
  readonly #step: string

  constructor(text: string, root: SourceNode) {
    this.#text = text
    const [first] = root.children
    this.#step = first === undefined ? '  ' : this.#indentOf(first).slice(this.#indentOf(root).length) || '  '
  }

  /** Blanks before an element on its line. */
  #indentOf(node: SourceNode): string {
    return this.#blanksBefore(node) ?? ''
  }

  /** The same; `undefined` when something else stands before it, such as a comment. */
  #blanksBefore(node: SourceNode): string | undefined {
    const line = this.#text.slice(this.#text.lastIndexOf('\n', node.start - 1) + 1, node.start)
    return /^[ \t]*$/.test(line) ? line : undefined
  }

  /** Blanks before a new element inside another: those of the first that begins a line. */
  #indentIn(source: SourceNode): string {
    for (const child of source.children) {
      const blanks = this.#blanksBefore(child)
      if (blanks !== undefined) return blanks
    }
    return this.#indentOf(source) + this.#step
  }

  /** @param source where `before` was read from */
  sync(source: SourceNode, before: XmlTree, after: XmlTree): void {
    this.#attributes(source, before, after)
    if (elementsOf(before).length === 0 && elementsOf(after).length === 0) this.#content(source, before, after)
    else this.#children(source, elementsOf(before), elementsOf(after))
  }

  #attributes(source: SourceNode, before: XmlTree, after: XmlTree): void {
    let added = ''
    const whole = saysOtherwise(source, before, after)
    for (const [name, value] of Object.entries(after.attributes)) {
      if (before.attributes[name] === value && !whole) continue
      const own = source.attributes.find((one) => one.name === name)
      if (own?.value === value) continue
      if (own === undefined) added += ` ${name}='${escapeXml(value)}'`
      else this.#replace(own.valueStart, own.valueEnd, escapeXml(value))
    }
    for (const { name, start, valueEnd } of source.attributes)
      if (before.attributes[name] !== undefined && after.attributes[name] === undefined)
        this.#replace(start, valueEnd + 1, '')
    if (added === '') return
    const last = source.attributes.at(-1)
    const end = last === undefined ? source.nameEnd : last.valueEnd + 1
    this.#replace(end, end, added)
  }

  #content(source: SourceNode, before: XmlTree, after: XmlTree): void {
    const text = escapeXml(textOf(after))
    if (textOf(before) === textOf(after)) return
    if (source.selfClosing) this.#open(source, text)
    else this.#replace(source.tagEnd, source.closeStart, text)
  }

  /** Gives an element of the form `<x/>` an inside. */
  #open(source: SourceNode, inside: string): void {
    const slash = this.#text.lastIndexOf('/', source.tagEnd)
    this.#replace(slash, source.tagEnd, `>${inside}</${source.name}>`)
  }

  #children(source: SourceNode, before: readonly XmlTree[], after: readonly XmlTree[]): void {
    const places = this.#places(source, before)
    const pairs = align(before, after)
    const kept = new Set(pairs)
    for (const [i, node] of places.entries()) if (node !== undefined && !kept.has(i)) this.#remove(node)
    /** The element of the text behind which what is new comes. */
    let behind: SourceNode | undefined
    const added = new Map<SourceNode | undefined, string[]>()
    for (const [j, tree] of after.entries()) {
      const i = pairs[j]
      const node = i === undefined ? undefined : places[i]
      if (i !== undefined && node !== undefined) {
        this.sync(node, before[i] as XmlTree, tree)
        behind = node
      } else if (i === undefined || !same(before[i] as XmlTree, tree)) {
        const indent = this.#indentIn(source)
        added.set(behind, [...(added.get(behind) ?? []), `${indent}${write(tree, indent, this.#step)}`])
      }
    }
    for (const [node, lines] of added) this.#insert(source, node, lines)
  }

  /** Where each element of the tree stands in the text; nowhere when it is only there by default. */
  #places(source: SourceNode, trees: readonly XmlTree[]): (SourceNode | undefined)[] {
    const free = new Map<string, SourceNode[]>()
    for (const node of source.children) free.set(node.name, [...(free.get(node.name) ?? []), node])
    const counts = new Map<string, number>()
    for (const { name } of trees) counts.set(name, (counts.get(name) ?? 0) + 1)
    return trees.map((tree) => {
      const nodes = free.get(tree.name) ?? []
      // As many as there are in the text: they are the same in order. Else the one that is most like it.
      const place = nodes.length === counts.get(tree.name) ? 0 : mostLike(nodes, tree)
      counts.set(tree.name, (counts.get(tree.name) ?? 1) - 1)
      return nodes.splice(place, 1)[0]
    })
  }

  /** Takes an element out, with the line that it leaves empty. */
  #remove(node: SourceNode): void {
    const indent = this.#indentOf(node)
    const line = node.start - indent.length
    const alone = this.#text[line - 1] === '\n' && /^[ \t]*\r?(\n|$)/.test(this.#text.slice(node.end, node.end + 80))
    if (alone) this.#replace(line - 1, node.end, '')
    else this.#replace(node.start, node.end, '')
  }

  #insert(source: SourceNode, behind: SourceNode | undefined, lines: readonly string[]): void {
    const text = lines.map((line) => `\n${line}`).join('')
    if (behind !== undefined) this.#replace(behind.end, behind.end, text)
    else if (source.selfClosing) this.#open(source, `${text}\n${this.#indentOf(source)}`)
    else {
      const empty = source.children.length === 0 && !this.#text.slice(source.tagEnd, source.closeStart).includes('\n')
      this.#replace(source.tagEnd, source.tagEnd, empty ? `${text}\n${this.#indentOf(source)}` : text)
    }
  }

  #replace(start: number, end: number, text: string): void {
    this.#changes.push({ start, end, text })
  }

  /** The changed text. */
  apply(): string {
    let out = ''
    let at = 0
    for (const { start, end, text } of this.#changes.sort((a, b) => a.start - b.start || a.end - b.end)) {
      out += this.#text.slice(at, start) + text
      at = Math.max(at, end)
    }
    return out + this.#text.slice(at)
  }
}

/**
 * Whether something changes that the text says in words of its own, as another unit. Then what goes with it (the unit)
 * has to be written too.
 */
function saysOtherwise(source: SourceNode, before: XmlTree, after: XmlTree): boolean {
  const body = textOf(before)
  if (elementsOf(before).length === 0 && body !== textOf(after) && source.text.trim() !== body) return true
  return source.attributes.some(
    ({ name, value }) =>
      before.attributes[name] !== undefined &&
      before.attributes[name] !== value &&
      before.attributes[name] !== after.attributes[name],
  )
}

function same(a: XmlTree, b: XmlTree): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function mostLike(nodes: readonly SourceNode[], tree: XmlTree): number {
  const like = (node: SourceNode): number =>
    node.attributes.filter(({ name, value }) => tree.attributes[name] === value).length
  let best = 0
  for (const [i, node] of nodes.entries()) if (like(node) > like(nodes[best] as SourceNode)) best = i
  return best
}
