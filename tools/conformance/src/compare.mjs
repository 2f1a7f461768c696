// SPDX-License-Identifier: GPL-2.0-or-later
// The comparison rules of the corpus.
import { isDeepStrictEqual } from 'node:util'

const withNewline = (text) => (text !== '' && !text.endsWith('\n') ? `${text}\n` : text)

/** Compares a result with what is expected. @returns undefined when equal, else why not */
export function compare(rule, produced, expected) {
  switch (rule) {
    case 'exact':
      return compareText(withNewline(text(produced)), expected)
    case 'joined':
      return compareText(withNewline(text(produced)), expected.replaceAll('\\\n', ''))
    case 'json':
      return isDeepStrictEqual(readJson(produced), readJson(expected)) ? undefined : 'JSON values differ'
    case 'value':
      return isDeepStrictEqual(plain(produced), plain(expected))
        ? undefined
        : `got ${show(produced)}, expected ${show(expected)}`
    default:
      throw new Error(`unknown comparison rule ${rule}`)
  }
}

function text(produced) {
  if (typeof produced !== 'string') throw new Error(`no text was made but ${show(produced)}`)
  return produced
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

/** JSON with numbers of more than 15 digits kept as they are written. */
function readJson(value) {
  if (typeof value !== 'string') return plain(value)
  return JSON.parse(
    value.replace(/"(?:[^"\\]|\\.)*"|-?[0-9]{16,}(?![0-9.eE])/g, (token) =>
      token.startsWith('"') ? token : `{"number":"${token}"}`,
    ),
  )
}

/** Values as JSON has them: undefined is null, a key without a value is absent, bigints are numbers or, beyond 2^53, digits. */
export function plain(value) {
  if (value === undefined) return null
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  if (Array.isArray(value)) return value.map(plain)
  if (value && typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, v]) => (v ?? null) !== null)
        .map(([k, v]) => [k, plain(v)]),
    )
  return value
}
