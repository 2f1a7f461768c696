// SPDX-License-Identifier: LGPL-2.1-or-later
// Network interfaces: where their packets go, and the card that the guest sees.
import type { Interface, Reconnect } from '@virt/conf'
import { actualType } from '../command/actual.js'
import { addressProps, virtioDriver, virtioProps } from '../command/address.js'
import type { Build } from '../command/build.js'
import { isArm } from '../command/machine.js'
import { listProps, type Props } from '../command/props.js'
import { configUnsupported } from '../errors.js'
import { BootOrder } from './boot-order.js'
import { fdSet, reconnectProps } from './chardevs.js'

/** Interfaces that reach the host by a tap device, which QEMU is given open. */
const taps: ReadonlySet<string> = new Set(['network', 'bridge', 'ethernet', 'direct'])

const isVirtio = ({ model }: Interface): boolean => model?.startsWith('virtio') === true

/** Pairs of queues. */
function queuesOf(net: Interface): number {
  return Math.max(1, net.driver?.queues ?? 1)
}

function tapProps(build: Build, net: Interface): Props {
  const { start } = build.context
  const alias = net.alias ?? ''
  const all = (purpose: 'tap' | 'vhost-net'): string =>
    Array.from({ length: queuesOf(net) }, (_, i) => start.fd(purpose, alias, i)).join(':')
  const many = queuesOf(net) > 1
  const vhost = isVirtio(net) && net.driver?.name !== 'qemu' && start.place('vhost-net', alias) !== undefined
  return {
    type: 'tap',
    ...(many ? { fds: all('tap') } : { fd: all('tap') }),
    ...(vhost ? { vhost: true, ...(many ? { vhostfds: all('vhost-net') } : { vhostfd: all('vhost-net') }) } : {}),
    sndbuf: net.tune?.sndbuf,
  }
}

/** A socket that a program of the guest's own listens on. */
function passtSocket(build: Build, { alias = '' }: Interface): string | undefined {
  return build.context.start.place('passt-socket', alias)
}

/** How long QEMU waits until it looks for its passt again, in seconds. */
const passtPatience = 5

function passtProps(build: Build, net: Interface): Props {
  const reconnect = build.has('netdev-stream-reconnect-miliseconds')
    ? { 'reconnect-ms': passtPatience * 1000 }
    : { reconnect: build.has('netdev.stream.reconnect') ? passtPatience : undefined }
  return { type: 'stream', addr: { type: 'unix', path: passtSocket(build, net) }, server: false, ...reconnect }
}

/** Queues of a backend that has more than one. */
function manyQueues(net: Interface): number | undefined {
  return queuesOf(net) > 1 ? queuesOf(net) : undefined
}

/** A program that the guest shares its memory with. */
function vhostUserProps(build: Build, net: Extract<Interface, { type: 'vhostuser' }>): Props {
  const chardev = `char${net.alias}`
  const passt = net.backend?.type === 'passt'
  const { source } = net
  const server = !passt && source?.mode === 'server'
  const again: Reconnect | undefined = passt ? { enabled: true, timeout: passtPatience } : source?.reconnect
  const path = passt ? passtSocket(build, net) : source?.path
  const more: Props = server ? { server: true } : reconnectProps(build, again)
  build.add('-chardev', listProps('socket', { id: chardev, path, ...more }))
  return { type: 'vhost-user', chardev, queues: manyQueues(net) }
}

function vdpaProps(build: Build, net: Interface): Props {
  const { alias = '' } = net
  const vhostdev = fdSet(build, build.context.start.fd('vdpa', alias), `${alias}-vdpa`)
  return { type: 'vhost-vdpa', vhostdev, queues: manyQueues(net) }
}

function backendProps(build: Build, net: Interface): Props {
  const type = actualType(net)
  if (taps.has(type)) return tapProps(build, net)
  switch (net.type) {
    case 'user': {
      if (net.backend?.type === 'passt') return passtProps(build, net)
      const helper = build.context.start.place('slirp', net.alias ?? '')
      return helper === undefined ? userProps(net) : { type: 'socket', fd: helper }
    }
    case 'vhostuser':
      return vhostUserProps(build, net)
    case 'vdpa':
      return vdpaProps(build, net)
    case 'server':
      return { type: 'socket', listen: `${net.source?.address ?? ''}:${net.source?.port ?? 0}` }
    case 'client':
      return { type: 'socket', connect: `${net.source?.address ?? ''}:${net.source?.port ?? 0}` }
    case 'mcast':
      return { type: 'socket', mcast: `${net.source?.address ?? ''}:${net.source?.port ?? 0}` }
    case 'udp':
      return {
        type: 'socket',
        udp: `${net.source?.address ?? ''}:${net.source?.port ?? 0}`,
        localaddr: `${net.source?.local?.address ?? ''}:${net.source?.local?.port ?? 0}`,
      }
    default:
      throw configUnsupported(`Net type ${type} is not currently supported`)
  }
}

function userProps(net: Interface): Props {
  const ip = (family: 'ipv4' | 'ipv6'): string | undefined => {
    const found = net.ips.find((one) => (one.family ?? 'ipv4') === family)
    if (found === undefined) return undefined
    return found.prefix === undefined ? found.address : `${found.address}/${found.prefix}`
  }
  const six = net.ips.find((one) => one.family === 'ipv6')
  return {
    type: 'user',
    net: ip('ipv4'),
    'ipv6-prefix': six?.address,
    'ipv6-prefixlen': six?.prefix,
  }
}

const onOff = (value: boolean | undefined): boolean | undefined => value

/** The card. */
function cardProps(build: Build, net: Interface, bootindex: number | undefined): Props {
  const { model, driver } = net
  const virtio = isVirtio(net)
  const name = virtio ? virtioDriver(build, 'virtio-net', net, model) : (model ?? 'rtl8139')
  const queues = queuesOf(net)
  const vectors = queues > 1 ? 2 * queues + 2 : undefined
  const host = driver?.host
  const guest = driver?.guest
  const features: Props = virtio
    ? {
        ...virtioProps(driver),
        tx: driver?.txmode === undefined ? undefined : driver.txmode === 'iothread' ? 'bh' : 'timer',
        ioeventfd: driver?.ioeventfd,
        event_idx: driver?.event_idx,
        csum: onOff(host?.csum),
        gso: host?.gso,
        host_tso4: host?.tso4,
        host_tso6: host?.tso6,
        host_ecn: host?.ecn,
        host_ufo: host?.ufo,
        mrg_rxbuf: host?.mrg_rxbuf,
        guest_csum: guest?.csum,
        guest_tso4: guest?.tso4,
        guest_tso6: guest?.tso6,
        guest_ecn: guest?.ecn,
        guest_ufo: guest?.ufo,
        ...(queues > 1 ? { mq: true, vectors: net.address?.type === 'ccw' ? undefined : vectors } : {}),
        rx_queue_size: driver?.rx_queue_size,
        tx_queue_size: driver?.tx_queue_size,
        rss: driver?.rss,
        hash: driver?.rss_hash_report,
        host_mtu: net.mtu,
        failover: net.teaming?.type === 'persistent' ? true : undefined,
      }
    : {}
  return {
    driver: name,
    ...features,
    netdev: `host${net.alias}`,
    id: net.alias,
    mac: net.mac?.address,
    bootindex,
    loadparm: build.loadparm(net.boot?.loadparm),
    ...addressProps(build, net),
    ...romProps(net.rom),
  }
}

/** The ROM of a card. */
export function romProps(
  rom: { bar?: boolean | undefined; file?: string | undefined; enabled?: boolean | undefined } | undefined,
): Props {
  if (rom === undefined) return {}
  if (rom.enabled === false) return { romfile: '' }
  return { rombar: rom.bar === undefined ? undefined : rom.bar ? 1 : 0, romfile: rom.file }
}

/** Whether a card is part of an ARM board, where it has no bus to be plugged into. */
function isOnBoard({ domain }: Build, { address }: Interface): boolean {
  return isArm(domain) && address?.type !== 'virtio-mmio' && address?.type !== 'pci'
}

function boardCard(net: Interface): Props {
  return { macaddr: net.mac?.address, netdev: `host${net.alias}`, model: net.model, id: net.alias }
}

/** Types that can have a filter, or a tap device of the document's own. */
const filtered: ReadonlySet<string> = new Set(['network', 'bridge', 'ethernet'])
/** Types that can have several queues. */
const queued: ReadonlySet<string> = new Set([...taps, 'vhostuser', 'vdpa'])

/** @throws VirtError for what interfaces of its type cannot have */
function check(net: Interface): void {
  const type = actualType(net)
  if ((net.driver?.queues ?? 0) > 0 && !queued.has(type))
    throw configUnsupported(`Multiqueue is not supported for: ${type}`)
  if (net.filterref !== undefined && !filtered.has(type))
    throw configUnsupported(`filterref is not supported for network interfaces of type ${type}`)
  if (net.filterref !== undefined && net.virtualport?.type !== undefined)
    throw configUnsupported(
      `filterref is not supported for network interfaces with virtualport type ${net.virtualport.type}`,
    )
  if (net.backend?.tap !== undefined && !filtered.has(type))
    throw configUnsupported(
      `interface ${net.mac?.address} - custom tap device path is not supported for network interfaces of type ${type}`,
    )
}

export function interfaces(build: Build): void {
  const { domain } = build
  const boots = new BootOrder(domain)
  for (const net of domain.devices?.interfaces ?? []) {
    check(net)
    const bootindex = boots.take('network', net.boot?.order)
    if (actualType(net) === 'hostdev') continue
    build.netdev({ ...backendProps(build, net), id: `host${net.alias}` })
    if (isOnBoard(build, net)) build.list('-net', 'nic', boardCard(net))
    else build.device(cardProps(build, net, bootindex), net)
  }
}
