// SPDX-License-Identifier: LGPL-2.1-or-later
// Interfaces of virtual networks: what such a network makes of an interface is its driver's to say.
import type { Domain } from '@virt/conf'
import { gate } from '@virt/core'
import { configUnsupported } from '../errors.js'
import { ownCall } from '../helpers/secret-values.js'
import type { QemuState } from '../state.js'

/** @throws VirtError for interfaces of networks: where nobody has networks, where there is no such one, and of those that there are */
export async function checkNetworks(state: QemuState, { devices }: Domain): Promise<void> {
  for (const net of devices?.interfaces ?? []) {
    if (net.type !== 'network') continue
    const peer = await state.services.peer('network')
    await gate.networkLookupByName(peer, ownCall(state), net.source?.network ?? '')
    throw configUnsupported('interfaces of virtual networks are not supported by this driver yet')
  }
}
