// SPDX-License-Identifier: LGPL-2.1-or-later
// Changing a document as a typed object and having only that changed in its text: comments, blanks, order, and elements
// that nobody here knows stay as they are.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import type { DocumentHooks } from '../runtime/context.js'
import type { DocumentKind } from '../runtime/document.js'
import type { XmlTree } from '../runtime/tree.js'
import { parseTree } from '../runtime/tree-read.js'
import { Patch } from './patch.js'
import { sourceTree } from './source-tree.js'

/** Changes a typed document: the one given, or one that is returned instead. */
export type Edit<T, I = T> = (document: T) => I | undefined | Promise<I | undefined>

/** A tree without the blanks between elements. */
function canonical(text: string): XmlTree {
  const strip = (tree: XmlTree): XmlTree => {
    const hasElements = tree.children.some((one) => typeof one !== 'string')
    const children = tree.children.filter((one) => typeof one !== 'string' || !hasElements || /\S/.test(one))
    return { ...tree, children: children.map((one) => (typeof one === 'string' ? one : strip(one))) }
  }
  return strip(parseTree(text, ErrorDomain.XML))
}

/**
 * Changes a text by changing what it means.
 * @param edit is given the typed document as the text has it, nothing added; it may change it, or return another
 * @throws VirtError of the text, and `operation-failed` when the change cannot be written into this text
 */
export async function editText<T extends object>(
  kind: DocumentKind<T>,
  text: string,
  edit: Edit<T, object>,
  hooks: DocumentHooks,
): Promise<string> {
  const print = (document: T): string => kind.print(document, { secure: true, hooks })
  const read = (given: string): T => kind.parse(given, { raw: true, hooks })
  const draft = read(text)
  const before = print(draft)
  const after = print(kind.fromInput((await edit(draft)) ?? draft, { hooks }))
  if (after === before) return text
  const source = sourceTree(text)
  const patch = new Patch(text, source)
  patch.sync(source, canonical(before), canonical(after))
  const changed = patch.apply()
  // Whatever the text is like: it has to mean what was asked for.
  if (print(read(changed)) !== print(read(after)))
    throw virtError(ErrorNumber.OPERATION_FAILED, ErrorDomain.XML, 'cannot write the change into this document', {
      details: 'print the document anew instead of editing its text',
    })
  return changed
}
