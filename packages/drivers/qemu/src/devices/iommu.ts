// SPDX-License-Identifier: LGPL-2.1-or-later
// The guest's IOMMU. That of ARM boards is an option of the machine.
import { addressProps } from '../command/address.js'
import type { Build } from '../command/build.js'
import { onOff } from '../command/props.js'

export function iommu(build: Build): void {
  const device = build.domain.devices?.iommu
  if (device === undefined) return
  const { driver } = device
  switch (device.model) {
    case 'intel':
      build.device({
        driver: 'intel-iommu',
        id: device.alias,
        intremap: onOff(driver?.intremap),
        'caching-mode': driver?.caching_mode,
        eim: onOff(driver?.eim),
        'device-iotlb': driver?.iotlb,
        'aw-bits': driver?.aw_bits,
        'dma-translation': driver?.dma_translation,
      })
      return
    case 'virtio':
      build.device({ driver: 'virtio-iommu', id: device.alias, ...addressProps(build, device) }, device)
      return
    case 'smmuv3':
  }
}
