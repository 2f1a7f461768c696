// SPDX-License-Identifier: LGPL-2.1-or-later
// Amounts of memory and disk with their unit: `'4 GiB'` wherever a size is asked for.
import { ErrorDomain, ErrorNumber } from './error-table.gen.js'
import { virtError } from './errors.js'
import type { Int64Input } from './plain.js'

/** A size: a number in the unit that the call names, or a text with a unit of its own, as `'4 GiB'` or `'1.5 TB'`. */
export type SizeInput = Int64Input | string

const letters = 'KMGTPE'

/** Bytes of a unit: `KiB` or `k` count by 1,024, `KB` by 1,000. */
function bytesOf(unit: string): bigint | undefined {
  if (/^(?:b|bytes?)$/i.test(unit)) return 1n
  const [, letter, rest = ''] = /^([kmgtpe])(i?b)?$/i.exec(unit) ?? []
  if (letter === undefined) return undefined
  const power = letters.indexOf(letter.toUpperCase()) + 1
  return (rest.toLowerCase() === 'b' ? 1000n : 1024n) ** BigInt(power)
}

/**
 * A size in `unit`, rounded up as libvirt rounds.
 * @throws VirtError `invalid-arg` for what is no size
 */
export function sizeOf(size: SizeInput, unit: 'Bytes' | 'KiB' | 'MiB'): bigint {
  if (typeof size === 'bigint') return size
  const wrong = (): Error =>
    virtError(ErrorNumber.INVALID_ARG, ErrorDomain.NONE, `'${size}' is no size`, {
      details: "give a number, or a text as '4 GiB'",
    })
  if (typeof size === 'number') {
    if (!Number.isInteger(size)) throw wrong()
    return BigInt(size)
  }
  const [, whole = '', fraction = '', given = ''] = /^\s*(\d+)(?:\.(\d{1,18}))?\s*([a-z]*)\s*$/i.exec(size) ?? []
  const from = given === '' ? bytesOf(unit) : bytesOf(given)
  const to = bytesOf(unit)
  if (whole === '' || from === undefined || to === undefined) throw wrong()
  const parts = 10n ** BigInt(fraction.length)
  const amount = BigInt(whole + fraction) * from
  const divisor = parts * to
  return (amount + divisor - 1n) / divisor
}
