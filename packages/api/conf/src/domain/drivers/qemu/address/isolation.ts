// SPDX-License-Identifier: LGPL-2.1-or-later
// Host devices of pSeries guests share a host bridge only with those of their own IOMMU group.
import type { AnyDevice } from '../../../passes/devices.js'
import type { Hostdev, Interface } from '../../../types.gen.js'
import type { QemuScope } from '../host.js'

/** The group of each device; 0 for emulated ones. */
export function isolationGroups({ host }: QemuScope): (key: string, device: AnyDevice) => number {
  const zeroes = { domain: 0, bus: 0, slot: 0, function: 0 }
  const groupOf = (address: object | undefined): number => {
    const group = host.iommuGroup({ ...zeroes, ...address })
    return group === undefined ? 0 : group + 1
  }
  return (key, device) => {
    if (key === 'hostdevs') {
      const hostdev = device as Hostdev
      return hostdev.type === 'pci' ? groupOf(hostdev.source?.address) : 0
    }
    if (key === 'interfaces') {
      const net = device as Interface
      return net.type === 'hostdev' && net.source?.address?.type === 'pci' ? groupOf(net.source.address) : 0
    }
    return 0
  }
}
