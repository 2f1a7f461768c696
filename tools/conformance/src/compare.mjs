// SPDX-License-Identifier: GPL-2.0-or-later
// The comparison rules of the corpus.
import { isDeepStrictEqual } from 'node:util'

const withNewline = (text) => (text !== '' && !text.endsWith('\n') ? `${text}\n` : text)

/** Compares a result with what is expected. @returns undefined when equal, else why not */
export function compare(rule, produced, expected) {
  switch (rule) {
    case 'exact':
      return compareText(withNewline(produced), expected)
    case 'joined':
      return compareText(withNewline(produced), expected.replaceAll('\\\n', ''))
    case 'json':
      return isDeepStrictEqual(
        typeof produced === 'string' ? JSON.parse(produced) : produced,
        typeof expected === 'string' ? JSON.parse(expected) : expected,
      )
        ? undefined
        : 'JSON values differ'
    case 'value':
      return isDeepStrictEqual(plain(produced), expected)
        ? undefined
        : `got ${show(produced)}, expected ${show(expected)}`
    default:
      throw new Error(`unknown comparison rule ${rule}`)
  }
}

function compareText(produced, expected) {
  if (produced === expected) return undefined
  const a = produced.split('\n')
  const b = expected.split('\n')
  const i = a.findIndex((line, n) => line !== b[n])
  const at = i < 0 ? a.length : i
  return `line ${at + 1}: got ${show(a[at])}, expected ${show(b[at])}`
}

const show = (value) => (value === undefined ? 'nothing' : JSON.stringify(plain(value)))

/** Values as JSON has them: undefined is null, bigints are numbers. */
export function plain(value) {
  if (value === undefined) return null
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(plain)
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]))
  return value
}
