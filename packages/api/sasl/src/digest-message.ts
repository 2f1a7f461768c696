// SPDX-License-Identifier: LGPL-2.1-or-later
// The messages of RFC 2831: directives, `name=value` or `name="value"`, separated by commas.
import { malformed } from './error.js'

/** Directives a message may have more than once. */
const repeatable = new Set(['realm'])

/** Latin and wider letters are let through: some send names without quotes. */
const token = /[!#$%&'*+\-.0-9A-Z^_`a-z|~\u0080-\uffff]+/y

/** Directives by name in lower case. A name that is there twice is refused, but for realms. */
export function parseDirectives(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>()
  let at = skip(text, 0)
  while (at < text.length) {
    const name = take(token, text, at)?.toLowerCase()
    if (name === undefined) throw malformed('a DIGEST-MD5 directive has no name')
    at = blanks(text, at + name.length)
    if (text[at] !== '=') throw malformed('a DIGEST-MD5 directive has no value')
    const [value, end] = valueAt(text, blanks(text, at + 1))
    const had = found.get(name)
    if (had === undefined) found.set(name, [value])
    else if (repeatable.has(name)) had.push(value)
    else throw malformed(`the DIGEST-MD5 directive ${name} is there twice`)
    at = blanks(text, end)
    if (at < text.length && text[at] !== ',') throw malformed('DIGEST-MD5 directives are not separated')
    at = skip(text, at)
  }
  return found
}

function valueAt(text: string, at: number): [string, number] {
  if (text[at] !== '"') {
    const value = take(token, text, at)
    if (value === undefined) throw malformed('a DIGEST-MD5 directive has no value')
    return [value, at + value.length]
  }
  let value = ''
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '"') return [value, i + 1]
    if (text[i] === '\\') i++
    value += text[i] ?? ''
  }
  throw malformed('a DIGEST-MD5 value has no end')
}

function take(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

const blanks = (text: string, from: number): number => {
  let at = from
  while (' \t\r\n'.includes(text[at] ?? '.')) at++
  return at
}

/** Over blanks and empty elements. */
const skip = (text: string, from: number): number => {
  let at = from
  while (' \t\r\n,'.includes(text[at] ?? '.')) at++
  return at
}

/** A directive with a quoted value. */
export const quoted = (name: string, value: string): string => `${name}="${value.replaceAll(/["\\]/g, '\\$&')}"`

/** The only value a directive may have, or `undefined`. */
export const only = (found: ReadonlyMap<string, readonly string[]>, name: string): string | undefined =>
  found.get(name)?.[0]

/** A list in a value. */
export const listOf = (value: string): string[] => value.split(/[\s,]+/).filter((word) => word !== '')

/** `maxbuf`: bytes a side takes in one packet. */
export function maxBufferOf(value: string | undefined): number {
  if (value === undefined) return 65536
  const size = /^[0-9]{1,8}$/.test(value) ? Number(value) : 0
  if (size <= 16 || size > 16_777_215) throw malformed('the DIGEST-MD5 maxbuf is not 17 to 16777215')
  return size
}
