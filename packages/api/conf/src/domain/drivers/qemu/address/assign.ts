// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the devices of QEMU guests are, in the order in which they are placed.
import type { Pass } from '../../../../runtime/context.js'
import { assignVirtioSerial } from '../../../addresses/virtio-serial.js'
import type { Domain } from '../../../types.gen.js'
import type { QemuPass } from '../host.js'
import { assignChannel, assignMemorySlots, assignMmio, assignSpaprVio, assignUsb } from './other.js'
import { assignPci } from './pci.js'

/** Passes of the address stage. */
export function addressPasses(pass: QemuPass): readonly Pass<Domain>[] {
  return [
    pass('virtio serial ports', assignVirtioSerial),
    pass('spapr-vio registers', assignSpaprVio),
    pass('channel device numbers', assignChannel),
    pass('virtio-mmio', assignMmio),
    pass('PCI addresses', assignPci),
    pass('USB ports', assignUsb),
    pass('memory slots', assignMemorySlots),
  ]
}
