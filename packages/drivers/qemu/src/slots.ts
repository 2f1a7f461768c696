// SPDX-License-Identifier: LGPL-2.1-or-later
// The slot table, put together from the families.
import type { Resolvers, SlotMethods, SlotTable } from '@virt/core'
import { consoleSlots, consoleSupport } from './slots/console.js'
import { defineSlots, defineSupport } from './slots/define.js'
import { hostSlots, hostSupport } from './slots/host.js'
import { infoSlots, infoSupport } from './slots/info.js'
import { lifecycleSlots, lifecycleSupport } from './slots/lifecycle.js'
import { listSlots, listSupport } from './slots/list.js'
import { memorySlots, memorySupport } from './slots/memory.js'
import { securitySlots, securitySupport } from './slots/security.js'
import { statsSlots, statsSupport } from './slots/stats.js'
import type { QemuState } from './state.js'

/** What the driver says of every slot it fills. */
export const support: SlotTable = {
  ...hostSupport,
  ...listSupport,
  ...defineSupport,
  ...lifecycleSupport,
  ...infoSupport,
  ...memorySupport,
  ...statsSupport,
  ...consoleSupport,
  ...securitySupport,
}

/** All slots of one instance. */
export function slotsOf(state: QemuState): SlotMethods & Resolvers {
  return {
    ...hostSlots(state),
    ...listSlots(state),
    ...defineSlots(state),
    ...lifecycleSlots(state),
    ...infoSlots(state),
    ...memorySlots(state),
    ...statsSlots(state),
    ...consoleSlots(state),
    ...securitySlots(state),
  }
}
