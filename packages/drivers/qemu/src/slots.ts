// SPDX-License-Identifier: LGPL-2.1-or-later
// The slot table, put together from the families.
import type { Resolvers, SlotMethods, SlotTable } from '@virt/core'
import { addressSlots, addressSupport } from './slots/address.js'
import { agentSlots, agentSupport } from './slots/agent.js'
import { blockSlots, blockSupport } from './slots/block.js'
import { blockTuneSlots, blockTuneSupport } from './slots/block-tune.js'
import { consoleSlots, consoleSupport } from './slots/console.js'
import { cpuSlots, cpuSupport } from './slots/cpu.js'
import { defineSlots, defineSupport } from './slots/define.js'
import { defineMoreSlots, defineMoreSupport } from './slots/define-more.js'
import { displaySlots, displaySupport } from './slots/display.js'
import { dumpSlots, dumpSupport } from './slots/dump.js'
import { guestInfoSlots, guestInfoSupport } from './slots/guest-info.js'
import { hostSlots, hostSupport } from './slots/host.js'
import { infoSlots, infoSupport } from './slots/info.js'
import { inputSlots, inputSupport } from './slots/input.js'
import { iothreadSlots, iothreadSupport } from './slots/iothread.js'
import { jobSlots, jobSupport } from './slots/jobs.js'
import { lifecycleSlots, lifecycleSupport } from './slots/lifecycle.js'
import { listSlots, listSupport } from './slots/list.js'
import { memorySlots, memorySupport } from './slots/memory.js'
import { messageSlots, messageSupport } from './slots/message.js'
import { migrationSlots, migrationSupport } from './slots/migration.js'
import { migrationTuningSlots, migrationTuningSupport } from './slots/migration-tuning.js'
import { netSlots, netSupport } from './slots/net.js'
import { nodeSlots, nodeSupport } from './slots/node.js'
import { passthroughSlots, passthroughSupport } from './slots/passthrough.js'
import { pictureSlots, pictureSupport } from './slots/picture.js'
import { saveSlots, saveSupport } from './slots/save.js'
import { secureGuestSlots, secureGuestSupport } from './slots/secure-guest.js'
import { securitySlots, securitySupport } from './slots/security.js'
import { statsSlots, statsSupport } from './slots/stats.js'
import { throttleGroupSlots, throttleGroupSupport } from './slots/throttle-groups.js'
import { affinitySlots, affinitySupport } from './slots/tuning-affinity.js'
import { blkioTuningSlots, blkioTuningSupport } from './slots/tuning-blkio.js'
import { memoryTuningSlots, memoryTuningSupport } from './slots/tuning-memory.js'
import { perfSlots, perfSupport } from './slots/tuning-perf.js'
import { schedulerSlots, schedulerSupport } from './slots/tuning-scheduler.js'
import { usageSlots, usageSupport } from './slots/tuning-usage.js'
import { vcpuSlots, vcpuSupport } from './slots/vcpu.js'
import type { QemuState } from './state.js'

type Family = readonly [slots: (state: QemuState) => SlotMethods & Resolvers, support: SlotTable]

const families: readonly Family[] = [
  [addressSlots, addressSupport],
  [agentSlots, agentSupport],
  [blockTuneSlots, blockTuneSupport],
  [blockSlots, blockSupport],
  [consoleSlots, consoleSupport],
  [cpuSlots, cpuSupport],
  [defineMoreSlots, defineMoreSupport],
  [defineSlots, defineSupport],
  [displaySlots, displaySupport],
  [dumpSlots, dumpSupport],
  [guestInfoSlots, guestInfoSupport],
  [hostSlots, hostSupport],
  [infoSlots, infoSupport],
  [inputSlots, inputSupport],
  [jobSlots, jobSupport],
  [lifecycleSlots, lifecycleSupport],
  [listSlots, listSupport],
  [memorySlots, memorySupport],
  [messageSlots, messageSupport],
  [migrationSlots, migrationSupport],
  [migrationTuningSlots, migrationTuningSupport],
  [netSlots, netSupport],
  [nodeSlots, nodeSupport],
  [passthroughSlots, passthroughSupport],
  [pictureSlots, pictureSupport],
  [saveSlots, saveSupport],
  [secureGuestSlots, secureGuestSupport],
  [securitySlots, securitySupport],
  [statsSlots, statsSupport],
  [throttleGroupSlots, throttleGroupSupport],
  [affinitySlots, affinitySupport],
  [blkioTuningSlots, blkioTuningSupport],
  [memoryTuningSlots, memoryTuningSupport],
  [perfSlots, perfSupport],
  [schedulerSlots, schedulerSupport],
  [usageSlots, usageSupport],
  [vcpuSlots, vcpuSupport],
  [iothreadSlots, iothreadSupport],
]

/** What the driver says of every slot it fills. */
export const support: SlotTable = Object.assign({}, ...families.map(([, table]) => table)) as SlotTable

/** All slots of one instance. */
export function slotsOf(state: QemuState): SlotMethods & Resolvers {
  return Object.assign({}, ...families.map(([slots]) => slots(state))) as SlotMethods & Resolvers
}
