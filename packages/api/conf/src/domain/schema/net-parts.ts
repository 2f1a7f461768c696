// SPDX-License-Identifier: LGPL-2.1-or-later
// Addresses and routes inside the guest.
import { ip } from '../../lang/address.js'
import { attr, type Element, element } from '../../lang/field.js'
import { later } from '../../lang/forms.js'
import { oneOf, uint } from '../../lang/value.js'

const family = oneOf('ipv4', 'ipv6')

export const guestIp: Element = element('ip', {
  address: attr(ip).required('Missing network address'),
  family: attr(family),
  prefix: attr(uint).omit(0),
  peer: attr(ip),
})

export const guestRoute: Element = element('route', {
  family: attr(later(family)),
  address: attr(later(ip)),
  netmask: attr(later(ip)),
  prefix: attr(uint),
  gateway: attr(later(ip)),
  metric: attr(uint),
})
