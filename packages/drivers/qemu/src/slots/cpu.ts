// SPDX-License-Identifier: LGPL-2.1-or-later
// Models of processors: which there are, what several have in common, what guests can have of one.
import {
  compareWithHypervisor,
  cpuModels,
  forQemu,
  guestCpu,
  isArchitecture,
  parseCpu,
  parseHostCpu,
  qemuModels,
} from '@virt/conf'
import { ErrorNumber, type Resolvers, type SlotMethods, type SlotTable } from '@virt/core'
import { isX86, programMeant } from '../capabilities/lookup.js'
import { cpusForStart } from '../domain-capabilities/cpu-modes.js'
import { configUnsupported, invalidArg, qemuError } from '../errors.js'
import type { QemuState } from '../state.js'

/** `virConnectBaselineCPUFlags`, `virConnectCompareCPUFlags` */
const Baseline = { expand: 1, migratable: 2 } as const
const Compare = { failIncompatible: 1, validate: 2 } as const
/** `virCPUCompareResult` */
const comparisons = { incompatible: 0, identical: 1, superset: 2 } as const

export const cpuSupport: SlotTable = {
  connectGetCPUModelNames: { flags: 0, fn: 'qemuConnectGetCPUModelNames' },
  connectCompareCPU: { flags: Compare.failIncompatible | Compare.validate, fn: 'qemuConnectCompareCPU' },
  connectBaselineCPU: { flags: Baseline.expand | Baseline.migratable, fn: 'qemuConnectBaselineCPU' },
  connectBaselineHypervisorCPU: {
    flags: Baseline.expand | Baseline.migratable,
    fn: 'qemuConnectBaselineHypervisorCPU',
  },
  connectCompareHypervisorCPU: {
    flags: Compare.failIncompatible | Compare.validate,
    fn: 'qemuConnectCompareHypervisorCPU',
  },
}

export function cpuSlots(state: QemuState): SlotMethods & Resolvers {
  return {
    connectGetCPUModelNames(_call, arch) {
      if (!isArchitecture(arch)) throw invalidArg(`cannot find architecture ${arch}`)
      // No names: every model is accepted.
      return cpuModels.modelNames(arch) ?? []
    },
    async connectCompareCPU(_call, xml, flags) {
      const cpu = parseCpu(xml, { validate: (flags & Compare.validate) !== 0 })
      const failIncompatible = (flags & Compare.failIncompatible) !== 0
      const { arch, cpu: host } = await state.processor()
      return comparisons[cpuModels.compare(arch, host, cpu, { failIncompatible })]
    },
    connectBaselineCPU(_call, documents, flags) {
      if (documents.length === 0) throw qemuError(ErrorNumber.INVALID_ARG, 'No CPUs given')
      const cpus = documents.map((xml) => parseHostCpu(xml))
      const arch = cpus[0]?.arch
      const all = cpuModels.baseline(arch, cpus, { migratable: (flags & Baseline.migratable) !== 0 })
      const found = arch === undefined ? all : forQemu(arch, all)
      const expand = (flags & Baseline.expand) !== 0 && arch !== undefined
      return guestCpu.print(expand ? cpuModels.expandFeatures(arch, found) : found)
    },
    async connectBaselineHypervisorCPU(_call, emulator, wantedArch, machine, virtType, documents, flags) {
      if (documents.length === 0) throw qemuError(ErrorNumber.INVALID_ARG, 'No CPUs given')
      const { caps, accelerator } = await programMeant(state, { emulator, arch: wantedArch, machine, virtType })
      const { arch } = caps
      const cpus = documents.map((xml) => parseCpu(xml))
      if (!isX86(arch)) throw configUnsupported(`computing baseline hypervisor CPU is not supported for arch ${arch}`)
      const own = caps.accelerators[accelerator]
      const migratable = (flags & Baseline.migratable) !== 0
      const found = cpuModels.baseline(arch, cpus, {
        models: own === undefined ? undefined : qemuModels.modelsOfQemu(arch, own.cpus),
        features: own?.hostCpu && qemuModels.featuresOfQemuModel(arch, own.hostCpu.properties, { migratable }),
        migratable,
      })
      const exact = { ...found, model: { ...found.model, fallback: 'forbid' as const } }
      return guestCpu.print((flags & Baseline.expand) === 0 ? exact : cpuModels.expandFeatures(arch, exact))
    },
    async connectCompareHypervisorCPU(_call, emulator, wantedArch, machine, virtType, xml, flags) {
      const { caps, accelerator } = await programMeant(state, { emulator, arch: wantedArch, machine, virtType })
      const { arch } = caps
      const offer = cpusForStart(caps, accelerator, await state.processor())
      if (!isX86(arch)) throw configUnsupported(`comparing with the hypervisor CPU is not supported for arch ${arch}`)
      const cpu = parseCpu(xml, { validate: (flags & Compare.validate) !== 0 })
      const failIncompatible = (flags & Compare.failIncompatible) !== 0
      return comparisons[compareWithHypervisor(arch, cpu, offer, { failIncompatible })]
    },
  }
}
