// SPDX-License-Identifier: LGPL-2.1-or-later
// Storage volumes.
import type { Resolvers, SlotMethods, SlotTable } from '@virt/core'
import type { TestState } from './state.js'

/** What this driver says of its volume slots. */
export const volumeSupport: SlotTable = {}

/** The volume slots of one test instance. */
export function volumeSlots(_state: TestState): SlotMethods & Resolvers {
  return {}
}
