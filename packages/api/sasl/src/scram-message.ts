// SPDX-License-Identifier: LGPL-2.1-or-later
// The messages of RFC 5802: attributes of one letter, in a fixed order.
import { malformed } from './error.js'

/** A name in a message: `,` and `=` are written out. */
export const escaped = (name: string): string => name.replaceAll('=', '=3D').replaceAll(',', '=2C')

/** The name again. @throws SaslError for a `=` that writes out nothing */
export function unescaped(text: string): string {
  if (/=(?!2C|3D)/.test(text)) throw malformed('a SCRAM name holds a lone =')
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

/** Attributes by letter. What must be there is checked by who reads them, order included. */
export function attributes(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const part of text.split(',')) {
    if (!/^[A-Za-z]=/.test(part)) throw malformed('a SCRAM attribute is malformed')
    const letter = part[0] as string
    if (found.has(letter)) throw malformed(`the SCRAM attribute ${letter} is there twice`)
    found.set(letter, part.slice(2))
  }
  if (found.has('m')) throw malformed('a SCRAM extension is demanded that is not known')
  return found
}

/** Refuses attributes in another order, or other ones, than the grammar has; after them extensions may follow. */
export function inOrder(found: ReadonlyMap<string, string>, letters: string): string[] {
  const have = [...found.keys()].slice(0, letters.length).join('')
  if (have !== letters) throw malformed(`the SCRAM message has not the attributes ${[...letters].join(', ')}`)
  return [...letters].map((letter) => found.get(letter) as string)
}

/** Base64 as it has to be written. */
export function unbase64(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text || bytes.length === 0) throw malformed(`${what} is not Base64`)
  return bytes
}

/** Whether text is a nonce: printable, without a comma. */
export const isNonce = (text: string): boolean => /^[\x21-\x2b\x2d-\x7e]{1,1024}$/.test(text)
