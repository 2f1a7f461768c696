// SPDX-License-Identifier: LGPL-2.1-or-later
// <network>: bridge, forwarding, addresses, DHCP and DNS of a virtual network.
import { ErrorNumber } from '@virt/core'
import { bandwidth, portOptions, virtualPort, vlan } from '../common/schema/network-parts.js'
import { ip } from '../lang/address.js'
import {
  attr,
  type ComplaintText,
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
import {
  deviceName,
  dnsName,
  except,
  filePath,
  form,
  genericName,
  integer,
  later,
  pciBus,
  pciDomain,
  pciFunction,
  pciSlot,
  unicast,
  untilFinish,
  within,
  zoneName,
} from '../lang/forms.js'
import {
  hexAny,
  int,
  mac,
  oneOf,
  onOff,
  port,
  text,
  token,
  uint,
  ulong,
  ulongAny,
  uuid,
  type Value,
  yesNo,
} from '../lang/value.js'
import type { PrintContext, ReadContext } from '../runtime/context.js'
import { atMostOne } from '../strict/needs.js'
import type { Network, NetworkDomain, NetworkForward, NetworkForwarder, NetworkRoute, NetworkSrv } from './types.gen.js'

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
const short = integer(uint, 0, 65535)
const natPort = integer(port, 1, 65535)
const prefix = within(uint, 0, 128)
const duid = form(text, /0{1,2}:0?[1-4](:[a-fA-F0-9]{1,2}){6,130}/)
const oneMask = atMostOne('netmask', 'prefix')
const [address, family] = [later(ip), later(oneOf('ipv4', 'ipv6'))]
const detail = (message: ComplaintText) => ({ number: ErrorNumber.XML_DETAIL, message })

/** A text that counts as absent when it is empty. */
const present = (value: Value): Value => ({ ...value, parse: (raw) => (raw === '' ? undefined : value.parse(raw)) })
/** Seconds, of 64 bits. parity: printed with a sign, so that the upper half comes out below zero. */
const delay: Value = { ...ulong, print: (value: bigint) => String(BigInt.asIntN(64, value)) }
/** A number of 32 bits. parity: one below zero counts from the top. */
const wrapping: Value = {
  ...uint,
  parse(raw) {
    const read = uint.parse(raw) ?? int.parse(raw)
    return read === undefined ? undefined : (read as number) >>> 0
  },
}

/** An error that names the network whose value is wrong. */
const inNetwork =
  (what: string) =>
  (raw: string, whole: { name?: unknown }): string =>
    `Invalid ${what} '${raw}' in network '${whole.name ?? ''}'`

export const networkForwarder: Element = element('forwarder', {
  domain: attr(dnsName),
  addr: attr(ip).bad(inNetwork('forwarder IP address')),
}).finish(({ domain, addr }: NetworkForwarder, context: ReadContext) => {
  if (domain === undefined && addr === undefined)
    context.fail('Invalid forwarder element, must contain at least one of addr or domain')
})
export const networkTxt: Element = element('txt', {
  name: attr(dnsName).required(
    detail((_raw, { name }) => `missing required name attribute in DNS TXT record of network ${name}`),
  ),
  value: attr(text).required(
    detail(
      (_raw, { name }, txt) =>
        `missing required value attribute in DNS TXT record named '${txt.name}' of network ${name}`,
    ),
  ),
})
/** How complaints about numbers of a service begin. */
const srvNumbers = { port: 'invalid', priority: 'Invalid', weight: 'invalid' }
export const networkSrv: Element = element('srv', {
  service: attr(text).required(
    detail((_raw, { name }) => `missing required service attribute in DNS SRV record of network '${name}'`),
  ),
  protocol: attr(form(text, /tcp|udp/)).required(
    detail(
      (_raw, { name }, { service }) =>
        `missing required protocol attribute in DNS SRV record '${service}' of network '${name}'`,
    ),
  ),
  domain: attr(dnsName),
  target: attr(text),
  port: attr(present(untilFinish(short)))
    .omit(0)
    .orEmpty(),
  priority: attr(present(untilFinish(short)))
    .omit(0)
    .orEmpty(),
  weight: attr(present(untilFinish(short)))
    .omit(0)
    .orEmpty(),
}).finish((srv: NetworkSrv, context: ReadContext) => {
  for (const [key, bad] of Object.entries(srvNumbers))
    if (typeof srv[key as 'port'] === 'string')
      context.fail(
        `${bad} DNS SRV ${key} attribute for service '${srv.service}' in network '${context.whole().name}'`,
        ErrorNumber.XML_DETAIL,
      )
})
export const networkDnsHost: Element = element('host', {
  ip: attr(ip)
    .must()
    .bad({
      number: ErrorNumber.XML_DETAIL,
      message: (_raw, whole) => `Invalid IP address in network '${whole.name}' DNS HOST record`,
    }),
  hostnames: leaves(dnsName).as('hostname').must(),
})

export const networkDns: Element = element('dns', {
  enable: attr(yesNo),
  forwardPlainNames: attr(yesNo),
  forwarders: children(networkForwarder),
  txts: children(networkTxt),
  srvs: children(networkSrv),
  hosts: children(networkDnsHost),
})

const expiry = form(ulongAny, /[0-9]{1,20}/)
export const networkLease: Element = element('lease', {
  expiry: attr(expiry).must(),
  unit: attr(oneOf('seconds', 'minutes', 'hours'))
    .default('minutes')
    .if((lease: { expiry: bigint }) => lease.expiry > 0n),
})
export const networkDhcpRange: Element = element('range', {
  start: attr(address).must(),
  end: attr(address).must(),
  lease: child(networkLease),
})
export const networkDhcpHost: Element = element('host', {
  id: attr(duid),
  mac: attr(later(unicast(mac))),
  name: attr(text),
  ip: attr(address).must(),
  lease: child(networkLease),
}).strict(({ attributes }) => {
  if (attributes.has('mac') && attributes.has('id')) return 'mac and id exclude each other'
  return ['mac', 'id', 'name'].some((name) => attributes.has(name)) ? undefined : 'mac, id or name is missing'
})
export const networkBootp: Element = element('bootp', {
  file: attr(filePath).required(),
  server: attr(later(form(ip, /[a-zA-Z0-9.-]+/))),
})

export const networkDhcp: Element = element('dhcp', {
  ranges: children(networkDhcpRange),
  hosts: children(networkDhcpHost),
  bootp: child(networkBootp),
})

export const networkIp: Element = element('ip', {
  family: attr(present(family)).orEmpty(),
  address: attr(present(address)).orEmpty(),
  netmask: attr(present(address)).orEmpty(),
  prefix: attr(prefix).omit(0),
  localPtr: attr(yesNo).omit(false),
  tftp: only('root', token).orEmpty(),
  dhcp: child(networkDhcp),
})
  .keepOpen()
  .strict(oneMask)

export const networkRoute: Element = element('route', {
  family: attr(family),
  address: attr(address).must(),
  netmask: attr(address),
  prefix: attr(prefix),
  gateway: attr(address).must(),
  metric: attr(uint),
})
  .strict(oneMask)
  .finish(({ metric }: NetworkRoute, context: ReadContext) => {
    if (metric === 0) context.reject("Invalid value for attribute 'metric' in element 'route': Zero is not permitted")
  })

export const networkPortgroup: Element = element('portgroup', {
  name: attr(present(deviceName)).orEmpty().required('Missing required name attribute in portgroup'),
  default: attr(yesNo).lax().omit(false),
  trustGuestRxFilters: attr(yesNo),
  vlan: child(vlan),
  virtualport: child(virtualPort),
  bandwidth: child(bandwidth),
}).keepOpen()

const live = { connections: attr(uint).when('live').omit(0) }
export const networkForwardInterface: Element = element('interface', { dev: attr(deviceName).must(), ...live })
export const networkForwardAddress: Element = element('address', {
  type: attr(oneOf('pci'))
    .required((_raw, whole) => `missing address type in network ${whole.name}`)
    .bad({
      number: ErrorNumber.CONFIG_UNSUPPORTED,
      message: (raw, whole) => `unknown address type '${raw}' in network ${whole.name}`,
    }),
  domain: attr(pciDomain(hexAny(4))).default(0),
  bus: attr(pciBus(hexAny(2))).default(0),
  slot: attr(pciSlot(hexAny(2))).default(0),
  function: attr(pciFunction(hexAny(1))).default(0),
  ...live,
}).tolerates({ multifunction: attr(onOff) })

const natRange = element('address', {
  start: attr(later(ip)).must(),
  end: attr(later(ip)).must(),
})
const badPort = (which: string) => (_raw: string, whole: { name?: unknown }) =>
  `Missing or invalid '${which}' attribute in <port> in <nat> in <forward> in network ${whole.name}`
const natPorts = element('port', {
  start: attr(natPort)
    .must()
    .bad(detail(badPort('start'))),
  end: attr(natPort)
    .must()
    .bad(detail(badPort('end'))),
})

const onlyOne =
  (element: string, outside: string, joined: string) =>
  (_raw: string, whole: { name?: unknown }): string =>
    `Only one <${element}> element is allowed in <${outside}> ${joined} network ${whole.name}`

export const networkForward: Element = element('forward', {
  dev: attr(present(deviceName)).orEmpty(),
  mode: attr(except(networkForwardMode, 'none'))
    .default('nat')
    .orEmpty()
    .bad({ number: ErrorNumber.CONFIG_UNSUPPORTED, message: "unknown forwarding type '%s'" }),
  managed: attr(yesNo)
    .lax()
    .default(false)
    .if((forward: NetworkForward) => forward.mode === 'hostdev'),
  driver: child(element('driver', { name: attr(oneOf('kvm', 'vfio', 'xen')), model: attr(genericName) })),
  pf: only('dev', deviceName)
    .once(onlyOne('pf', 'forward', 'of'))
    .required((_raw, whole) => `Missing required dev attribute in <pf> element of network '${whole.name}'`),
  nat: child(
    element('nat', {
      ipv6: attr(yesNo).omit(false),
      address: child(natRange).once(onlyOne('address', 'nat> in <forward', 'in')),
      port: child(natPorts).once(onlyOne('port', 'nat> in <forward', 'in')),
    }),
  ).once(onlyOne('nat', 'forward', 'of')),
  interfaces: choices('kind', networkForwardInterface, networkForwardAddress).if(
    (forward: NetworkForward, context) => forward.pf === undefined || !context.has('inactive'),
  ),
})
  .keepEmpty()
  .strict(atMostOne('interface', 'address'))

const bridged: ReadonlySet<string> = new Set(['none', 'nat', 'route', 'open'])
/** Whether libvirt makes the bridge itself. */
export const ownsBridge = (network: Network): boolean => bridged.has(network.forward?.mode ?? 'none')

const ownBridge = (_bridge: never, context: PrintContext) => ownsBridge(context.root as unknown as Network)
export const networkBridge: Element = element('bridge', {
  name: attr(present(deviceName)).orEmpty(),
  zone: attr(zoneName),
  stp: attr(onOff).lax().if(ownBridge),
  delay: attr(delay)
    .orEmpty()
    .if(ownBridge)
    .bad((_raw, whole) => `Invalid delay value in network '${whole.name}'`),
  macTableManager: attr(oneOf('kernel', 'libvirt')).orEmpty().bad(inNetwork('macTableManager setting')),
})

export const networkDomain: Element = element('domain', {
  name: attr(dnsName).must(),
  localOnly: attr(yesNo),
  register: attr(yesNo),
}).if((domain: NetworkDomain) => domain.name !== undefined)

export const network: Element = element('network', {
  connections: attr(uint).when('live').omit(0),
  ipv6: attr(present(untilFinish(yesNo)))
    .omit(false)
    .orEmpty(),
  trustGuestRxFilters: attr(yesNo),
  name: leaf(text).required({ number: ErrorNumber.NO_NAME, message: '' }),
  uuid: leaf(uuid).bad({ number: ErrorNumber.INTERNAL_ERROR, message: 'malformed uuid element' }),
  title: leaf(text),
  description: leaf(text),
  metadata: opaque(),
  forward: child(networkForward).if((network: Network) => network.forward?.mode !== 'none'),
  bridge: child(networkBridge),
  mtu: only('size', integer(wrapping, 0, 65535))
    .orEmpty()
    .bad(inNetwork('mtu size'))
    .omit(0),
  mac: only('address', unicast(mac)).orEmpty().bad(inNetwork('bridge mac address')),
  domain: child(networkDomain),
  dns: child(networkDns),
  vlan: child(vlan),
  bandwidth: child(bandwidth),
  port: child(portOptions),
  ips: children(networkIp),
  routes: children(networkRoute),
  virtualport: child(virtualPort),
  portgroups: children(networkPortgroup),
})
  .namespaces()
  .finish(({ ipv6, name }: Network, context: ReadContext) => {
    if (typeof ipv6 === 'string') context.fail(inNetwork('ipv6 setting')(ipv6, { name }))
  })

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
