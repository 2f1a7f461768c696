// SPDX-License-Identifier: LGPL-2.1-or-later
// The arithmetic of RFC 5802, for any hash.
import { createHash, createHmac, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { prepared } from './prepare.js'

/** What a server keeps of a password for SCRAM: enough to check it, not enough to use it. */
export interface ScramKeys {
  readonly iterations: number
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** A SCRAM mechanism. */
export type ScramName = 'SCRAM-SHA-256' | 'SCRAM-SHA-1'

/** A hash SCRAM is used with. */
export interface ScramHash {
  /** As `node:crypto` calls it. */
  readonly digest: 'sha1' | 'sha256'
  /** Bytes of it. */
  readonly size: number
}

/** The mechanisms, by name. */
export const scramHashes: Readonly<Record<ScramName, ScramHash>> = {
  'SCRAM-SHA-256': { digest: 'sha256', size: 32 },
  'SCRAM-SHA-1': { digest: 'sha1', size: 20 },
}

/** Rounds for new users. */
export const iterationsDefault = 15_000
/** RFC 7677 allows no fewer. */
export const iterationsMin = 4096
/** A server cannot keep us busy for longer than this. */
export const iterationsMax = 1_000_000

const derive = promisify(pbkdf2)

/** The rounds; off the main thread. */
export const saltedPassword = (
  { digest, size }: ScramHash,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<Buffer> => derive(prepared(password), salt, iterations, size, digest)

export const hmac = ({ digest }: ScramHash, key: Uint8Array, text: string | Uint8Array): Buffer =>
  createHmac(digest, key).update(text).digest()

export const hash = ({ digest }: ScramHash, data: Uint8Array): Buffer => createHash(digest).update(data).digest()

/** What to keep of a salted password. */
export function keysOf(kind: ScramHash, salted: Uint8Array): { storedKey: Buffer; serverKey: Buffer } {
  return { storedKey: hash(kind, hmac(kind, salted, 'Client Key')), serverKey: hmac(kind, salted, 'Server Key') }
}

export function xor(a: Uint8Array, b: Uint8Array): Buffer {
  const out = Buffer.from(a)
  for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) ^ (b[i] as number)
  return out
}
