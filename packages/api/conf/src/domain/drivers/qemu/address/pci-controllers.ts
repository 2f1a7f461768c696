// SPDX-License-Identifier: LGPL-2.1-or-later
// What PCI controllers say of themselves once they have their places: device name, chassis, port, bus number, index.

import { placeOf } from '../../../addresses/places.js'
import { internalError, xmlError } from '../../../passes/report.js'
import type { ControllerPci, Domain, PciControllerModel } from '../../../types.gen.js'
import type { QemuCapabilities } from '../host.js'
import { isPSeries, machineOf } from '../machine.js'

/** QEMU's device of each model. */
const deviceNames: Readonly<Partial<Record<PciControllerModel, string>>> = {
  'pci-bridge': 'pci-bridge',
  'dmi-to-pci-bridge': 'i82801b11-bridge',
  'pcie-to-pci-bridge': 'pcie-pci-bridge',
  'pcie-switch-upstream-port': 'x3130-upstream',
  'pcie-switch-downstream-port': 'xio3130-downstream',
  'pci-expander-bus': 'pxb',
  'pcie-expander-bus': 'pxb-pcie',
}

/** Most indexes of host bridges on pSeries. */
const lastBridge = 30

/** Fills in what the definition leaves open. */
export function completePciControllers(domain: Domain, caps: QemuCapabilities): void {
  const pseries = isPSeries(machineOf(domain))
  const all = (domain.devices?.controllers ?? []).filter((one): one is ControllerPci => one.type === 'pci')
  for (const one of all) {
    const { model, index = 0 } = one
    if (model === undefined) continue
    if (one.modelName === undefined) {
      const name =
        model === 'pcie-root-port'
          ? caps.has('pcie-root-port')
            ? 'pcie-root-port'
            : 'ioh3420'
          : model === 'pci-root' && pseries
            ? 'spapr-pci-host-bridge'
            : deviceNames[model]
      if (name !== undefined) one.modelName = name
    }
    const place = placeOf(one) ?? { domain: 0, bus: 0, slot: 0, function: 0 }
    const target = one.target ?? {}
    switch (model) {
      case 'pci-bridge':
        target.chassisNr ??= index
        if (index <= place.bus) {
          const hex = (value: number) => `0x${value.toString(16).padStart(2, '0')}`
          xmlError(
            `PCI controller at index ${index} (${hex(index)}) has bus='${hex(place.bus)}', but index must be larger than bus`,
          )
        }
        break
      case 'pcie-root-port':
        target.chassis ??= index
        target.port ??= (place.slot << 3) + place.function
        break
      case 'pcie-switch-downstream-port':
        target.chassis ??= index
        target.port ??= place.slot
        break
      case 'pci-expander-bus':
      case 'pcie-expander-bus':
        target.busNr ??= freeBusNumber(all)
        if (target.busNr === undefined)
          internalError(
            `No free busNr lower than current lowest busNr is available to auto-assign to bus ${place.bus}. Must be manually assigned`,
          )
        break
      case 'pci-root':
        if (!pseries) break
        target.index ??= index === 0 ? 0 : freeIndex(all)
        if (target.index === undefined) internalError(`No usable target index found for ${index}`)
        break
      default:
    }
    if (Object.keys(target).length > 0) one.target = target
  }
}

/** Below the lowest there is, with room for one bus behind it; 0 to 2 are the machine's own. */
function freeBusNumber(all: readonly ControllerPci[]): number | undefined {
  let lowest = 256
  for (const { target } of all) if (target?.busNr !== undefined) lowest = Math.min(lowest, target.busNr)
  return lowest <= 2 ? undefined : lowest - 2
}

function freeIndex(all: readonly ControllerPci[]): number | undefined {
  const used = new Set(all.map(({ target }) => target?.index))
  for (let index = 1; index <= lastBridge; index++) if (!used.has(index)) return index
  return undefined
}
