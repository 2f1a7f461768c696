// SPDX-License-Identifier: LGPL-2.1-or-later
// Object identifiers: lists of numbers of 32 bits.

/** An object identifier. */
export type Oid = readonly number[]

/** Negative, zero or positive as `a` comes before, is, or comes after `b`. */
export function compareOids(a: Oid, b: Oid): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const d = (a[i] as number) - (b[i] as number)
    if (d !== 0) return d
  }
  return a.length - b.length
}

/** Whether `oid` is `prefix` or below it. */
export function isBelow(oid: Oid, prefix: Oid): boolean {
  if (oid.length < prefix.length) return false
  // From the end: names of one module differ there first.
  for (let i = prefix.length - 1; i >= 0; i--) if (oid[i] !== prefix[i]) return false
  return true
}

/** Reads `1.3.6.1…`, with or without a leading dot. @throws TypeError for anything else */
export function parseOid(text: string): Oid {
  const plain = text.startsWith('.') ? text.slice(1) : text
  const parts = plain.split('.')
  const oid = parts.map(Number)
  if (!parts.every((part) => /^\d{1,10}$/.test(part)) || oid.some((n) => n > 0xffffffff) || oid.length > maxOid)
    throw new TypeError(`'${text}' is no object identifier`)
  return oid
}

/** The usual text of an object identifier. */
export function formatOid(oid: Oid): string {
  return oid.join('.')
}

/** Most sub-identifiers of an object identifier. */
export const maxOid = 128
