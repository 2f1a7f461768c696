// SPDX-License-Identifier: LGPL-2.1-or-later
// What a reader knows of an element that is open.
import type { Namespace, Rec } from './context.js'
import { type Plan, type Slot, unsure } from './plan.js'
import type { XmlTree } from './tree.js'

export const frameKinds = { element: 0, leaf: 1, skip: 2, tree: 3, wrapper: 4 } as const
export type FrameKind = (typeof frameKinds)[keyof typeof frameKinds]

/** An element that is open; used again for the next one as deep. */
export interface Frame {
  kind: FrameKind
  name: string
  plan: Plan | undefined
  record: Rec
  /** How the result goes into the parent's record. */
  slot: Slot | undefined
  /** Bits of the keys that may be in the record; one that is not there cannot be. */
  seen: number
  text: string
  unit: string | undefined
  tree: XmlTree | undefined
  namespace: Namespace | undefined
}

const nobody: Rec = Object.freeze({})

export function newFrame(): Frame {
  return {
    kind: frameKinds.skip,
    name: '',
    plan: undefined,
    record: nobody,
    slot: undefined,
    seen: unsure,
    text: '',
    unit: undefined,
    tree: undefined,
    namespace: undefined,
  }
}
