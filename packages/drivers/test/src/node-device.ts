// SPDX-License-Identifier: LGPL-2.1-or-later
// Node devices.
import type { NodeDeviceRef, Resolvers, SlotMethods, SlotTable } from '@virt/core'
import type { Recorded } from '@virt/stateful'
import type { TestState } from './state.js'

/** A device of the node. */
export interface TestDevice extends NodeDeviceRef, Recorded {}

/** What this driver says of its node device slots. */
export const deviceSupport: SlotTable = {}

/** The node device slots of one test instance. */
export function deviceSlots(_state: TestState): SlotMethods & Resolvers {
  return {}
}

/** Takes a device from a node file. */
export function loadDevice(_state: TestState, _xml: string): void {}
