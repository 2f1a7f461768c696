// SPDX-License-Identifier: LGPL-2.1-or-later
// Changing a document as a typed object and having only that changed in its text: comments, blanks, order, and elements
// that nobody here knows stay as they are.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import type { DocumentHooks } from '../runtime/context.js'
import type { XmlTree } from '../runtime/tree.js'
import { parseTree } from '../runtime/tree-read.js'
import { Patch } from './patch.js'
import { sourceTree } from './source-tree.js'

/** Changes a typed document: the one given, or one that is returned instead. */
export type Change<T, I = T> = (document: T) => I | undefined | Promise<I | undefined>

/** A tree without the blanks between elements. */
function canonical(text: string): XmlTree {
  const strip = (tree: XmlTree): XmlTree => {
    const hasElements = tree.children.some((one) => typeof one !== 'string')
    const children = tree.children.filter((one) => typeof one !== 'string' || !hasElements || /\S/.test(one))
    return { ...tree, children: children.map((one) => (typeof one === 'string' ? one : strip(one))) }
  }
  return strip(parseTree(text, ErrorDomain.XML))
}

/** What of a document kind is needed to change its texts. */
interface Kind<T, I> {
  parse(text: string, options: { raw: true; hooks: DocumentHooks }): T
  print(document: T, options: { secure: true; hooks: DocumentHooks }): string
  fromInput(given: I, options: { hooks: DocumentHooks }): T
}

/** Changes a text by changing what it means; see `DocumentKind.edit`. */
export async function editText<T extends object, I extends object>(
  kind: Kind<T, I>,
  text: string,
  change: Change<T, I>,
  hooks: DocumentHooks,
): Promise<string> {
  const print = (document: T): string => kind.print(document, { secure: true, hooks })
  const read = (given: string): T => kind.parse(given, { raw: true, hooks })
  const document = read(text)
  const before = print(document)
  // Lists of what has been read may be frozen; the copy's are not.
  const draft = structuredClone(document)
  const after = print(kind.fromInput((await change(draft)) ?? (draft as object as I), { hooks }))
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
