// SPDX-License-Identifier: LGPL-2.1-or-later
// Models of processors: the same on every host, so that the imaginary one knows them all.
import { cpuModels, guestCpu, hostCpu, isArchitecture } from '@virt/conf'
import { ConnectBaselineCPUFlags, type SlotMethods, type SlotTable } from '@virt/core'
import { invalidArg } from './errors.js'

const { EXPAND_FEATURES } = ConnectBaselineCPUFlags

/** What this driver says of its slots about processors. */
export const cpuSupport: SlotTable = {
  connectGetCPUModelNames: { flags: 0, fn: 'testConnectGetCPUModelNames' },
  connectBaselineCPU: { flags: EXPAND_FEATURES, fn: 'testConnectBaselineCPU' },
}

/** The slots about processors; they need nothing of the host. */
export const cpuSlots: SlotMethods = {
  connectGetCPUModelNames(_call, arch) {
    if (!isArchitecture(arch)) throw invalidArg(`cannot find architecture ${arch}`)
    // No names: every model is accepted.
    return cpuModels.modelNames(arch) ?? []
  },
  connectBaselineCPU(_call, xmlCPUs, flags) {
    const cpus = xmlCPUs.map((xml) => hostCpu.parse(xml))
    const found = cpuModels.baseline(undefined, cpus)
    const arch = cpus[0]?.arch
    const expand = (flags & EXPAND_FEATURES) !== 0 && arch !== undefined
    return guestCpu.print(expand ? cpuModels.expandFeatures(arch, found) : found)
  },
}
