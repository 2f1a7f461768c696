// SPDX-License-Identifier: LGPL-2.1-or-later
// A socket between guest and host.
import { addressProps, virtioDriver, virtioProps } from '../command/address.js'
import type { Build } from '../command/build.js'

export function vsock(build: Build): void {
  const device = build.domain.devices?.vsock
  if (device === undefined) return
  const { start } = build.context
  const alias = device.alias ?? 'vsock0'
  const fd = start.fd('vhost-vsock', alias)
  build.device(
    {
      driver: virtioDriver(build, 'vhost-vsock', device, device.model),
      ...virtioProps(device.driver),
      id: alias,
      'guest-cid': device.cid?.address ?? Number(start.place('vsock-cid', alias)),
      vhostfd: String(fd),
      ...addressProps(build, device),
    },
    device,
  )
}
