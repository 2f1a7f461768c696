// SPDX-License-Identifier: LGPL-2.1-or-later
// The names and short values that documents are made of, kept: the same few hundred come again and again, and a string
// that exists has its hash, is found in a table by its address, and costs no memory.

const size = 4096
const table: (string | undefined)[] = new Array<string | undefined>(size).fill(undefined)

/** Makes V8 keep one copy of a text, as it does of property names. */
function unique(text: string): string {
  for (const key in { [text]: true }) return key
  return text
}

/** Longest value that is kept: V8 copies pieces this short, where a longer one would hold on to the whole text. */
export const short = 12

/** A piece's place in the table. Each holds one string, so that no document can make it grow. */
function placeOf(codes: Uint16Array, start: number, end: number): number {
  const first = codes[start] as number
  const middle = codes[(start + end) >> 1] as number
  const last = codes[end - 1] as number
  const mixed = Math.imul(first + (middle << 8) + (last << 16) + ((end - start) << 24), 0x9e3779b1)
  return (mixed >>> 20) & (size - 1)
}

function same(known: string | undefined, text: string, start: number, end: number): known is string {
  return known !== undefined && known.length === end - start && text.startsWith(known, start)
}

/** A name: the piece of a text, whose code units are given too, from `start` to `end`. */
export function nameIn(text: string, codes: Uint16Array, start: number, end: number): string {
  const place = placeOf(codes, start, end)
  const known = table[place]
  if (same(known, text, start, end)) return known
  const piece = unique(text.slice(start, end))
  table[place] = piece
  return piece
}

/** A value of at most `short` characters; most of those that are new are not met again. */
export function valueIn(text: string, codes: Uint16Array, start: number, end: number): string {
  const place = placeOf(codes, start, end)
  const known = table[place]
  if (same(known, text, start, end)) return known
  const piece = text.slice(start, end)
  table[place] = piece
  return piece
}
