// SPDX-License-Identifier: LGPL-2.1-or-later
// What the bhyve driver adds to domains: buses of the machine, and where devices are.
import type { DocumentHooks } from '../../runtime/context.js'
import { Connect } from '../addresses/pci-connect.js'
import { type PciPlace, PciSet } from '../addresses/pci-set.js'
import { placeOf, putOn, wantsPlace } from '../addresses/places.js'
import { bhyveNamespace } from '../namespaces.js'
import { insertController } from '../passes/controllers.js'
import { type AnyDevice, allDevices, devicesOf, pass } from '../passes/devices.js'
import { diskIndex } from '../passes/disks.js'
import { xmlError } from '../passes/report.js'
import type { Domain } from '../types.gen.js'

/** What the host's bhyve can do. */
export interface BhyveHost {
  /** `ahci32slot`: a SATA controller takes 32 drives, not one. */
  has(capability: string): boolean
}

/** Drives of a SATA controller that takes several. */
const drives = 32
const slot = (number: number): PciPlace => ({ domain: 0, bus: 0, slot: number, function: 0 })
const need = { connect: Connect.pci, group: 0 }

/** Loading by firmware and serial ports need the bridge to the old bus. */
function needsBridge({ bootloader, os, devices }: Domain): boolean {
  if (bootloader === undefined && os?.loader !== undefined) return true
  return (devices?.serials.length ?? 0) > 0 || (devices?.consoles.length ?? 0) > 0
}

const machine = pass('bhyve buses', (domain) => {
  const devices = devicesOf(domain)
  const has = (type: string) => devices.controllers.some((one) => one.type === type && one.index === 0)
  if (!has('pci')) insertController(devices, { type: 'pci', index: 0, model: 'pci-root' })
  if (needsBridge(domain) && !has('isa')) insertController(devices, { type: 'isa', index: 0 })
  for (const one of devices.controllers)
    if (one.type === 'pci' && (one.model === 'pci-root' || one.model === 'pcie-root') && one.index !== 0)
      xmlError('pci-root and pcie-root controllers should have index 0')
})

const drivesOf = (host: BhyveHost) =>
  pass('bhyve drives', ({ devices }) => {
    const many = host.has('ahci32slot') ? drives : 1
    for (const disk of devices?.disks ?? []) {
      const index = diskIndex(disk.target?.dev ?? '')
      if (disk.target?.bus !== 'sata' || index === undefined) continue
      if (disk.address !== undefined && disk.address.type !== 'none') continue
      disk.address = { type: 'drive', controller: Math.floor(index / many), bus: 0, target: 0, unit: index % many }
    }
  })

const addresses = pass('bhyve addresses', (domain) => {
  const { devices } = domain
  if (!devices) return
  const set = new PciSet({ grows: false, pcieToPci: false, manyRoots: false })
  set.add({ model: 'pci-root', group: 0, groupFixed: false })
  for (const [, device] of allDevices(domain)) {
    const place = placeOf(device)
    if (place && place.slot !== 0) set.take(place, need)
  }
  const bridge = devices.controllers.find((one) => one.type === 'isa' && wantsPlace(one))
  // The place of the bridge stays free for it.
  if (!set.slotInUse(slot(1))) {
    set.take(slot(1), need)
    if (bridge) putOn(bridge, slot(1))
  }
  const place = (list: readonly AnyDevice[]) => {
    for (const device of list) if (wantsPlace(device)) putOn(device, set.next(need))
  }
  place(devices.controllers.filter(({ type }) => type !== 'pci' && type !== 'ide' && type !== 'fdc'))
  place(devices.interfaces)
  place(devices.disks.filter(({ target }) => target?.bus === 'virtio'))
  place(devices.videos)
  place(devices.sounds)
  place(devices.filesystems)
  place(devices.rngs)
})

/** Hooks of the bhyve driver on a host. */
export function bhyveDomainHooks(host: BhyveHost): DocumentHooks<Domain> {
  return {
    namespaces: [bhyveNamespace],
    defaultArch: 'x86_64',
    passes: { domain: [machine], devices: [drivesOf(host)], addresses: [addresses] },
  }
}
