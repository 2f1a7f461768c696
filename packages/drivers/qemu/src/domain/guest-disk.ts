// SPDX-License-Identifier: LGPL-2.1-or-later
// Which of its disks a guest means when it says where one is plugged in.
import type { Domain } from '@virt/conf'
import type { GuestDiskAddress } from '../agent/commands.js'

type Address = NonNullable<Domain['devices']>['disks'][number]['address']

function isAt(address: Address, pci: GuestDiskAddress['pci']): boolean {
  return (
    address?.type === 'pci' &&
    (address.domain ?? 0) === pci.domain &&
    (address.bus ?? 0) === pci.bus &&
    (address.slot ?? 0) === pci.slot &&
    (address.function ?? 0) === pci.function
  )
}

/** Name of the disk within the guest's document; undefined when it is none that the document knows. */
export function targetOf({ devices }: Domain, guest: GuestDiskAddress): string | undefined {
  if (devices === undefined) return undefined
  const controller = devices.controllers.find((one) => isAt(one.address, guest.pci))
  const found = devices.disks.find((disk) => {
    const { address } = disk
    if (address?.type === 'ccw')
      return (
        guest.ccw !== undefined &&
        address.cssid === guest.ccw.cssid &&
        address.ssid === guest.ccw.ssid &&
        address.devno === guest.ccw.devno
      )
    if (address?.type === 'pci') return isAt(address, guest.pci)
    if (address?.type !== 'drive' || controller === undefined) return false
    // libvirt's buses are the controllers' names for disks, `bus` and `unit` count within one.
    const kind = disk.target?.bus === 'fdc' ? 'fdc' : disk.target?.bus
    return (
      kind === controller.type &&
      (address.controller ?? 0) === (controller.index ?? 0) &&
      (address.bus ?? 0) === guest.bus &&
      (address.target ?? 0) === guest.target &&
      (address.unit ?? 0) === guest.unit
    )
  })
  return found?.target?.dev
}
