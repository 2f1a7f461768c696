// SPDX-License-Identifier: LGPL-2.1-or-later
// What snapshots and checkpoints of a domain have in common: lists, parents, redefinition, deletion.
import { ErrorDomain, ErrorNumber, type VirtError, virtError } from '@virt/core'
import type { Moment, MomentTree } from '@virt/stateful'
import type { TestDomain } from './domain-record.js'

/** A moment as slots get it. */
export interface OwnMoment<T> {
  readonly name: string
  readonly dom: TestDomain
  readonly moment: Moment<T>
}

const Delete = { children: 1, childrenOnly: 4 } as const
const Filter = { leaves: 4, noLeaves: 8 } as const
/** `ROOTS` of a domain's moments, `DESCENDANTS` of a moment. */
const rootsOrDescendants = 1

/**
 * Moments of a domain, or below one of them; parents come before their children.
 * @param flags `virDomainSnapshotListFlags` or `virDomainCheckpointListFlags`: the bits that are the same in both
 */
export function listMoments<T>(
  tree: MomentTree<T> | undefined,
  from: Moment<T> | undefined,
  flags: number,
  accept?: (moment: Moment<T>) => boolean,
): readonly Moment<T>[] {
  const { leaves, noLeaves } = Filter
  const asked = flags & (leaves | noLeaves)
  // As in libvirt, to ask for both is to ask for none.
  if (tree === undefined || asked === (leaves | noLeaves)) return []
  const one = (flags & rootsOrDescendants) !== 0
  return tree.list(from, from === undefined ? !one : one, {
    leaves: asked === 0 ? undefined : asked === leaves,
    accept,
  })
}

function invalid(detail: string): VirtError {
  return virtError(ErrorNumber.INVALID_ARG, ErrorDomain.DOMAIN, detail)
}

/**
 * The parent that a redefined moment names; undefined when it names none.
 * @throws VirtError `invalid-arg` when there is none of this name, or when the moment would be above itself
 */
export function namedParent<T>(
  tree: MomentTree<T>,
  name: string,
  parentName: string | undefined,
): Moment<T> | undefined {
  if (parentName === undefined) return undefined
  if (parentName === name) throw invalid(`cannot set moment ${name} as its own parent`)
  const parent = tree.get(parentName)
  if (parent === undefined) throw invalid(`parent ${parentName} for moment ${name} not found`)
  for (let at = parent; at.parent !== undefined; at = at.parent)
    if (at.parent.name === name) throw invalid(`parent ${at.name} would create cycle to ${name}`)
  return parent
}

/** @throws VirtError `operation-failed` when there is a moment of this name */
export function requireNew<T>(tree: MomentTree<T>, name: string): void {
  if (tree.get(name) !== undefined)
    throw virtError(ErrorNumber.OPERATION_FAILED, ErrorDomain.DOMAIN, `domain moment ${name} already exists`)
}

/** Puts a moment into the tree, in the place of the one of its name. */
export function placeMoment<T>(tree: MomentTree<T>, name: string, value: T, parent: Moment<T> | undefined): Moment<T> {
  const old = tree.get(name)
  if (old === undefined) return tree.add(name, value, parent)
  old.value = value
  if (old.parent !== parent) tree.move(old, parent)
  return old
}

/** Deletes a moment, those below it, or both, as flags ask. */
export function deleteMoment<T>(tree: MomentTree<T>, moment: Moment<T>, flags: number): void {
  if (flags & (Delete.children | Delete.childrenOnly)) tree.removeBelow(moment)
  if (!(flags & Delete.childrenOnly)) tree.remove(moment)
}
