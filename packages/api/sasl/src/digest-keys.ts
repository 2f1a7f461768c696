// SPDX-License-Identifier: LGPL-2.1-or-later
// The arithmetic of RFC 2831.
import { createHash } from 'node:crypto'

/** What a server keeps of a password for DIGEST-MD5: 16 bytes. It is as good as the password for this mechanism. */
export function digestSecret(user: string, realm: string, password: string): Buffer {
  const parts = [user, realm, password].map(narrow)
  const colon = Buffer.from(':')
  return md5(parts[0] as Buffer, colon, parts[1] as Buffer, colon, parts[2] as Buffer)
}

/** Text is hashed as ISO 8859-1 where it can be written so. */
const narrow = (text: string): Buffer => Buffer.from(text, /^[\0-\xff]*$/.test(text) ? 'latin1' : 'utf8')

const md5 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** What both sides know before the password is proved. */
export interface DigestTerms {
  readonly nonce: string
  readonly cnonce: string
  /** The count as it was sent: eight hexadecimal digits. */
  readonly count: string
  readonly qop: string
  readonly uri: string
  readonly actAs: string | undefined
}

/** H(A1): the secret of this session. */
export const sessionSecret = (secret: Buffer, { nonce, cnonce, actAs }: DigestTerms): Buffer =>
  md5(secret, `:${nonce}:${cnonce}${actAs === undefined ? '' : `:${actAs}`}`)

/**
 * The proof of the client (`AUTHENTICATE`), or that of the server (empty).
 * @returns 32 hexadecimal digits
 */
export function proof(session: Buffer, { nonce, count, cnonce, qop, uri }: DigestTerms, verb: string): string {
  const tail = qop === 'auth' ? '' : `:${'0'.repeat(32)}`
  const a2 = md5(`${verb}:${uri}${tail}`).toString('hex')
  return md5(`${session.toString('hex')}:${nonce}:${count}:${cnonce}:${qop}:${a2}`).toString('hex')
}
