// SPDX-License-Identifier: LGPL-2.1-or-later
// What people should know of a guest: what was done to it that nobody supports, what of it is out of date.
import type { Resolvers, SlotMethods, SlotTable } from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import { taintNames, taintText } from '../process/taints.js'
import type { QemuState } from '../state.js'

/** `virDomainMessageType` */
const Message = { deprecation: 1, tainting: 2, ioErrors: 4 } as const

export const messageSupport: SlotTable = {
  domainGetMessages: {
    flags: Message.deprecation | Message.tainting | Message.ioErrors,
    fn: 'qemuDomainGetMessages',
  },
}

export function messageSlots(_state: QemuState): SlotMethods & Resolvers {
  return {
    domainGetMessages(_call, { run }: QemuDomain, flags) {
      const wants = (bit: number): boolean => flags === 0 || (flags & bit) !== 0
      if (run === undefined) return []
      const taints = wants(Message.tainting)
        ? taintNames.filter((name) => run.taints.has(name)).map((name) => `tainted: ${taintText(name)}`)
        : []
      const errors = wants(Message.ioErrors) ? [...run.ioErrors.values()] : []
      return [...taints, ...errors]
    },
  }
}
