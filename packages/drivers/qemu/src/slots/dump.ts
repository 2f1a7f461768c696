// SPDX-License-Identifier: LGPL-2.1-or-later
// Dumps of guests.
import type { Call, Resolvers, SlotMethods, SlotTable } from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import { dumpFormats, dumpGuest } from '../save/dump.js'
import type { QemuState } from '../state.js'

/** `virDomainCoreDumpFlags` */
const Flag = { crash: 1, live: 2, bypassCache: 4, reset: 8, memoryOnly: 16 } as const
const flags = Object.values(Flag).reduce((all, bit) => all | bit, 0)

export const dumpSupport: SlotTable = {
  domainCoreDump: { flags, fn: 'qemuDomainCoreDumpWithFormat' },
  domainCoreDumpWithFormat: { flags, fn: 'qemuDomainCoreDumpWithFormat' },
}

export function dumpSlots(state: QemuState): SlotMethods & Resolvers {
  const dump = async (call: Call, domain: QemuDomain, path: string, format: number, given: number): Promise<void> => {
    const has = (bit: number): boolean => (given & bit) !== 0
    await dumpGuest(state, call, domain, {
      path,
      format: dumpFormats[format] ?? 'elf',
      crash: has(Flag.crash),
      live: has(Flag.live),
      bypassCache: has(Flag.bypassCache),
      reset: has(Flag.reset),
      memoryOnly: has(Flag.memoryOnly),
      flags: given,
    })
  }
  return {
    domainCoreDump: (call, domain: QemuDomain, path, given) => dump(call, domain, path, 0, given),
    domainCoreDumpWithFormat: (call, domain: QemuDomain, path, format, given) =>
      dump(call, domain, path, format, given),
  }
}
