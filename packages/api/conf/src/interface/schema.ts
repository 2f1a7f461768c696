// SPDX-License-Identifier: LGPL-2.1-or-later
// <interface> of the host: Ethernet adapters, bridges, bonds and VLANs.
import { ErrorNumber } from '@virt/core'
import { readIp } from '../lang/address.js'
import { attr, child, children, type Element, element, flag, only } from '../lang/field.js'
import { deviceName, form, within } from '../lang/forms.js'
import { int, oneOf, onOff, text, uint, type Value, yesNo } from '../lang/value.js'
import type { ReadContext } from '../runtime/context.js'
import { atMostOne, needs } from '../strict/needs.js'
import type { HostInterface } from './types.gen.js'

const missing = (message: string) => ({ number: ErrorNumber.XML_ERROR, message })

export const hostInterfaceDhcp: Element = element('dhcp', { peerdns: attr(yesNo) }).keepEmpty()
/** An address that is kept as it is written. */
const address: Value = { ...text, strict: (raw) => readIp(raw) !== undefined }
export const hostInterfaceIp: Element = element('ip', {
  address: attr(address).must(),
  prefix: attr(within(int, 0, 128)).omit(0),
}).if((ip: { address?: string }) => ip.address !== undefined)
export const hostInterfaceProtocol: Element = element('protocol', {
  family: attr(oneOf('ipv4', 'ipv6')).required(missing('protocol misses the family attribute')),
  autoconf: flag().where('family', 'ipv6'),
  dhcp: child(hostInterfaceDhcp),
  ips: children(hostInterfaceIp),
  route: only('gateway', address),
}).keepOpen()

export const hostInterfaceLink: Element = element('link', {
  speed: attr(uint).omit(0),
  state: attr(oneOf('unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up')).bad(
    "unknown interface link state '%s'",
  ),
})

/** Interfaces in others have no addresses of their own. */
const members = () => children(() => hostInterface).strictly(() => memberInterface)
export const hostInterfaceBridge: Element = element('bridge', {
  stp: attr(onOff),
  delay: attr(form(text, /\s*\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*/)),
  interfaces: members(),
}).keepOpen()

export const hostInterfaceMiimon: Element = element('miimon', {
  freq: attr(uint).required(missing('bond interface miimon freq missing or invalid')),
  downdelay: attr(uint).omit(0),
  updelay: attr(uint).omit(0),
  carrier: attr(oneOf('ioctl', 'netif')).bad('unknown mii bonding carrier %s'),
})
export const hostInterfaceArpmon: Element = element('arpmon', {
  interval: attr(uint).required(missing('bond interface arpmon interval missing or invalid')),
  target: attr(form(text, /[0-9.]+/)).required(missing('bond interface arpmon target missing')),
  validate: attr(oneOf('none', 'active', 'backup', 'all')).bad('unknown arp bonding validate %s'),
})
export const hostInterfaceBond: Element = element('bond', {
  mode: attr(
    oneOf('balance-rr', 'active-backup', 'balance-xor', 'broadcast', '802.3ad', 'balance-tlb', 'balance-alb'),
  ).bad('unknown bonding mode %s'),
  miimon: child(hostInterfaceMiimon),
  arpmon: child(hostInterfaceArpmon),
  interfaces: members().must(),
})
  .keepOpen()
  .strict(atMostOne('miimon', 'arpmon'))

export const hostInterfaceVlan: Element = element('vlan', {
  tag: attr(form(text, /[0-3]?[0-9]{1,3}|40[0-8][0-9]|409[0-5]/)).required(
    missing('vlan interface misses the tag attribute'),
  ),
  interface: child(
    element('interface', { name: attr(deviceName).required(missing('vlan interface misses name attribute')) }),
  ).must(),
}).keepOpen()

const kind = {
  type: attr(oneOf('ethernet', 'bridge', 'bond', 'vlan')).required(),
  name: attr(deviceName),
}
const parts = {
  link: child(hostInterfaceLink),
  mac: only('address', form(text, /[a-fA-F0-9]{2}(:[a-fA-F0-9]{2}){5}/)).where('type', 'ethernet'),
  bridge: child(hostInterfaceBridge).where('type', 'bridge'),
  bond: child(hostInterfaceBond).where('type', 'bond'),
  vlan: child(hostInterfaceVlan).where('type', 'vlan'),
}
const needed = needs('type', { ethernet: ['name'], bridge: ['name', 'bridge'], bond: ['name', 'bond'], vlan: ['vlan'] })
const memberInterface: Element = element('interface', { ...kind, ...parts }).strict(needed)

export const hostInterface: Element = element('interface', {
  ...kind,
  start: only('mode', oneOf('onboot', 'none', 'hotplug')),
  mtu: only('size', uint),
  protocols: children(hostInterfaceProtocol).unique('family'),
  ...parts,
})
  .keepOpen()
  .strict(needed)
  .finish((one: HostInterface, context: ReadContext) => {
    if (one.type === 'bridge' && one.bridge === undefined) context.fail('bridge interface misses the bridge element')
    if (one.type === 'bond' && one.bond === undefined) context.fail('bond interface misses the bond element')
    if (one.type === 'vlan' && one.vlan === undefined) context.fail('vlan interface misses the vlan element')
    if (one.name !== undefined) return
    if (one.type === 'vlan' && one.vlan?.interface !== undefined)
      one.name = `${one.vlan.interface.name}.${one.vlan.tag}`
    else context.fail('interface has no name')
  })
