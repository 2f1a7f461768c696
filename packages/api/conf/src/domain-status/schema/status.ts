// SPDX-License-Identifier: LGPL-2.1-or-later
// <domstatus>: a running guest as a driver keeps it on disk.
import { domain } from '../../domain/schema/domain.js'
import { attr, child, children, type Element, element, type Fields, leaves } from '../../lang/field.js'
import { oneOf, text, ulong, type Value } from '../../lang/value.js'

export const domainState: Value = oneOf(
  'no state',
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmsuspended',
)

/** What somebody did to a guest that voids its warranty. */
export const taint: Element = element('taint', { flag: attr(text).required() })

/** The document of a driver: the state, what the driver keeps of its own, and the definition. */
export function statusOf(own: Fields): Element {
  return element('domstatus', {
    state: attr(domainState).required(),
    reason: attr(text),
    pid: attr(ulong),
    taints: children(taint),
    deprecations: leaves(text).as('deprecation'),
    ...own,
    domain: child(domain).required('no domain config'),
  })
}
