// SPDX-License-Identifier: LGPL-2.1-or-later
// PCI addresses of devices as places: there, wished for, or another matter.
import type { AnyDevice } from '../passes/devices.js'
import type { DeviceAddressPci } from '../types.gen.js'
import type { PciPlace } from './pci-set.js'

/** The place of a device that has one. 0000:00:00 is none. */
export function placeOf({ address }: AnyDevice): PciPlace | undefined {
  if (address?.type !== 'pci') return undefined
  const { domain = 0, bus = 0, slot = 0, function: fn = 0 } = address
  return domain === 0 && bus === 0 && slot === 0 ? undefined : { domain, bus, slot, function: fn }
}

/** Whether a device is to get a place: it has no address, or only says that it is on PCI. */
export function wantsPlace(device: AnyDevice): boolean {
  const { address } = device
  if (address === undefined || address.type === 'none') return true
  return address.type === 'pci' && placeOf(device) === undefined
}

/** Puts a device on a place. */
export function putOn(device: AnyDevice, place: PciPlace, more?: Partial<DeviceAddressPci>): void {
  const before = device.address?.type === 'pci' ? device.address : undefined
  const { domain, bus, slot } = place
  const address: DeviceAddressPci = { type: 'pci', domain, bus, slot, function: place.function }
  if (before?.multifunction !== undefined) address.multifunction = before.multifunction
  if (before?.zpci !== undefined) address.zpci = before.zpci
  device.address = more === undefined ? address : { ...address, ...more }
}
