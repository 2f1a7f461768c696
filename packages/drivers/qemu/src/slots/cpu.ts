// SPDX-License-Identifier: LGPL-2.1-or-later
// Models of processors: which there are, what several have in common.
import { cpuModels, guestCpu, hostCpu, isArchitecture } from '@virt/conf'
import { ErrorNumber, type Resolvers, type SlotMethods, type SlotTable } from '@virt/core'
import { invalidArg, qemuError } from '../errors.js'
import type { QemuState } from '../state.js'

/** `virConnectBaselineCPUFlags` */
const Baseline = { expand: 1, migratable: 2 } as const

export const cpuSupport: SlotTable = {
  connectGetCPUModelNames: { flags: 0, fn: 'qemuConnectGetCPUModelNames' },
  connectBaselineCPU: { flags: Baseline.expand | Baseline.migratable, fn: 'qemuConnectBaselineCPU' },
}

export function cpuSlots(_state: QemuState): SlotMethods & Resolvers {
  return {
    connectGetCPUModelNames(_call, arch) {
      if (!isArchitecture(arch)) throw invalidArg(`cannot find architecture ${arch}`)
      // No names: every model is accepted.
      return cpuModels.modelNames(arch) ?? []
    },
    connectBaselineCPU(_call, documents, flags) {
      if (documents.length === 0) throw qemuError(ErrorNumber.INVALID_ARG, 'No CPUs given')
      const cpus = documents.map((xml) => hostCpu.parse(xml))
      const arch = cpus[0]?.arch
      const found = cpuModels.baseline(arch, cpus, { migratable: (flags & Baseline.migratable) !== 0 })
      const expand = (flags & Baseline.expand) !== 0 && arch !== undefined
      return guestCpu.print(expand ? cpuModels.expandFeatures(arch, found) : found)
    },
  }
}
