// SPDX-License-Identifier: LGPL-2.1-or-later
// Amounts with a unit: read in any, kept and printed in one.
import { readInteger } from './value.js'

/** How an amount is read and printed. */
export interface Scale {
  /** Bytes of a number without unit. */
  readonly standard: bigint
  /** Bytes of one step of the kept value; readings are rounded up to it. */
  readonly step: bigint
  /** Unit as printed; absent: the largest that divides the amount. */
  readonly unit: string | undefined
  /** Steps in one printed unit; what is left over is not printed. */
  readonly shown?: bigint
}

const kib = 1024n
/** Kept and printed in KiB, and taken as KiB without unit. */
export const inKiB: Scale = { standard: kib, step: kib, unit: 'KiB' }
/** Kept and printed in bytes. */
export const inBytes: Scale = { standard: 1n, step: 1n, unit: 'bytes' }
/** Read as bytes without unit, kept in bytes, printed in the largest fitting unit. */
export const pretty: Scale = { standard: kib, step: 1n, unit: undefined }

const powers = 'kmgtpe'
const letters = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']

/** Bytes of a unit as libvirt writes them (`KiB`, `k`, `MB`, `bytes` …); `undefined` for another word. */
export function unitBytes(unit: string, standard: bigint): bigint | undefined {
  if (unit === '') return standard
  const lower = unit.toLowerCase()
  if (lower === 'b' || lower === 'byte' || lower === 'bytes') return 1n
  const power = powers.indexOf(lower.charAt(0)) + 1
  if (power === 0) return undefined
  const rest = lower.slice(1)
  if (rest === '' || rest === 'ib') return 1024n ** BigInt(power)
  return rest === 'b' ? 1000n ** BigInt(power) : undefined
}

/** A reading: the kept value, or what is wrong. */
export type Scaled = { value: bigint } | { wrong: 'number' | 'unit' | 'range' }

const most = 2n ** 64n - 1n

/** Reads an amount. */
export function readScaled(raw: string, unit: string | undefined, scale: Scale): Scaled {
  const match = /^\s*\+?(\d+)\s*([A-Za-z]*)$/.exec(raw)
  const number = match?.[1] === undefined ? undefined : readInteger(match[1], 10)
  if (number === undefined || number > most) return { wrong: 'number' }
  const bytes = unitBytes(unit ?? match?.[2] ?? '', scale.standard)
  if (bytes === undefined) return { wrong: 'unit' }
  const all = number * bytes
  if (all > most) return { wrong: 'range' }
  return { value: (all + scale.step - 1n) / scale.step }
}

/** Number and unit of a kept value, as printed. */
export function printScaled(value: bigint, scale: Scale): readonly [string, string] {
  if (scale.unit !== undefined) return [String(scale.shown === undefined ? value : value / scale.shown), scale.unit]
  let rest = value
  let power = 0
  while (rest !== 0n && rest % 1024n === 0n && power < 6) {
    rest /= 1024n
    power++
  }
  return [String(rest), letters[power] ?? 'B']
}
