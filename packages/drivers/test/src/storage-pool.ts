// SPDX-License-Identifier: LGPL-2.1-or-later
// Storage pools.
import type { Resolvers, SlotMethods, SlotTable, StoragePoolRef } from '@virt/core'
import type { Recorded } from '@virt/stateful'
import type { TestState } from './state.js'

/** A storage pool of a test instance. */
export interface TestPool extends StoragePoolRef, Recorded {}

/** What this driver says of its pool slots. */
export const poolSupport: SlotTable = {}

/** The pool slots of one test instance. */
export function poolSlots(_state: TestState): SlotMethods & Resolvers {
  return {}
}

/** Takes a pool with its volumes from a node file: running. */
export function loadPool(_state: TestState, _xml: string, _volumes: readonly string[]): void {}
