// SPDX-License-Identifier: LGPL-2.1-or-later
// What the QEMU driver keeps of its own inside documents.
import { child, type Element, element, flag } from '../../lang/field.js'
import { cpu } from './cpu.js'

/** `<cookie>` of saved states and snapshots: what the running guest had that its definition does not say. */
export const qemuSaveCookie: Element = element('cookie', { cpu: child(cpu), slirpHelper: flag() })
