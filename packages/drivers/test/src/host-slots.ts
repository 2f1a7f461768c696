// SPDX-License-Identifier: LGPL-2.1-or-later
// The connection and the host behind it.
import type { Resolvers, SlotMethods, SlotTable } from '@virt/core'
import type { TestState } from './state.js'

/** What this driver says of its host slots. */
export const hostSupport: SlotTable = {
  connectGetType: {},
}

/** The host slots of one test instance. */
export function hostSlots(_state: TestState): SlotMethods & Resolvers {
  return {
    connectGetType: () => 'TEST',
  }
}
