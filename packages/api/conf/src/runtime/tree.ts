// SPDX-License-Identifier: LGPL-2.1-or-later
// Opaque XML as plain data, and libxml2's normal form of it.

/** An element of which only the form is known. */
export interface XmlTree {
  name: string
  /** In document order, namespace declarations first, as libxml2 keeps them. */
  attributes: Record<string, string>
  children: (XmlTree | string)[]
}

/** Escapes text between tags as libxml2 does. */
function escapeText(text: string): string {
  return /[<>&\r]/.test(text)
    ? text.replace(/[<>&\r]/g, (c) => (c === '<' ? '&lt;' : c === '>' ? '&gt;' : c === '&' ? '&amp;' : '&#13;'))
    : text
}

/** Escapes an attribute's value as libxml2 does, in double quotes. */
function escapeAttribute(text: string): string {
  return text.replace(/[<>&"\r\n\t]/g, (c) => {
    switch (c) {
      case '<':
        return '&lt;'
      case '>':
        return '&gt;'
      case '&':
        return '&amp;'
      case '"':
        return '&quot;'
      case '\n':
        return '&#10;'
      case '\r':
        return '&#13;'
      default:
        return '&#9;'
    }
  })
}

/**
 * Prints a tree as libxml2's formatted dump: elements on lines of their own unless a sibling is text.
 * The first line starts without, the last line ends without indentation or newline.
 */
export function printTree(tree: XmlTree, indent = ''): string {
  return printNode(tree, indent, true)
}

function printNode(tree: XmlTree, indent: string, format: boolean): string {
  let out = `<${tree.name}`
  for (const name in tree.attributes) out += ` ${name}="${escapeAttribute(tree.attributes[name] ?? '')}"`
  if (tree.children.length === 0) return `${out}/>`
  out += '>'
  const pretty = format && !tree.children.some((one) => typeof one === 'string')
  const inner = `${indent}  `
  for (const one of tree.children) {
    if (typeof one === 'string') out += escapeText(one)
    else out += pretty ? `\n${inner}${printNode(one, inner, true)}` : printNode(one, inner, false)
  }
  if (pretty) out += `\n${indent}`
  return `${out}</${tree.name}>`
}

/** Text of all descendants, as XPath's string(). */
export function textOf(tree: XmlTree): string {
  return tree.children.map((one) => (typeof one === 'string' ? one : textOf(one))).join('')
}
