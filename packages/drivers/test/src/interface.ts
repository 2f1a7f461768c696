// SPDX-License-Identifier: LGPL-2.1-or-later
// Host interfaces.
import type { InterfaceRef, Resolvers, SlotMethods, SlotTable } from '@virt/core'
import type { Recorded } from '@virt/stateful'
import type { TestState } from './state.js'

/** A host interface of a test instance. */
export interface TestInterface extends InterfaceRef, Recorded {}

/** What this driver says of its interface slots. */
export const interfaceSupport: SlotTable = {}

/** The interface slots of one test instance. */
export function interfaceSlots(_state: TestState): SlotMethods & Resolvers {
  return {}
}

/** Takes an interface from a node file: running. */
export function loadInterface(_state: TestState, _xml: string): void {}
