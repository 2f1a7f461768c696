// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over network cards of QEMU guests.
import { isIPv4 } from 'node:net'
import type { Pass } from '../../../../runtime/context.js'
import type { Domain, GuestIp, Interface } from '../../../types.gen.js'
import type { QemuPass, QemuScope } from '../host.js'
import { hasSharedMemory } from '../machine.js'
import { unsupported, xmlError } from '../report.js'

/** Links that are devices of the host, which have an MTU. */
const links = new Set<Interface['type']>(['network', 'bridge', 'ethernet', 'vhostuser'])

function addresses(ips: readonly GuestIp[], anyPrefix: boolean): void {
  let four = 0
  let six = 0
  for (const { address, prefix = 0, peer } of ips) {
    if (peer !== undefined) unsupported('Invalid attempt to set peer IP for guest')
    if (isIPv4(address)) {
      if (++four > 1) unsupported('Only one IPv4 address per interface is allowed')
      if (prefix > 0 && (prefix < 4 || prefix > 27)) xmlError('invalid prefix, must be in range of 4-27')
    } else {
      if (++six > 1) unsupported('Only one IPv6 address per interface is allowed')
      if (prefix !== 0 && prefix !== 64 && !anyPrefix)
        unsupported(`unsupported IPv6 address prefix='${prefix}' - must be 64`)
    }
  }
}

const isPowerOfTwo = (value: number) => (value & (value - 1)) === 0

const virtioOnly = new Set<Interface['type']>(['vhostuser', 'vdpa'])

/** What serves a card, and what it demands. */
function backend(net: Interface, domain: Domain): void {
  const { type, model } = net
  if (type === 'vhostuser') {
    if (net.source?.mode === 'server' && net.source.reconnect?.enabled === true)
      unsupported("'reconnect' attribute is not supported when source mode='server' for <interface type='vhostuser'>")
    if (!hasSharedMemory(domain)) unsupported("'interface' requires shared memory")
  }
  if (virtioOnly.has(type) && model !== undefined && !model.startsWith('virtio'))
    unsupported(`invalid model for interface of type '${type}': '${model}' - must be 'virtio'`)
}

function teaming({ type, model = '(null)', teaming }: Interface): void {
  if (teaming?.type === 'persistent' && model !== 'virtio')
    unsupported(`virtio-net teaming persistent interface must be <model type='virtio'/>, not '${model}'`)
  if (teaming?.type === 'transient' && type !== 'hostdev' && type !== 'network')
    unsupported(`virtio-net teaming transient interface must be type='hostdev', not '${type}'`)
}

function card(net: Interface, domain: Domain, { caps }: QemuScope): void {
  const passt = net.backend?.type === 'passt'
  if (net.routes.length > 0)
    unsupported('Invalid attempt to set network interface guest-side IP route, not supported by QEMU')
  if (net.type === 'user' || passt) addresses(net.ips, passt)
  else if (net.ips.length > 0)
    unsupported('Invalid attempt to set network interface guest-side IP address info, not supported by QEMU')
  if (net.type === 'user' && passt && !caps.has('netdev.stream'))
    unsupported("the 'passt' network backend is not supported with this QEMU binary")
  if (net.type === 'vdpa' && !caps.has('netdev.vhost-vdpa'))
    unsupported('vDPA devices are not supported with this QEMU binary')
  backend(net, domain)
  const driver = 'driver' in net ? net.driver : undefined
  if (net.model?.startsWith('virtio') && driver) {
    const { rx_queue_size: rx = 0, tx_queue_size: tx = 0 } = driver
    if (!isPowerOfTwo(rx)) unsupported('rx_queue_size has to be a power of two')
    if (!isPowerOfTwo(tx)) unsupported('tx_queue_size has to be a power of two')
    if (driver.rss !== undefined && !caps.has('virtio-net.rss'))
      unsupported('virtio rss is not supported with this QEMU binary')
    if (driver.rss_hash_report !== undefined && !caps.has('virtio-net.rss'))
      unsupported('virtio rss hash report is not supported with this QEMU binary')
  }
  if (net.mtu && !links.has(net.type)) unsupported(`setting MTU on interface type ${net.type} is not supported yet`)
  teaming(net)
  if (net.coalesce && net.type !== 'network' && net.type !== 'bridge' && net.type !== 'ethernet')
    unsupported(`coalesce settings on interface type ${net.type} are not supported`)
}

function interfaces(domain: Domain, scope: QemuScope): void {
  for (const net of domain.devices?.interfaces ?? []) card(net, domain, scope)
}

/** Rules over network cards. */
export function networkRules(pass: QemuPass): readonly Pass<Domain>[] {
  return [pass('interface rules', interfaces)]
}
