// SPDX-License-Identifier: LGPL-2.1-or-later
// A well-formed text as a tree that knows where everything stands, so that parts of it can be rewritten.
import { decodeText } from './entities.js'

/** Where an attribute stands: its name, and its value between the quotes. */
export interface SourceAttribute {
  readonly name: string
  readonly value: string
  /** Of the blanks before the name. */
  readonly start: number
  readonly valueStart: number
  readonly valueEnd: number
  readonly quote: string
}

/** Where an element stands. */
export interface SourceNode {
  readonly name: string
  readonly start: number
  /** After the element's name in the start tag. */
  readonly nameEnd: number
  /** After the start tag. */
  readonly tagEnd: number
  readonly attributes: readonly SourceAttribute[]
  readonly children: readonly SourceNode[]
  readonly selfClosing: boolean
  /** Of the end tag; where the start tag ends when it has none. */
  closeStart: number
  end: number
  /** Its text up to the end tag, of an element without children. */
  text: string
}

const token =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<!DOCTYPE(?:[^[>"']|"[^"]*"|'[^']*'|\[(?:[^\]"']|"[^"]*"|'[^']*')*\])*>|<(\/?)([^\s/>]+)((?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g
const attribute = /(\s+)([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g

function attributesOf(list: string, offset: number): SourceAttribute[] {
  return [...list.matchAll(attribute)].map((match) => {
    const raw = match[3] ?? match[4] ?? ''
    const end = offset + match.index + match[0].length - 1
    return {
      name: match[2] ?? '',
      value: decodeText(raw),
      start: offset + match.index,
      valueStart: end - raw.length,
      valueEnd: end,
      quote: match[3] === undefined ? "'" : '"',
    }
  })
}

/** Reads a text whose form has been checked. */
export function sourceTree(text: string): SourceNode {
  const open: (SourceNode & { children: SourceNode[] })[] = []
  let root: SourceNode | undefined
  for (const match of text.matchAll(token)) {
    const [whole, slash, name, list = '', closing] = match
    if (name === undefined) continue
    const end = match.index + whole.length
    if (slash === '/') {
      const node = open.pop()
      if (node !== undefined)
        Object.assign(node, { closeStart: match.index, end, text: decodeText(text.slice(node.tagEnd, match.index)) })
      continue
    }
    const nameEnd = match.index + 1 + name.length
    const node = {
      name,
      start: match.index,
      nameEnd,
      tagEnd: end,
      attributes: attributesOf(list, nameEnd),
      children: [],
      selfClosing: closing === '/',
      closeStart: end,
      end,
      text: '',
    }
    open.at(-1)?.children.push(node)
    root ??= node
    if (closing !== '/') open.push(node)
  }
  if (root === undefined) throw new TypeError('the text has no element')
  return root
}
