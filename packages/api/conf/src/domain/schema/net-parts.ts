// SPDX-License-Identifier: LGPL-2.1-or-later
// Addresses and routes inside the guest.
import { ip } from '../../lang/address.js'
import { attr, type Element, element } from '../../lang/field.js'
import { oneOf, uint } from '../../lang/value.js'

const family = oneOf('ipv4', 'ipv6')

export const guestIp: Element = element('ip', {
  address: attr(ip).required('Missing network address'),
  family: attr(family),
  prefix: attr(uint).omit(0),
  peer: attr(ip),
})

export const guestRoute: Element = element('route', {
  family: attr(family),
  address: attr(ip),
  netmask: attr(ip),
  prefix: attr(uint),
  gateway: attr(ip),
  metric: attr(uint),
})
