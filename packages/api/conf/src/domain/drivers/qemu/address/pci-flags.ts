// SPDX-License-Identifier: LGPL-2.1-or-later
// What kind of PCI slot QEMU's devices need.
import { busKinds, Connect } from '../../../addresses/pci-connect.js'
import type { AnyDevice } from '../../../passes/devices.js'
import type { Controller, Hostdev, Interface, Video } from '../../../types.gen.js'
import type { QemuScope } from '../host.js'

/** Needs of endpoints on the root bus there is. */
interface Needs {
  pci: number
  pcie: number
  virtio: number
}

type Rule = (device: never, needs: Needs, scope: QemuScope) => number

/** Old and new virtio in one only works on conventional PCI. */
const byModel = (model: string | undefined, needs: Needs): number =>
  model === 'virtio-transitional' ? needs.pci : needs.virtio

function controllerNeeds(controller: Controller, needs: Needs): number {
  switch (controller.type) {
    case 'pci':
      return controller.model === undefined ? 0 : busKinds[controller.model].needs
    case 'usb':
      switch (controller.model) {
        case 'nec-xhci':
        case 'qemu-xhci':
          return needs.pcie
        case 'none':
        case 'qusb1':
        case 'qusb2':
          return 0
        default:
          return needs.pci
      }
    case 'scsi':
      switch (controller.model) {
        case 'virtio-scsi':
        case 'virtio-transitional':
        case 'virtio-non-transitional':
          return byModel(controller.model, needs)
        case undefined:
        case 'auto':
        case 'ncr53c90':
          return 0
        default:
          return needs.pci
      }
    case 'virtio-serial':
      return byModel(controller.model, needs)
    case 'ide':
    case 'sata':
      return needs.pci
    default:
      return 0
  }
}

function interfaceNeeds(net: Interface, needs: Needs, scope: QemuScope): number {
  if (net.type === 'hostdev') {
    const address = net.source?.address
    return address?.type === 'pci' ? hostPciNeeds(address, needs, scope) : 0
  }
  switch (net.model) {
    case 'usb-net':
      return 0
    case 'virtio':
    case 'virtio-non-transitional':
      return needs.virtio
    case 'e1000e':
    case 'igb':
      return needs.pcie
    default:
      return needs.pci
  }
}

interface HostAddress {
  domain?: number | undefined
  bus?: number | undefined
  slot?: number | undefined
  function?: number | undefined
}

function hostPciNeeds(address: HostAddress | undefined, needs: Needs, { host }: QemuScope): number {
  if (needs.pci === needs.pcie) return needs.pci
  const { domain = 0, bus = 0, slot = 0, function: fn = 0 } = address ?? {}
  // A device that is not there yet is taken for a modern one.
  return host.isExpress({ domain, bus, slot, function: fn }) === false ? needs.pci : needs.pcie
}

function hostdevNeeds(hostdev: Hostdev, needs: Needs, scope: QemuScope): number {
  if (hostdev.mode !== 'subsystem') return 0
  switch (hostdev.type) {
    case 'pci':
      return hostPciNeeds(hostdev.source?.address, needs, scope)
    case 'mdev':
      return hostdev.model === 'vfio-pci' ? needs.pcie : 0
    case 'scsi_host':
      return byModel(hostdev.model, needs)
    default:
      return 0
  }
}

function videoNeeds({ model }: Video, needs: Needs): number {
  switch (model?.type) {
    case 'virtio':
      return needs.virtio
    case 'bochs':
      return needs.pcie
    case undefined:
    case 'default':
    case 'none':
    case 'ramfb':
      return 0
    default:
      return needs.pci
  }
}

const only =
  (test: (device: Record<string, unknown>) => boolean, kind: keyof Needs): Rule =>
  (device: Record<string, unknown>, needs) =>
    test(device) ? needs[kind] : 0

/** Part of the machine: on the root bus. */
const integrated = (needs: Needs): number => (needs.pcie & ~Connect.hotplug) | Connect.integrated

const rules: Readonly<Record<string, Rule>> = {
  disks: (disk: { target?: { bus?: string }; model?: string }, needs) =>
    disk.target?.bus === 'virtio' ? byModel(disk.model, needs) : 0,
  interfaces: interfaceNeeds,
  sounds: ({ model }: { model: string }, needs) => {
    if (model === 'virtio') return needs.virtio
    return model === 'sb16' || model === 'pcspk' || model === 'usb' ? 0 : needs.pci
  },
  hostdevs: hostdevNeeds,
  videos: videoNeeds,
  controllers: controllerNeeds,
  serials: only((one) => (one.target as { type?: string } | undefined)?.type === 'pci-serial', 'pci'),
  inputs: (input: { bus?: string; model?: string }, needs) =>
    input.bus === 'virtio' ? byModel(input.model, needs) : 0,
  filesystems: (one: { model?: string; driver?: { type?: string } }, needs) =>
    one.driver?.type === 'mtp' ? 0 : byModel(one.model, needs),
  watchdogs: only((one) => one.model === 'i6300esb', 'pci'),
  memballoon: (one: { model: string }, needs) =>
    one.model === 'none' || one.model === 'xen' ? 0 : byModel(one.model, needs),
  rngs: (one: { model: string }, needs) => byModel(one.model, needs),
  shmems: (_one, needs) => needs.pci,
  panics: (one: { model?: string }, needs) => (one.model === 'pvpanic' ? integrated(needs) : 0),
  memorys: only((one) => one.model === 'virtio-pmem' || one.model === 'virtio-mem', 'virtio'),
  iommu: ({ model }: { model: string }, needs) => (model === 'virtio' ? integrated(needs) : 0),
  vsock: (one: { model?: string }, needs) => byModel(one.model, needs),
  cryptos: (_one, needs) => needs.virtio,
  pstore: (_one, needs) => needs.pci,
}

/**
 * Says for every device of a domain what its slot must be; 0 for those that are not on PCI.
 * @param hasPcieRoot whether the domain's root bus is PCI Express
 */
export function pciNeeds(hasPcieRoot: boolean, scope: QemuScope): (key: string, device: AnyDevice) => number {
  const pci = Connect.pci | Connect.hotplug
  const pcie = hasPcieRoot ? Connect.pcie | Connect.hotplug : pci
  const needs: Needs = { pci, pcie, virtio: pcie }
  return (key, device) => rules[key]?.(device as never, needs, scope) ?? 0
}
