// SPDX-License-Identifier: LGPL-2.1-or-later
// Networks.
import type { NetworkRef, Resolvers, SlotMethods, SlotTable } from '@virt/core'
import type { Recorded } from '@virt/stateful'
import type { TestState } from './state.js'

/** A network of a test instance. */
export interface TestNetwork extends NetworkRef, Recorded {}

/** What this driver says of its network slots. */
export const networkSupport: SlotTable = {}

/** The network slots of one test instance. */
export function networkSlots(_state: TestState): SlotMethods & Resolvers {
  return {}
}

/** Takes a network from a node file: defined, persistent and running. */
export function loadNetwork(_state: TestState, _xml: string): void {}
