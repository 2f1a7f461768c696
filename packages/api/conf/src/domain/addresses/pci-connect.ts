// SPDX-License-Identifier: LGPL-2.1-or-later
// What plugs into what on PCI: the kinds of connection a bus offers and a device needs, as bits.
import type { PciControllerModel } from '../types.gen.js'

export const Connect = {
  hotplug: 1,
  /** Devices of this kind share a slot, one a function. */
  aggregate: 4,
  /** On the root bus only. */
  integrated: 8,
  pci: 16,
  pcie: 32,
  rootPort: 64,
  upstreamPort: 128,
  downstreamPort: 256,
  dmiToPci: 512,
  pciExpander: 1024,
  pcieExpander: 2048,
  bridge: 4096,
  pcieToPci: 8192,
} as const

const { hotplug, aggregate, integrated, pci, pcie } = Connect
const { rootPort, upstreamPort, downstreamPort, dmiToPci, pciExpander, pcieExpander, bridge, pcieToPci } = Connect

export const endpoints: number = pci | pcie
const kinds =
  endpoints | rootPort | upstreamPort | downstreamPort | dmiToPci | pciExpander | pcieExpander | bridge | pcieToPci

interface BusKind {
  /** What may be plugged into the bus. */
  accepts: number
  minSlot: number
  maxSlot: number
  /** Whether devices come and go while the guest runs. A controller whose user turned that off takes such devices all the same. */
  hotplug: boolean
  /** What the controller itself needs of the bus it is on. */
  needs: number
}

const last = 31

export const busKinds: Readonly<Record<PciControllerModel, BusKind>> = {
  'pci-root': {
    accepts: integrated | pci | bridge | pciExpander,
    minSlot: 1,
    maxSlot: last,
    hotplug: true,
    needs: 0,
  },
  'pci-bridge': { accepts: pci | bridge, minSlot: 1, maxSlot: last, hotplug: true, needs: bridge },
  'pci-expander-bus': { accepts: pci | bridge, minSlot: 0, maxSlot: last, hotplug: true, needs: pciExpander },
  'pcie-root': {
    accepts: integrated | pcie | rootPort | dmiToPci | pcieExpander,
    minSlot: 1,
    maxSlot: last,
    hotplug: false,
    needs: 0,
  },
  'dmi-to-pci-bridge': { accepts: pci | bridge, minSlot: 0, maxSlot: last, hotplug: false, needs: dmiToPci },
  'pcie-to-pci-bridge': { accepts: pci | bridge, minSlot: 1, maxSlot: last, hotplug: true, needs: pcieToPci },
  'pcie-root-port': {
    accepts: pcie | upstreamPort | pcieToPci,
    minSlot: 0,
    maxSlot: 0,
    hotplug: true,
    needs: rootPort | aggregate,
  },
  'pcie-switch-upstream-port': {
    accepts: downstreamPort,
    minSlot: 0,
    maxSlot: last,
    hotplug: false,
    needs: upstreamPort,
  },
  'pcie-switch-downstream-port': {
    accepts: pcie | upstreamPort | pcieToPci,
    minSlot: 0,
    maxSlot: 0,
    hotplug: true,
    needs: downstreamPort,
  },
  'pcie-expander-bus': {
    accepts: rootPort | dmiToPci,
    minSlot: 0,
    maxSlot: last,
    hotplug: false,
    needs: pcieExpander,
  },
}

/** Names of what a device is, in errors. */
const names: readonly (readonly [number, string])[] = [
  [pci, 'standard PCI device'],
  [pcie, 'PCI Express device'],
  [rootPort, 'pcie-root-port'],
  [upstreamPort, 'pcie-switch-upstream-port'],
  [downstreamPort, 'pcie-switch-downstream-port'],
  [dmiToPci, 'dmi-to-pci-bridge'],
  [pciExpander, 'pci-expander-bus'],
  [pcieExpander, 'pcie-expander-bus'],
  [bridge, 'pci-bridge'],
  [pcieToPci, 'pcie-to-pci-bridge'],
]

/** What kind of slot a device needs, in words. */
export function connectName(needs: number): string {
  return names.find(([bit]) => (needs & bit) !== 0)?.[1] ?? 'unknown'
}

/** What is in the way of plugging a device into a bus. */
export type Misfit = 'kind' | 'hotplug' | 'integrated' | undefined

/**
 * Whether a bus takes a device.
 * @param chosen the place was asked for: plain PCI and PCI Express devices may then stand for one another, and hotplug is not missed
 */
export function misfit(accepts: number, needs: number, chosen: boolean): Misfit {
  let offered = accepts
  if (chosen) {
    if (offered & endpoints) offered |= endpoints
    offered |= hotplug
  }
  if ((offered & needs & kinds) === 0) return 'kind'
  if (needs & integrated && (offered & integrated) === 0) return 'integrated'
  if (needs & hotplug && (offered & hotplug) === 0) return 'hotplug'
  return undefined
}
