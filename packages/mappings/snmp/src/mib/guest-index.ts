// SPDX-License-Identifier: LGPL-2.1-or-later
// Rows of things that are named by UUID: the index is the 16 octets, without a length.
import type { Oid } from '../wire/oid.js'
import { octets, type Value } from '../wire/value.js'

/** The 16 octets of a UUID as sub-identifiers. */
export function uuidIndex(uuid: string): Oid {
  return [...uuidBytes(uuid)]
}

/** The 16 octets of a UUID. */
export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}

/** A UUID as a value. */
export const uuidValue = (uuid: string): Value => octets(uuidBytes(uuid))
