// SPDX-License-Identifier: LGPL-2.1-or-later
// Sets of CPUs and nodes in their two forms: bytes of a call, ranges of a document.

/** Numbers of the set bits, lowest first. */
export function bitsOfMap(map: Uint8Array): number[] {
  const bits: number[] = []
  for (let i = 0; i < map.length; i++)
    for (let bit = 0; bit < 8; bit++) if (((map[i] as number) >> bit) & 1) bits.push(i * 8 + bit)
  return bits
}

/** A map of `length` bytes; numbers beyond it are left out. */
export function mapOfBits(bits: Iterable<number>, length: number): Uint8Array {
  const map = new Uint8Array(length)
  for (const bit of bits) if (bit < length * 8) map[bit >> 3] = (map[bit >> 3] as number) | (1 << (bit & 7))
  return map
}

/** Ranges as documents print them: `0-1,4`. */
export function rangesOf(bits: readonly number[]): string {
  const ranges: string[] = []
  for (let i = 0; i < bits.length; ) {
    let end = i
    while (end + 1 < bits.length && bits[end + 1] === (bits[end] as number) + 1) end++
    ranges.push(end === i ? `${bits[i]}` : `${bits[i]}-${bits[end]}`)
    i = end + 1
  }
  return ranges.join(',')
}

/** Highest number a set may hold. */
const limit = 1 << 20

/** Numbers of ranges as people write them, `^` takes one out; undefined when they make no sense. */
export function parseRanges(text: string): number[] | undefined {
  const set = new Set<number>()
  for (const part of text.split(',')) {
    const match = /^\s*(\^?)(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part)
    if (match === null) return undefined
    const [, not, from = '', to] = match
    const first = Number(from)
    const last = to === undefined ? first : Number(to)
    if (last < first || last > limit) return undefined
    for (let n = first; n <= last; n++) {
      if (not === '') set.add(n)
      else set.delete(n)
    }
  }
  return [...set].sort((a, b) => a - b)
}

/** The first `count` numbers. */
export function firstBits(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
