// SPDX-License-Identifier: LGPL-2.1-or-later
// What keeps guests apart: the models of this host, the labels of guests that run.
import type { Resolvers, SlotMethods, SlotTable } from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import type { QemuState } from '../state.js'

export const securitySupport: SlotTable = {
  nodeGetSecurityModel: {},
  domainGetSecurityLabel: {},
  domainGetSecurityLabelList: {},
}

export function securitySlots({ security }: QemuState): SlotMethods & Resolvers {
  /** Nothing here can be watched without being kept from: users and groups always hold. */
  const labels = (domain: QemuDomain): { label: string; enforcing: number }[] =>
    domain.active ? security.processLabels(domain.def).map((label) => ({ label, enforcing: 0 })) : []
  return {
    nodeGetSecurityModel() {
      const [first] = security.models
      return { model: first?.model ?? '', doi: first?.doi ?? '' }
    },
    domainGetSecurityLabel: (_call, domain: QemuDomain) => labels(domain)[0] ?? { label: '', enforcing: 0 },
    domainGetSecurityLabelList: (_call, domain: QemuDomain) => labels(domain),
  }
}
