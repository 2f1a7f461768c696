// SPDX-License-Identifier: LGPL-2.1-or-later
// Lists of anything, with their limit.
import { XdrError, type XdrReader, type XdrWriter } from './xdr.js'

export function encodeList<T>(
  w: XdrWriter,
  items: readonly T[],
  max: number,
  one: (w: XdrWriter, item: T) => void,
): void {
  if (items.length > max) throw new XdrError(`${items.length} items, limit ${max}`)
  w.int(items.length)
  for (const item of items) one(w, item)
}

export function decodeList<T>(r: XdrReader, max: number, one: (r: XdrReader) => T): T[] {
  const count = r.count(max)
  const items: T[] = new Array(count)
  for (let i = 0; i < count; i++) items[i] = one(r)
  return items
}
