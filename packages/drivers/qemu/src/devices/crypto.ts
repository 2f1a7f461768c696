// SPDX-License-Identifier: LGPL-2.1-or-later
// Devices that encrypt for the guest.
import { addressProps, virtioDriver, virtioProps } from '../command/address.js'
import type { Build } from '../command/build.js'

export function cryptos(build: Build): void {
  for (const device of build.domain.devices?.cryptos ?? []) {
    const id = `obj${device.alias}`
    const { model, queues } = device.backend
    build.object({ 'qom-type': `cryptodev-backend-${model}`, id, queues })
    build.device(
      {
        driver: virtioDriver(build, 'virtio-crypto', device),
        ...virtioProps(device.driver),
        cryptodev: id,
        id: device.alias,
        ...addressProps(build, device),
      },
      device,
    )
  }
}
