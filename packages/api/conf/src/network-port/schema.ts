// SPDX-License-Identifier: LGPL-2.1-or-later
// <networkport>: the connection of one interface of a domain to a virtual network.
import { ErrorNumber } from '@virt/core'
import { hostPciAddress } from '../common/schema/addresses.js'
import { bandwidth, portOptions, virtualPort, vlan } from '../common/schema/network-parts.js'
import { attr, child, type Element, element, leaf, only } from '../lang/field.js'
import { deviceName, except, genericName, unicast } from '../lang/forms.js'
import { mac, oneOf, token, uint, uuid, yesNo } from '../lang/value.js'
import type { ReadContext } from '../runtime/context.js'
import type { NetworkPortBandwidth, NetworkPortPlug } from './types.gen.js'

const wrong = (message: string) => ({ number: ErrorNumber.XML_ERROR, message })
const internal = (message: string) => ({ number: ErrorNumber.INTERNAL_ERROR, message })
const badUuid = internal("Unable to parse UUID '%s'")

/** Who uses the port. */
export const networkPortOwner: Element = element('owner', {
  name: leaf(token).required(internal('network port has no owner name')),
  uuid: leaf(uuid).required(internal('network port has no owner UUID')).bad(badUuid),
})

/** What the network gave the interface: a bridge, a device of the host, or a PCI function. */
export const networkPortPlug: Element = element('plug', {
  type: attr(except(oneOf('none', 'network', 'bridge', 'direct', 'hostdev-pci'), 'none'))
    .default('none')
    .must(),
  bridge: attr(deviceName).where('type', 'network', 'bridge').required(wrong('Missing network port bridge name')),
  macTableManager: attr(oneOf('kernel', 'libvirt'))
    .where('type', 'network', 'bridge')
    .bad(wrong("Invalid macTableManager setting '%s' in network port")),
  dev: attr(deviceName).where('type', 'direct').required(wrong('Missing network port link device name')),
  mode: attr(oneOf('vepa', 'private', 'bridge', 'passthrough'))
    .where('type', 'direct')
    .must()
    .default('vepa')
    .bad(wrong("Invalid mode setting '%s' in network port")),
  managed: attr(yesNo).where('type', 'hostdev-pci'),
  driver: child(element('driver', { name: attr(oneOf('kvm', 'vfio', 'xen')), model: attr(genericName) })).where(
    'type',
    'hostdev-pci',
  ),
  address: child(hostPciAddress).where('type', 'hostdev-pci').must(),
})
  .if((plug: NetworkPortPlug) => plug.type !== 'none')
  .finish((plug: NetworkPortPlug, context: ReadContext) => {
    if (plug.type === 'hostdev-pci' && plug.address === undefined) context.fail('Missing network port PCI address')
  })

/** Limits of the port, with the class that the network chose for it. */
export const networkPortBandwidth: Element = element('bandwidth', {
  ...bandwidth.fields,
  classID: attr(uint).omit(0),
}).finish((limits: NetworkPortBandwidth, context: ReadContext) => bandwidth.finisher?.(limits as never, context))

export const networkPort: Element = element('networkport', {
  uuid: leaf(uuid).must().bad(badUuid),
  owner: child(networkPortOwner).must(),
  group: leaf({ ...deviceName, parse: token.parse }).doc('port group of the network'),
  mac: only('address', unicast(mac)).orEmpty().must().bad(internal("Unable to parse MAC '%s'")),
  virtualport: child(virtualPort),
  bandwidth: child(networkPortBandwidth),
  vlan: child(vlan),
  port: child(portOptions),
  trustGuestRxFilters: only('trustGuest', yesNo).as('rxfilters'),
  plug: child(networkPortPlug),
}).keepOpen()
