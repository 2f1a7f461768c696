// SPDX-License-Identifier: LGPL-2.1-or-later
// Addresses and routes inside the guest.
import { ErrorNumber } from '@virt/core'
import { ip } from '../../lang/address.js'
import { attr, type Element, element } from '../../lang/field.js'
import { later } from '../../lang/forms.js'
import { oneOf, uint } from '../../lang/value.js'
import type { ReadContext } from '../../runtime/context.js'
import type { GuestIp } from '../types.gen.js'

const family = oneOf('ipv4', 'ipv6')

const wrongPrefix = (prefix: unknown) => `Invalid prefix value '${prefix}' in <ip>`
const wrongAddress = (address: string) => `Invalid address '${address}' in <ip>`

export const guestIp: Element = element('ip', {
  address: attr(ip).required('Missing required address in <ip>').bad(wrongAddress),
  family: attr(family),
  prefix: attr(uint).omit(0).bad(wrongPrefix),
  peer: attr(ip).bad({ number: ErrorNumber.INVALID_ARG, message: "Invalid peer '%s' in <ip>" }),
}).finish(({ address, family, prefix = 0 }: GuestIp, context: ReadContext) => {
  const six = address.includes(':')
  if (family !== undefined && (family === 'ipv6') !== six) context.fail(wrongAddress(address))
  if (prefix > (six ? 128 : 32)) context.fail(wrongPrefix(prefix))
})

export const guestRoute: Element = element('route', {
  family: attr(later(family)),
  address: attr(later(ip)),
  netmask: attr(later(ip)),
  prefix: attr(uint),
  gateway: attr(later(ip)),
  metric: attr(uint),
})
