// SPDX-License-Identifier: LGPL-2.1-or-later
// Where a guest that crashes leaves what it has to say.
import { addressProps } from '../command/address.js'
import type { Build } from '../command/build.js'

export function pstore(build: Build): void {
  const device = build.domain.devices?.pstore
  if (device === undefined) return
  const memdev = `mem${device.alias}`
  build.object({
    'qom-type': 'memory-backend-file',
    id: memdev,
    'mem-path': device.path,
    size: (device.size ?? 0n) * 1024n,
    share: true,
  })
  build.device({ driver: device.backend, id: device.alias, memdev, ...addressProps(build, device) }, device)
}
