// SPDX-License-Identifier: LGPL-2.1-or-later
// <network>: bridge, forwarding, addresses, DHCP and DNS of a virtual network.
import { ErrorNumber } from '@virt/core'
import { bandwidth, portOptions, virtualPort, vlan } from '../common/schema/network-parts.js'
import { ip } from '../lang/address.js'
import {
  attr,
  child,
  children,
  choices,
  type Element,
  element,
  leaf,
  leaves,
  only,
  opaque,
  wrapped,
} from '../lang/field.js'
import { hexAny, mac, oneOf, onOff, port, text, token, uint, ulong, uuid, type Value, yesNo } from '../lang/value.js'
import type { PrintContext } from '../runtime/context.js'
import type { Network, NetworkForward } from './types.gen.js'

export const networkForwardMode: Value = oneOf(
  'none',
  'nat',
  'route',
  'open',
  'bridge',
  'private',
  'vepa',
  'passthrough',
  'hostdev',
)
const detail = (message: string) => ({ number: ErrorNumber.XML_DETAIL, message })

export const networkForwarder: Element = element('forwarder', { domain: attr(text), addr: attr(ip) })
export const networkTxt: Element = element('txt', {
  name: attr(text).required(detail('missing required name attribute in DNS TXT record')),
  value: attr(text).required(detail('missing required value attribute in DNS TXT record')),
})
export const networkSrv: Element = element('srv', {
  service: attr(text).required(detail('missing required service attribute in DNS SRV record')),
  protocol: attr(text).required(detail('missing required protocol attribute in DNS SRV record')),
  domain: attr(text),
  target: attr(text),
  port: attr(port).omit(0),
  priority: attr(port).omit(0),
  weight: attr(port).omit(0),
})
export const networkDnsHost: Element = element('host', { ip: attr(ip), hostnames: leaves(text).as('hostname') })

export const networkDns: Element = element('dns', {
  enable: attr(yesNo),
  forwardPlainNames: attr(yesNo),
  forwarders: children(networkForwarder),
  txts: children(networkTxt),
  srvs: children(networkSrv),
  hosts: children(networkDnsHost),
})

export const networkLease: Element = element('lease', {
  expiry: attr(ulong),
  unit: attr(oneOf('seconds', 'minutes', 'hours'))
    .default('minutes')
    .if((lease: { expiry: bigint }) => lease.expiry > 0n),
})
export const networkDhcpRange: Element = element('range', {
  start: attr(ip),
  end: attr(ip),
  lease: child(networkLease),
})
export const networkDhcpHost: Element = element('host', {
  id: attr(text),
  mac: attr(mac),
  name: attr(text),
  ip: attr(ip),
  lease: child(networkLease),
})
export const networkBootp: Element = element('bootp', { file: attr(token), server: attr(ip) }).if(
  (bootp: { file?: string }) => bootp.file !== undefined,
)

export const networkDhcp: Element = element('dhcp', {
  ranges: children(networkDhcpRange),
  hosts: children(networkDhcpHost),
  bootp: child(networkBootp),
})

export const networkIp: Element = element('ip', {
  family: attr(oneOf('ipv4', 'ipv6')),
  address: attr(ip),
  netmask: attr(ip),
  prefix: attr(uint).omit(0),
  localPtr: attr(yesNo).omit(false),
  tftp: only('root', token),
  dhcp: child(networkDhcp),
}).keepOpen()

export const networkRoute: Element = element('route', {
  family: attr(oneOf('ipv4', 'ipv6')),
  address: attr(ip),
  netmask: attr(ip),
  prefix: attr(uint),
  gateway: attr(ip),
  metric: attr(uint),
})

export const networkPortgroup: Element = element('portgroup', {
  name: attr(text).required('Missing required name attribute in portgroup'),
  default: attr(yesNo).omit(false),
  trustGuestRxFilters: attr(yesNo),
  vlan: child(vlan),
  virtualport: child(virtualPort),
  bandwidth: child(bandwidth),
}).keepOpen()

const live = { connections: attr(uint).when('live').omit(0) }
export const networkForwardInterface: Element = element('interface', { dev: attr(text), ...live })
export const networkForwardAddress: Element = element('address', {
  type: attr(oneOf('pci')).default('pci'),
  domain: attr(hexAny(4)).default(0),
  bus: attr(hexAny(2)).default(0),
  slot: attr(hexAny(2)).default(0),
  function: attr(hexAny(1)).default(0),
  ...live,
})

const natRange = element('address', {
  start: attr(ip),
  end: attr(ip).required("missing 'end' attribute in <address> element in <nat> in <forward>"),
})
const natPorts = element('port', {
  start: attr(port).bad(detail("Missing or invalid 'start' attribute in <port> in <nat> in <forward>")),
  end: attr(port).bad(detail("Missing or invalid 'end' attribute in <port> in <nat> in <forward>")),
})

export const networkForward: Element = element('forward', {
  dev: attr(text),
  mode: attr(networkForwardMode)
    .default('nat')
    .bad({ number: ErrorNumber.CONFIG_UNSUPPORTED, message: "unknown forwarding type '%s'" }),
  managed: attr(yesNo)
    .default(false)
    .if((forward: NetworkForward) => forward.mode === 'hostdev'),
  driver: child(element('driver', { name: attr(oneOf('kvm', 'vfio', 'xen')), model: attr(text) })),
  pf: only('dev', text).required('Missing required dev attribute in <pf> element'),
  nat: child(element('nat', { ipv6: attr(yesNo).omit(false), address: child(natRange), port: child(natPorts) })),
  interfaces: choices('kind', networkForwardInterface, networkForwardAddress).if(
    (forward: NetworkForward, context) => forward.pf === undefined || !context.has('inactive'),
  ),
}).keepEmpty()

const bridged: ReadonlySet<string> = new Set(['none', 'nat', 'route', 'open'])
/** Whether libvirt makes the bridge itself. */
export const ownsBridge = (network: Network): boolean => bridged.has(network.forward?.mode ?? 'none')

const ownBridge = (_bridge: never, context: PrintContext) => ownsBridge(context.root as unknown as Network)
export const networkBridge: Element = element('bridge', {
  name: attr(text),
  zone: attr(text),
  stp: attr(onOff).lax().default(true).if(ownBridge),
  delay: attr(uint).default(0).if(ownBridge).bad('Invalid delay value in network'),
  macTableManager: attr(oneOf('kernel', 'libvirt')).bad("Invalid macTableManager setting '%s' in network"),
})

export const networkDomain: Element = element('domain', {
  name: attr(text),
  localOnly: attr(yesNo),
  register: attr(yesNo),
})

export const network: Element = element('network', {
  connections: attr(uint).when('live').omit(0),
  ipv6: attr(yesNo).omit(false).bad("Invalid ipv6 setting '%s' in network"),
  trustGuestRxFilters: attr(yesNo),
  name: leaf(text).required({ number: ErrorNumber.NO_NAME, message: '' }),
  uuid: leaf(uuid).bad({ number: ErrorNumber.INTERNAL_ERROR, message: 'malformed uuid element' }),
  title: leaf(text),
  description: leaf(text),
  metadata: opaque(),
  forward: child(networkForward).if((network: Network) => network.forward?.mode !== 'none'),
  bridge: child(networkBridge),
  mtu: only('size', uint).bad("Invalid mtu size '%s' in network"),
  mac: only('address', mac).bad("Invalid bridge mac address '%s' in network"),
  domain: child(networkDomain),
  dns: child(networkDns),
  vlan: child(vlan),
  bandwidth: child(bandwidth),
  port: child(portOptions),
  ips: children(networkIp),
  routes: children(networkRoute),
  virtualport: child(virtualPort),
  portgroups: children(networkPortgroup),
}).namespaces()

/** `<dnsmasq:options>`: lines handed to dnsmasq as they are. */
export const dnsmasqOptions: Element = element('dnsmasq', {
  options: wrapped('options', element('option', { value: attr(text).required() })),
})

/** Records as an update may name them to delete them: with what tells them apart, no more. */
export const networkTxtPart: Element = element('txt', { name: attr(text), value: attr(text) })
export const networkSrvPart: Element = element('srv', {
  service: attr(text),
  protocol: attr(text),
  domain: attr(text),
  target: attr(text),
  port: attr(port),
  priority: attr(port),
  weight: attr(port),
})
