// SPDX-License-Identifier: LGPL-2.1-or-later
// <storagepoolCapabilities>: types of storage pools, and the formats that they have.
import { attr, child, children, type Element, element, leaves, only } from '../../lang/field.js'
import { text, yesNo } from '../../lang/value.js'

/** Formats that pools of a type, or their volumes, can have. */
export const storagePoolFormats: Element = element('poolOptions', {
  defaultFormat: only('type', text),
  formats: child(element('enum', { name: attr(text).required(), values: leaves(text).as('value') }).keepOpen()),
})

export const storagePoolCapability: Element = element('pool', {
  type: attr(text).required(),
  supported: attr(yesNo),
  poolOptions: child(storagePoolFormats),
  volOptions: child(storagePoolFormats).as('volOptions'),
}).keepOpen()

export const storagePoolCapabilities: Element = element('storagepoolCapabilities', {
  pools: children(storagePoolCapability),
}).keepOpen()
