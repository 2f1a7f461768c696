// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over network cards of QEMU guests.
import { isIPv4 } from 'node:net'
import type { Pass } from '../../../../runtime/context.js'
import type { Domain, GuestIp, Interface } from '../../../types.gen.js'
import type { QemuPass, QemuScope } from '../host.js'
import { unsupported } from '../report.js'

/** Links that are devices of the host, which have an MTU. */
const links = new Set<Interface['type']>(['network', 'bridge', 'ethernet', 'vhostuser'])

function addresses(ips: readonly GuestIp[]): void {
  let four = 0
  let six = 0
  for (const { address, prefix = 0, peer } of ips) {
    if (peer !== undefined) unsupported('Invalid attempt to set peer IP for guest')
    if (isIPv4(address)) {
      if (++four > 1) unsupported('only one IPv4 address per interface is allowed')
      if (prefix > 0 && (prefix < 4 || prefix > 27)) unsupported('invalid prefix, must be in range of 4-27')
    } else {
      if (++six > 1) unsupported('only one IPv6 address per interface is allowed')
      if (prefix > 120) unsupported('prefix too long')
    }
  }
}

const isPowerOfTwo = (value: number) => (value & (value - 1)) === 0

function card(net: Interface, { caps }: QemuScope): void {
  const passt = net.backend?.type === 'passt'
  if (net.type === 'user' || passt) addresses(net.ips)
  else if (net.ips.length > 0 || net.routes.length > 0)
    unsupported(
      'Invalid attempt to set network interface guest-side IP route and/or address info, not supported by QEMU',
    )
  if (net.type === 'user' && passt && !caps.has('netdev.stream'))
    unsupported('the passt network backend is not supported with this QEMU binary')
  if (net.type === 'vdpa' && !caps.has('netdev.vhost-vdpa'))
    unsupported('vDPA devices are not supported with this QEMU binary')
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
  if (net.coalesce && net.type !== 'network' && net.type !== 'bridge' && net.type !== 'ethernet')
    unsupported(`coalesce settings on interface type ${net.type} are not supported`)
}

function interfaces({ devices }: Domain, scope: QemuScope): void {
  for (const net of devices?.interfaces ?? []) card(net, scope)
}

/** Rules over network cards. */
export function networkRules(pass: QemuPass): readonly Pass<Domain>[] {
  return [pass('interface rules', interfaces)]
}
