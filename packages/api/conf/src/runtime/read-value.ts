// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading single values: texts of attributes and leaves, amounts with units, and the errors about them.
import { ErrorDomain, ErrorNumber } from '@virt/core'
import type { Complaint } from '../lang/field.js'
import { readScaled } from '../lang/scale.js'
import type { Slot } from './plan.js'

/** Who knows where in the text a value stands. */
export interface Complaining {
  /** The record of the root, as far as it has been read. */
  whole(): Readonly<Record<string, unknown>>
  /** The record of the element that is being read. */
  here(): Readonly<Record<string, unknown>>
  /** Throws libvirt's error with the place in the text. */
  fail(message: string, number?: number, domain?: number): never
  /** Throws an error of libvirt's general XML helpers, which has their own error domain. */
  reject(message: string): never
}

/** Throws a field's own error, or the general one. */
export function complain(where: Complaining, complaint: Complaint | undefined, raw: string, general: string): never {
  if (complaint === undefined) where.reject(general)
  const message = typeof complaint === 'object' ? complaint.message : complaint
  const text =
    typeof message === 'function' ? message(raw, where.whole(), where.here()) : message.replace('%s', () => raw)
  if (text === undefined) where.reject(general)
  const { number, domain } = typeof complaint === 'object' ? complaint : {}
  where.fail(text, number, domain)
}

/** The value of an attribute; `undefined` when it is lax about one of another form. */
export function readAttribute(
  where: Complaining,
  slot: Slot,
  attribute: string,
  element: string,
  raw: string,
): unknown {
  const value = slot.parse(raw)
  if (value !== undefined || slot.field.lenient) return value
  if (raw === '' && slot.field.ignoresEmpty) {
    if (slot.field.isRequired) missing(where, slot, 'Missing required attribute', attribute, element)
    return undefined
  }
  const expected = slot.value?.expected
  const ending = typeof expected === 'function' ? expected(raw) : (expected ?? '.')
  complain(
    where,
    slot.field.invalid ?? slot.value?.fault,
    raw,
    `Invalid value for attribute '${attribute}' in element '${element}': '${raw}'${ending}`,
  )
}

/** The value of a text with a unit, in the field's own. */
export function readAmount(where: Complaining, slot: Slot, raw: string, unit: string | undefined): unknown {
  const shape = slot.field.shape
  if (shape.kind !== 'scaled' && shape.kind !== 'scaledAttr' && shape.kind !== 'scaledBody') return undefined
  const read = readScaled(raw, unit, shape.scale)
  if ('value' in read) return read.value
  if (slot.field.lenient) return undefined
  if (read.wrong === 'unit') where.fail(`unknown suffix '${unit}'`, ErrorNumber.INVALID_ARG, ErrorDomain.NONE)
  if (read.wrong === 'range') where.fail(`value too large: ${raw}${unit ?? ''}`, ErrorNumber.OVERFLOW, ErrorDomain.NONE)
  complain(where, slot.field.invalid, raw, `Invalid value '${raw}' for element or attribute './${slot.xml}'`)
}

/** The value of an element's text. */
export function readText(
  where: Complaining,
  slot: Slot,
  element: string,
  raw: string,
  unit: string | undefined,
): unknown {
  if (raw === '' && !slot.field.readsEmpty) return slot.field.blank
  if (slot.kind === 'scaled' || slot.kind === 'scaledBody') return readAmount(where, slot, raw, unit)
  const value = slot.parse(raw)
  if (value === undefined && !slot.field.lenient)
    complain(where, slot.field.invalid, raw, `Invalid value for element '${element}': '${raw}'`)
  return value
}

/** Throws what is to be said about a field that must be there. */
export function missing(where: Complaining, slot: Slot, what: string, name: string, element: string): never {
  complain(where, slot.field.missing, '', `${what} '${name}' in element '${element}'`)
}
