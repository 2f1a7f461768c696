// SPDX-License-Identifier: LGPL-2.1-or-later
// Where things go that have been read: fields, lists, trees.
import type { ReadContext, Rec } from './context.js'
import { none, type Slot } from './plan.js'
import type { XmlTree } from './tree.js'

/** Puts what has been read where it belongs. */
export function store(slot: Slot, target: Rec, record: Rec, context: ReadContext): void {
  switch (slot.kind) {
    case 'children':
    case 'wrapper':
      append(target, slot.key, record)
      return
    case 'choice':
      if (slot.field.shape.kind === 'choice' && slot.field.shape.many) append(target, slot.key, record)
      else target[slot.key] = record
      return
    case 'custom': {
      const shape = slot.field.shape
      if (shape.kind === 'custom' && shape.custom.read)
        target[slot.key] = shape.custom.read(record as never, target[slot.key] as never, context)
      return
    }
    default:
      slot.set(target, record)
  }
}

/** Adds to a list, which is shared as long as it is empty. */
export function append(record: Rec, key: string, value: unknown): void {
  const list = record[key] as unknown[]
  if (list === (none as unknown) || list === undefined) record[key] = [value]
  else list.push(value)
}

/** Drops the blank text between elements, as libxml2 does when it will print formatted. */
export function trim(tree: XmlTree): XmlTree {
  const children = tree.children.filter((one) => typeof one !== 'string' || /[^ \t\n\r]/.test(one))
  const kept = children.length === 0 && tree.children.length > 0 ? tree.children : children
  return { ...tree, children: kept.map((one) => (typeof one === 'string' ? one : trim(one))) }
}

/**
 * Of metadata, what belongs to somebody: an element of a namespace of its own each, the first of each namespace; `undefined`
 * when nothing does.
 */
export function owned(tree: XmlTree): XmlTree | undefined {
  const seen = new Set<string>()
  const children = tree.children.filter((one) => {
    if (typeof one === 'string') return false
    const colon = one.name.indexOf(':')
    const declaration = colon < 0 ? 'xmlns' : `xmlns:${one.name.slice(0, colon)}`
    const uri = one.attributes[declaration] ?? tree.attributes[declaration] ?? (colon < 0 ? '' : declaration)
    if (uri === '' || seen.has(uri)) return false
    seen.add(uri)
    return true
  })
  return children.length === 0 ? undefined : { ...tree, children }
}
