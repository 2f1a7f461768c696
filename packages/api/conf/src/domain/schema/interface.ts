// SPDX-License-Identifier: LGPL-2.1-or-later
// <interface>: network cards of the guest and what they are plugged into.
import { ErrorNumber } from '@virt/core'
import { filterReference } from '../../common/schema/filter.js'
import { bandwidth, portOptions, virtualPort, vlan } from '../../common/schema/network-parts.js'
import { ip } from '../../lang/address.js'
import {
  attr,
  by,
  child,
  children,
  type Element,
  element,
  extension,
  type Fields,
  leaf,
  only,
} from '../../lang/field.js'
import { absolutePath, deviceName, filePath, form, integer, unicast } from '../../lang/forms.js'
import {
  hexAny,
  int,
  long,
  mac,
  oneOf,
  onOff,
  port,
  text,
  token,
  uint,
  uuid,
  type Value,
  yesNo,
} from '../../lang/value.js'
import type { PrintContext } from '../../runtime/context.js'
import type { Interface, InterfaceNetwork, InterfaceTarget } from '../types.gen.js'
import { deviceInfo, unsupported, virtioOptions } from './device.js'
import { hostdevDriver, teaming } from './hostdev.js'
import { guestIp, guestRoute } from './net-parts.js'
import { reconnect } from './storage.js'

export const interfaceType: Value = oneOf(
  'user',
  'ethernet',
  'vhostuser',
  'server',
  'client',
  'mcast',
  'network',
  'bridge',
  'internal',
  'direct',
  'hostdev',
  'udp',
  'vdpa',
  'null',
  'vds',
)
export const macvtapMode: Value = oneOf('vepa', 'private', 'bridge', 'passthrough')
const macTableManager = oneOf('default', 'kernel', 'libvirt')

/** A network and the port of it; bridges and macvtaps show it too while they stand in for a network. */
const networkPlug: Fields = { network: attr(text), portgroup: attr(deviceName), portid: attr(uuid).when('live') }
const bridgePlug: Fields = {
  bridge: attr(form(text, /[a-zA-Z0-9_.\-\\:/ ]*/)),
  macTableManager: attr(macTableManager).omit('default'),
}
const directPlug: Fields = { dev: attr(deviceName).must(), mode: attr(macvtapMode) }

/** Device of the host that is given to the guest as its network card. */
export const interfaceHostAddress: Element = element('address', {
  type: attr(oneOf('pci', 'usb')),
  domain: attr(hexAny(4)).where('type', 'pci'),
  bus: by('type', { pci: attr(hexAny(2)), usb: attr(uint) }),
  slot: attr(hexAny(2)).where('type', 'pci'),
  function: attr(hexAny(1)).where('type', 'pci'),
  device: attr(uint).where('type', 'usb'),
})

/** What the device of the host is called by others. */
const hostSide: Fields = { ips: children(guestIp), routes: children(guestRoute) }

export const interfaceSourceNetwork: Element = element('source', {
  ...networkPlug,
  network: attr(text).must(),
  ...bridgePlug,
})
export const interfaceSourceBridge: Element = element('source', { ...networkPlug, ...bridgePlug })
export const interfaceSourceDirect: Element = element('source', { ...networkPlug, ...directPlug })
export const interfaceSourceEthernet: Element = element('source', {
  dev: attr(text),
  ...hostSide,
})
export const interfaceSourceVhostuser: Element = element('source', {
  type: attr(text),
  path: attr(absolutePath),
  mode: attr(oneOf('server', 'client')),
  dev: attr(deviceName),
  reconnect: child(reconnect),
})
export const interfaceSourceSocket: Element = element('source', {
  address: attr(form(text, /[0-9.]+/)),
  port: attr(integer(int, -1, 65535))
    .must()
    .bad("Cannot parse <source> 'port' attribute with socket interface"),
  local: child(element('local', { address: attr(text), port: attr(int).required() })),
})
export const interfaceSourceInternal: Element = element('source', { name: attr(deviceName).must() })
export const interfaceSourceUser: Element = element('source', { dev: attr(deviceName).must(), ...hostSide })
export const interfaceSourceDev: Element = element('source', { dev: attr(deviceName).must() })
export const interfaceSourceHostdev: Element = element('source', {
  missing: attr(yesNo),
  vendor: only('id', hexAny(4)),
  product: only('id', hexAny(4)),
  address: child(interfaceHostAddress),
})
export const interfaceSourceVds: Element = element('source', {
  switchid: attr(uuid),
  portid: attr(long),
  portgroupid: attr(text),
  connectionid: attr(long),
})

const source: Fields = {
  source: by('type', {
    network: child(interfaceSourceNetwork),
    bridge: child(interfaceSourceBridge),
    direct: child(interfaceSourceDirect),
    ethernet: child(interfaceSourceEthernet),
    vhostuser: child(interfaceSourceVhostuser),
    server: child(interfaceSourceSocket),
    client: child(interfaceSourceSocket),
    mcast: child(interfaceSourceSocket),
    udp: child(interfaceSourceSocket),
    internal: child(interfaceSourceInternal),
    user: child(interfaceSourceUser),
    vdpa: child(interfaceSourceDev),
    hostdev: child(interfaceSourceHostdev),
    vds: child(interfaceSourceVds),
  }),
}

const plug: Fields = {
  vlan: child(vlan),
  virtualport: child(virtualPort),
  bandwidth: child(bandwidth),
  port: child(portOptions),
}

/** What a network gave the interface when the guest started. */
export const interfaceActual: Element = element('actual', {
  type: attr(interfaceType).required("missing type attribute in interface's <actual> element"),
  managed: attr(yesNo).where('type', 'hostdev'),
  trustGuestRxFilters: attr(yesNo),
  hostDriver: child(hostdevDriver).where('type', 'hostdev'),
  ...source,
  class: only('id', uint),
  ...plug,
})

export const interfaceMac: Element = element('mac', {
  address: attr(unicast(mac)).must().bad("unable to parse mac address '%s'"),
  type: attr(oneOf('generated', 'static')),
  check: attr(yesNo),
  currentAddress: attr(mac).when('live'),
})

const onOffs = (...names: string[]): Fields => Object.fromEntries(names.map((name) => [name, attr(onOff)]))

export const interfaceDriver: Element = element('driver', {
  name: attr(oneOf('qemu', 'vhost')),
  txmode: attr(oneOf('default', 'iothread', 'timer')).omit('default'),
  ioeventfd: attr(onOff),
  event_idx: attr(onOff),
  queues: attr(uint).omit(0),
  rx_queue_size: attr(uint).omit(0),
  tx_queue_size: attr(uint).omit(0),
  rss: attr(onOff),
  rss_hash_report: attr(onOff),
  ...virtioOptions,
  host: child(element('host', onOffs('csum', 'gso', 'tso4', 'tso6', 'ecn', 'ufo', 'mrg_rxbuf'))),
  guest: child(element('guest', onOffs('csum', 'tso4', 'tso6', 'ecn', 'ufo'))),
})

/** Strict checking does not ask which of them an interface has. */
const eitherDriver = element('driver', {
  ...interfaceDriver.fields,
  ...hostdevDriver.fields,
  name: attr(oneOf('qemu', 'vhost', 'kvm', 'vfio', 'xen')),
})

export const interfaceBackend: Element = element('backend', {
  type: attr(oneOf('default', 'passt')).omit('default'),
  tap: attr(absolutePath),
  vhost: attr(absolutePath),
  logFile: attr(absolutePath),
})

/** Names the driver chose (`vnet0`) are not part of the definition. */
const keepsTarget = (target: InterfaceTarget, context: PrintContext) =>
  !context.has('inactive') || target.dev === undefined || !/^(vnet|vif|macvtap|macvlan)\d+$/.test(target.dev)

export const interfaceTarget: Element = element('target', {
  dev: attr(deviceName).must(),
  managed: attr(yesNo),
}).if(keepsTarget)

export const portForwardRange: Element = element('range', {
  start: attr(port).must(),
  end: attr(port),
  to: attr(port),
  exclude: attr(yesNo).omit(false),
})
export const portForward: Element = element('portForward', {
  proto: attr(oneOf('tcp', 'udp')).required(),
  address: attr(ip),
  dev: attr(text),
  ranges: children(portForwardRange),
})

export const coalesce: Element = element('coalesce', {
  rx: child(
    element('rx', {
      frames: child(
        element('frames', {
          max: attr(uint)
            .omit(0)
            .bad({ number: ErrorNumber.XML_DETAIL, message: "cannot parse value '%s' for coalesce parameter" }),
        }),
      ),
    }),
  ),
})

/** While running, an interface of a network shows what it is really plugged into. */
function publicView(net: Interface, context: PrintContext): object {
  if (net.type !== 'network') return net
  const { actual, ...rest } = net as InterfaceNetwork
  if (!actual || context.has('inactive') || context.has('actualNet')) return net
  const { type, source: plugged, hostDriver, managed, trustGuestRxFilters, vlan, virtualport, bandwidth, port } = actual
  const { network, portgroup, portid } = rest.source ?? {}
  const shown = type === 'hostdev' ? plugged : { network, portgroup, portid, ...plugged }
  return { ...rest, type, managed, trustGuestRxFilters, hostDriver, source: shown, vlan, virtualport, bandwidth, port }
}

export const domainInterface: Element = element('interface', {
  type: attr(interfaceType).default('user').must(),
  managed: attr(yesNo).lax().where('type', 'hostdev'),
  trustGuestRxFilters: attr(yesNo),
  mac: child(interfaceMac),
  hostDriver: child(hostdevDriver)
    .where('type', 'hostdev')
    .strictly(() => eitherDriver),
  ...source,
  ...plug,
  actual: child(interfaceActual).where('type', 'network').when('actualNet'),
  ips: children(guestIp),
  routes: children(guestRoute),
  portForwards: children(portForward),
  script: only('path', filePath),
  downscript: only('path', filePath),
  backenddomain: only('name', text),
  target: child(interfaceTarget),
  guest: child(element('guest', { dev: attr(text), actual: attr(text) })),
  model: only('type', form(token, /[a-zA-Z0-9\-_]+/)).orEmpty(),
  driver: child(interfaceDriver)
    .where('type', ...interfaceTypesWithDriver())
    .anywhere(),
  backend: child(interfaceBackend),
  filterref: child(filterReference).where('type', 'ethernet', 'network', 'bridge').anywhere(),
  link: only('state', oneOf('default', 'up', 'down'))
    .omit('default')
    .bad({ number: unsupported, message: "unknown interface link state '%s'" }),
  tune: child(element('tune', { sndbuf: leaf(uint).bad('sndbuf must be a positive integer') })),
  teaming: child(teaming),
  mtu: only('size', uint).omit(0).bad('malformed mtu size'),
  coalesce: child(coalesce),
  ...deviceInfo,
  privateData: extension('interface').when('status'),
})
  .named('Interface')
  .view(publicView)

function interfaceTypesWithDriver(): string[] {
  return (interfaceType.members ?? []).filter((type) => type !== 'hostdev')
}
