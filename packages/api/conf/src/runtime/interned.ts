// SPDX-License-Identifier: LGPL-2.1-or-later
// The names and short values that documents are made of, kept: the same few hundred come again and again, and a string
// that exists has its hash, is found in a table by its address, and costs no memory.

const size = 4096
/** Longest name whose code units are kept beside it: comparing these costs a third of asking the string. */
const room = 16
const table: (string | undefined)[] = new Array<string | undefined>(size).fill(undefined)
const lengths = new Uint8Array(size)
const units = new Uint16Array(size * room)

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

/** Whether a place holds this piece. */
function holds(place: number, text: string, codes: Uint16Array, start: number, end: number): boolean {
  const length = end - start
  if (length > room) return table[place]?.length === length && text.startsWith(table[place], start)
  if (lengths[place] !== length) return false
  const first = place * room
  for (let i = 0; i < length; i++) if (units[first + i] !== codes[start + i]) return false
  return true
}

function keep(place: number, piece: string, codes: Uint16Array, start: number, end: number): string {
  table[place] = piece
  const kept = end - start <= room
  lengths[place] = kept ? end - start : 0
  if (kept) for (let i = 0; i < end - start; i++) units[place * room + i] = codes[start + i] as number
  return piece
}

/** A name: the piece of a text, whose code units are given too, from `start` to `end`. */
export function nameIn(text: string, codes: Uint16Array, start: number, end: number): string {
  const place = placeOf(codes, start, end)
  if (holds(place, text, codes, start, end)) return table[place] as string
  return keep(place, unique(text.slice(start, end)), codes, start, end)
}

/** A value of at most `short` characters; most of those that are new are not met again. */
export function valueIn(text: string, codes: Uint16Array, start: number, end: number): string {
  if (start === end) return ''
  const place = placeOf(codes, start, end)
  if (holds(place, text, codes, start, end)) return table[place] as string
  return keep(place, text.slice(start, end), codes, start, end)
}
