// SPDX-License-Identifier: LGPL-2.1-or-later
// <cookie>: what an image of a saved guest, or a snapshot of one, has beside the guest's document.
import { cpu } from '../domain/schema/cpu.js'
import { child, type Element, element, flag } from '../lang/field.js'

export const root: Element = element('cookie', {
  cpu: child(cpu).doc('the processor that the guest had, where that is not the one that the document asks for'),
  slirpHelper: flag().doc('no network of the guest was made within QEMU'),
}).named('SaveCookie')
