// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory that guests and programs of the host share.
import type { Shmem } from '@virt/conf'
import { addressProps } from '../command/address.js'
import type { Build } from '../command/build.js'
import { onOff, type Props } from '../command/props.js'
import { configUnsupported } from '../errors.js'
import { chardev } from './chardevs.js'

/** Memory without a server is this large where nothing is said. */
const defaultSize = 4n * 1024n * 1024n

function plainProps({ role }: Shmem, memdev: string): Props {
  return { memdev, master: role === undefined || role === 'default' ? undefined : onOff(role === 'master') }
}

function doorbellProps({ alias, msi }: Shmem): Props {
  return { chardev: `char${alias}`, vectors: msi?.vectors, ioeventfd: msi?.ioeventfd }
}

/** Memory of the device is a file; with a server it comes from there. */
function addMemory(build: Build, { name, size, alias }: Shmem): string {
  const id = `shmmem-${alias}`
  build.object({
    'qom-type': 'memory-backend-file',
    id,
    'mem-path': `/dev/shm/${name}`,
    size: size ?? defaultSize,
    share: true,
  })
  return id
}

export function shmems(build: Build): void {
  for (const device of build.domain.devices?.shmems ?? []) {
    const { model, alias, address } = device
    if (address !== undefined && address.type !== 'pci')
      throw configUnsupported("only 'pci' addresses are supported for the shared memory device")
    const server = device.server !== undefined
    const own: Props =
      model === 'ivshmem-doorbell' ? doorbellProps(device) : plainProps(device, server ? '' : addMemory(build, device))
    build.device({ driver: model, id: alias, ...own, ...addressProps(build, device) }, device)
    if (server)
      chardev(build, {
        alias: alias as string,
        type: 'unix',
        sources: [{ path: device.server?.path ?? `/var/lib/libvirt/shmem-${device.name}-sock`, seclabels: [] }],
      })
  }
}
