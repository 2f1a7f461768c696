// SPDX-License-Identifier: LGPL-2.1-or-later
// The code units of a text as an array of numbers: asking a string for each of them costs three times as much.
import { endianness } from 'node:os'

/** Units the array that is kept has room for; longer texts get their own. */
const room = 0x10000
/** Zeros behind a text, so that scanning may look ahead. */
const margin = 4
const swapped = endianness() === 'BE'

let kept: Uint16Array | undefined

/** The code units of a text, then zeros. Give it back to `release`. */
export function codesOf(text: string): Uint16Array {
  const { length } = text
  let codes = kept
  // Reading one document may mean reading another inside.
  if (codes === undefined || length + margin > room) codes = new Uint16Array(Math.max(room, length + margin))
  else kept = undefined
  const bytes = Buffer.from(codes.buffer)
  bytes.write(text, 0, 'utf16le')
  if (swapped) bytes.subarray(0, 2 * length).swap16()
  codes.fill(0, length, length + margin)
  return codes
}

/** Takes back what `codesOf` gave. */
export function release(codes: Uint16Array): void {
  if (codes.length === room) kept = codes
}
