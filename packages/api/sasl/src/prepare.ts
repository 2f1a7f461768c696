// SPDX-License-Identifier: LGPL-2.1-or-later
// Names and passwords as RFC 4013 wants them compared, and bytes that claim to be text.
import { saslprep } from '@mongodb-js/saslprep'
import { malformed } from './error.js'
import { maxName } from './mechanism.js'

/** A name or password, prepared. @throws SaslError when it holds what must not be in one */
export function prepared(text: string): string {
  try {
    return saslprep(text)
  } catch {
    throw malformed('a name or password holds characters that are not allowed')
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes as UTF-8. @throws SaslError when they are not */
export function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw malformed('the message is not UTF-8')
  }
}

/** Refuses what no name or password is. */
export function checkName(text: string, what: string): string {
  if (Buffer.byteLength(text) > maxName) throw malformed(`${what} is too long`)
  if (text.includes('\0')) throw malformed(`${what} holds a NUL`)
  return text
}
