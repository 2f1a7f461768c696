// SPDX-License-Identifier: LGPL-2.1-or-later
// What only virtio devices have.
import { unsupported } from './report.js'

interface VirtioDriver {
  iommu?: boolean | undefined
  ats?: boolean | undefined
  packed?: boolean | undefined
  page_per_vq?: boolean | undefined
}

/** Refuses options of virtio on another device. @throws VirtError */
export function withoutVirtio(driver: VirtioDriver | undefined): void {
  for (const name of ['iommu', 'ats', 'packed', 'page_per_vq'] as const)
    if (driver?.[name] !== undefined)
      unsupported(`${name}${name === 'page_per_vq' ? '' : ' driver'} option is only supported for virtio devices`)
}
