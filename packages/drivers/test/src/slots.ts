// SPDX-License-Identifier: LGPL-2.1-or-later
// The slot table, put together from the families.
import type { Resolvers, SlotMethods, SlotTable } from '@virt/core'
import { agentSlots, agentSupport } from './domain-agent.js'
import { blockSlots, blockSupport } from './domain-block.js'
import { checkpointSlots, checkpointSupport } from './domain-checkpoint.js'
import { defineSlots, defineSupport } from './domain-define.js'
import { deviceChangeSlots, deviceChangeSupport } from './domain-device.js'
import { infoSlots, infoSupport } from './domain-info.js'
import { iothreadSlots, iothreadSupport } from './domain-iothread.js'
import { lifecycleSlots, lifecycleSupport } from './domain-lifecycle.js'
import { listSlots, listSupport } from './domain-list.js'
import { memorySlots, memorySupport } from './domain-memory.js'
import { metadataSlots, metadataSupport } from './domain-metadata.js'
import { netSlots, netSupport } from './domain-net.js'
import { saveSlots, saveSupport } from './domain-save.js'
import { snapshotSlots, snapshotSupport } from './domain-snapshot.js'
import { statsSlots, statsSupport } from './domain-stats.js'
import { tuneSlots, tuneSupport } from './domain-tune.js'
import { vcpuSlots, vcpuSupport } from './domain-vcpu.js'
import { cpuSlots, cpuSupport } from './host-cpu.js'
import { hostSlots, hostSupport } from './host-slots.js'
import { interfaceSlots, interfaceSupport } from './interface.js'
import { networkSlots, networkSupport } from './network.js'
import { deviceSlots, deviceSupport } from './node-device.js'
import type { TestState } from './state.js'
import { poolSlots, poolSupport } from './storage-pool.js'
import { volumeSlots, volumeSupport } from './storage-vol.js'

/** What the driver says of every slot it fills. */
export const support: SlotTable = {
  ...hostSupport,
  ...cpuSupport,
  ...checkpointSupport,
  ...defineSupport,
  ...deviceChangeSupport,
  ...infoSupport,
  ...lifecycleSupport,
  ...listSupport,
  ...agentSupport,
  ...blockSupport,
  ...iothreadSupport,
  ...memorySupport,
  ...metadataSupport,
  ...netSupport,
  ...saveSupport,
  ...snapshotSupport,
  ...statsSupport,
  ...tuneSupport,
  ...vcpuSupport,
  ...networkSupport,
  ...interfaceSupport,
  ...poolSupport,
  ...volumeSupport,
  ...deviceSupport,
}

/** All slots of one instance. */
export function slotsOf(state: TestState): SlotMethods & Resolvers {
  return {
    ...hostSlots(state),
    ...cpuSlots,
    ...checkpointSlots(state),
    ...defineSlots(state),
    ...deviceChangeSlots(state),
    ...infoSlots(state),
    ...lifecycleSlots(state),
    ...listSlots(state),
    ...agentSlots(state),
    ...blockSlots(state),
    ...iothreadSlots(state),
    ...memorySlots(state),
    ...metadataSlots(state),
    ...netSlots(state),
    ...saveSlots(state),
    ...snapshotSlots(state),
    ...statsSlots(state),
    ...tuneSlots(state),
    ...vcpuSlots(state),
    ...networkSlots(state),
    ...interfaceSlots(state),
    ...poolSlots(state),
    ...volumeSlots(state),
    ...deviceSlots(state),
  }
}
