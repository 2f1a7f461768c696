// SPDX-License-Identifier: LGPL-2.1-or-later
// <interface> of the host: Ethernet adapters, bridges, bonds and VLANs.
import { ErrorNumber } from '@virt/core'
import { readIp } from '../lang/address.js'
import { attr, child, children, type Element, element, flag, only } from '../lang/field.js'
import { deviceName, form, later, within } from '../lang/forms.js'
import { int, intAny, oneOf, onOff, text, token, uint, type Value, yesNo } from '../lang/value.js'
import type { ReadContext } from '../runtime/context.js'
import { atMostOne, needs } from '../strict/needs.js'
import type { HostInterface, HostInterfaceBond, HostInterfaceBridge } from './types.gen.js'

const missing = (message: string) => ({ number: ErrorNumber.XML_ERROR, message })

export const hostInterfaceDhcp: Element = element('dhcp', { peerdns: attr(yesNo) }).keepEmpty()
/** An address that is kept as it is written. */
const address: Value = { ...text, strict: (raw) => readIp(raw) !== undefined }
export const hostInterfaceIp: Element = element('ip', {
  address: attr(address).must(),
  prefix: attr(within(intAny, 0, 128)).omit(0),
}).if((ip: { address?: string }) => ip.address !== undefined)
export const hostInterfaceProtocol: Element = element('protocol', {
  family: attr(oneOf('ipv4', 'ipv6'))
    .required(missing('protocol misses the family attribute'))
    .bad("unsupported protocol family '%s'"),
  autoconf: flag().where('family', 'ipv6'),
  dhcp: child(hostInterfaceDhcp),
  ips: children(hostInterfaceIp),
  route: only('gateway', { ...address, parse: token.parse }).orEmpty(),
}).keepOpen()

export const hostInterfaceLink: Element = element('link', {
  speed: attr(uint).omit(0),
  state: attr(oneOf('unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up')).orEmpty(),
})

/** Interfaces in others have no addresses of their own. */
const members = () => children(() => hostInterfaceMember)
const onlyOf =
  (...types: HostInterface['type'][]) =>
  ({ interfaces }: HostInterfaceBond | HostInterfaceBridge, context: ReadContext): void => {
    const other = interfaces.find(({ type }) => !types.includes(type))
    if (other !== undefined) context.fail(`interface has unsupported type '${other.type}'`)
  }
const inBond = onlyOf('ethernet')
const inBridge = onlyOf('ethernet', 'bond', 'vlan')

export const hostInterfaceBridge: Element = element('bridge', {
  stp: attr({ ...later(onOff), json: onOff.json }),
  delay: attr(form(text, /\s*\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*/)),
  interfaces: members(),
})
  .keepOpen()
  .finish((bridge: HostInterfaceBridge, context: ReadContext) => {
    // parity: with a word that it does not know, libvirt reads nothing of the bridge.
    if (typeof bridge.stp === 'string') Object.assign(bridge, { stp: undefined, delay: undefined, interfaces: [] })
    inBridge(bridge, context)
  })

const [miimon, arpmon] = ['bond interface miimon', 'bond interface arpmon']
const plain = /[0-9]{1,10}/
const above = (key: string) => (record: Readonly<Record<string, unknown>>) => Number(record[key] ?? 0) > 0
export const hostInterfaceMiimon: Element = element('miimon', {
  freq: attr(form(int, plain))
    .required(missing(`${miimon} freq missing or invalid`))
    .bad(`${miimon} freq missing or invalid`),
  downdelay: attr(form(int, plain)).if(above('downdelay')).orEmpty().bad(`${miimon} downdelay invalid`),
  updelay: attr(form(int, plain)).if(above('updelay')).orEmpty().bad(`${miimon} updelay invalid`),
  carrier: attr(oneOf('ioctl', 'netif')).orEmpty().bad('unknown mii bonding carrier %s'),
})
export const hostInterfaceArpmon: Element = element('arpmon', {
  interval: attr(form(int, plain))
    .required(missing(`${arpmon} interval missing or invalid`))
    .bad(`${arpmon} interval missing or invalid`),
  target: attr(form(token, /[0-9.]+/))
    .required(missing(`${arpmon} target missing`))
    .orEmpty(),
  // parity: the grammar knows `none`, the parser does not.
  validate: attr(form(oneOf('active', 'backup', 'all'), /none|active|backup|all/))
    .orEmpty()
    .bad('unknown arp bonding validate %s'),
})
export const hostInterfaceBond: Element = element('bond', {
  mode: attr(oneOf('balance-rr', 'active-backup', 'balance-xor', 'broadcast', '802.3ad', 'balance-tlb', 'balance-alb'))
    .orEmpty()
    .bad('unknown bonding mode %s'),
  miimon: child(hostInterfaceMiimon),
  arpmon: child(hostInterfaceArpmon),
  interfaces: members().must(),
})
  .keepOpen()
  .strict(atMostOne('miimon', 'arpmon'))
  .finish((bond: HostInterfaceBond, context: ReadContext) => {
    if (bond.miimon !== undefined) bond.arpmon = undefined
    inBond(bond, context)
  })

const unnamed = missing('vlan interface misses name attribute')
export const hostInterfaceVlan: Element = element('vlan', {
  tag: attr(form(token, /[0-3]?[0-9]{1,3}|40[0-8][0-9]|409[0-5]/))
    .required(missing('vlan interface misses the tag attribute'))
    .orEmpty(),
  interface: child(
    element('interface', {
      name: attr({ ...deviceName, parse: token.parse })
        .required(unnamed)
        .orEmpty(),
    }),
  ).required(unnamed),
}).keepOpen()

const kind = {
  type: attr(oneOf('ethernet', 'bridge', 'bond', 'vlan')).required(),
  name: attr(deviceName),
}
const parts = {
  link: child(hostInterfaceLink).where('type', 'ethernet', 'bond', 'vlan').anywhere(),
  mac: only('address', form(token, /[a-fA-F0-9]{2}(:[a-fA-F0-9]{2}){5}/))
    .orEmpty()
    .where('type', 'ethernet'),
  bridge: child(hostInterfaceBridge).where('type', 'bridge'),
  bond: child(hostInterfaceBond).where('type', 'bond'),
  vlan: child(hostInterfaceVlan).where('type', 'vlan'),
}
const needed = needs('type', { ethernet: ['name'], bridge: ['name', 'bridge'], bond: ['name', 'bond'], vlan: ['vlan'] })
type Parts = Pick<HostInterface, 'type' | 'name' | 'bridge' | 'bond' | 'vlan'>

function checkParts(one: Parts, context: ReadContext): void {
  if (one.name === undefined) context.fail('interface has no name')
  if (one.type !== 'ethernet' && one[one.type] === undefined)
    context.fail(`${one.type} interface misses the ${one.type} element`)
}

/** An interface that is part of a bridge or bond. */
export const hostInterfaceMember: Element = element('interface', { ...kind, ...parts })
  .keepOpen()
  .strict(needed)
  .finish(checkParts)

export const hostInterface: Element = element('interface', {
  ...kind,
  start: only('mode', oneOf('onboot', 'none', 'hotplug'))
    .orEmpty()
    .bad('unknown interface startmode %s'),
  mtu: only('size', uint).orEmpty().omit(0),
  protocols: children(hostInterfaceProtocol).unique('family'),
  ...parts,
})
  .keepOpen()
  .strict(needed)
  .finish((one: HostInterface, context: ReadContext) => {
    checkParts(one, context)
    if ((one.mtu ?? 0) > 100_000) context.fail("value of the 'size' attribute of 'mtu' element must be at most 100000")
  })
