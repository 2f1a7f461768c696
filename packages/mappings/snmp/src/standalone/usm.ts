// SPDX-License-Identifier: LGPL-2.1-or-later
// The user-based security model: keys, digests, encryption. RFC 3414, 3826, 7860.
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Ways to authenticate, and how many bytes of the digest are sent. */
const authProtocols = {
  MD5: { hash: 'md5', sent: 12 },
  SHA: { hash: 'sha1', sent: 12 },
  'SHA-224': { hash: 'sha224', sent: 16 },
  'SHA-256': { hash: 'sha256', sent: 24 },
  'SHA-384': { hash: 'sha384', sent: 32 },
  'SHA-512': { hash: 'sha512', sent: 48 },
} as const
/** Ways to encrypt, and how many bytes their key has. Node has no DES. */
const privProtocols = {
  AES: { cipher: 'aes-128-cfb', key: 16 },
  'AES-192': { cipher: 'aes-192-cfb', key: 24 },
  'AES-256': { cipher: 'aes-256-cfb', key: 32 },
} as const

/** Names of the ways to authenticate, as net-snmp has them. */
export type AuthProtocol = keyof typeof authProtocols
/** Names of the ways to encrypt. */
export type PrivProtocol = keyof typeof privProtocols

/** Whether a name is one of them. */
export const isAuthProtocol = (name: string): name is AuthProtocol => name in authProtocols
export const isPrivProtocol = (name: string): name is PrivProtocol => name in privProtocols

/** A user, with what he knows. */
export interface UsmUser {
  readonly name: string
  readonly auth?: { readonly protocol: AuthProtocol; readonly passphrase: string } | undefined
  readonly priv?: { readonly protocol: PrivProtocol; readonly passphrase: string } | undefined
  /** Whether he may set. */
  readonly write?: boolean
}

/** Keys of a user for one engine. */
export class UserKeys {
  readonly user: UsmUser
  readonly #auth: { hash: string; sent: number; key: Buffer } | undefined
  readonly #priv: { cipher: string; key: Buffer } | undefined

  constructor(user: UsmUser, engineId: Uint8Array) {
    this.user = user
    if (user.auth === undefined) return
    const { hash, sent } = authProtocols[user.auth.protocol]
    this.#auth = { hash, sent, key: localKey(hash, user.auth.passphrase, engineId) }
    if (user.priv === undefined) return
    const { cipher, key: size } = privProtocols[user.priv.protocol]
    let key = localKey(hash, user.priv.passphrase, engineId)
    // A key that is too short goes on with its own hash.
    while (key.length < size) key = Buffer.concat([key, createHash(hash).update(key).digest()])
    this.#priv = { cipher, key: key.subarray(0, size) }
  }

  /** Highest level that he has keys for: nothing, auth, auth and priv. */
  get level(): 0 | 1 | 3 {
    return this.#auth === undefined ? 0 : this.#priv === undefined ? 1 : 3
  }

  /** Bytes that his digest takes in a message. */
  get digestSize(): number {
    return this.#auth?.sent ?? 0
  }

  /** Writes the digest of a message into its place. */
  sign(message: Buffer, at: number): void {
    this.#digest(message, at)?.copy(message, at)
  }

  /** Whether the digest of a message is right. */
  verify(message: Buffer, at: number, digest: Uint8Array): boolean {
    const right = this.#digest(message, at)
    return right !== undefined && right.length === digest.length && timingSafeEqual(right, digest)
  }

  #digest(message: Buffer, at: number): Buffer | undefined {
    if (this.#auth === undefined) return undefined
    const { hash, sent, key } = this.#auth
    const blank = Buffer.from(message)
    blank.fill(0, at, at + sent)
    return createHmac(hash, key).update(blank).digest().subarray(0, sent)
  }

  encrypt(plain: Uint8Array, boots: number, time: number): { sealed: Buffer; salt: Buffer } {
    const { cipher, key } = this.#privacy()
    const salt = randomBytes(8)
    const seal = createCipheriv(cipher, key, vectorOf(boots, time, salt))
    return { sealed: Buffer.concat([seal.update(plain), seal.final()]), salt }
  }

  decrypt(sealed: Uint8Array, boots: number, time: number, salt: Uint8Array): Buffer {
    const { cipher, key } = this.#privacy()
    const open = createDecipheriv(cipher, key, vectorOf(boots, time, salt))
    return Buffer.concat([open.update(sealed), open.final()])
  }

  #privacy(): { cipher: string; key: Buffer } {
    if (this.#priv === undefined) throw new TypeError(`user ${this.user.name} has no key to encrypt with`)
    return this.#priv
  }
}

function vectorOf(boots: number, time: number, salt: Uint8Array): Buffer {
  const vector = Buffer.alloc(16)
  vector.writeUInt32BE(boots, 0)
  vector.writeUInt32BE(time, 4)
  vector.set(salt.subarray(0, 8), 8)
  return vector
}

/** RFC 3414, A.2: a megabyte of the passphrase, hashed, then bound to an engine. */
function localKey(hash: string, passphrase: string, engineId: Uint8Array): Buffer {
  const text = Buffer.from(passphrase)
  const size = 1024 * 1024
  const long = Buffer.alloc(size, text)
  const key = createHash(hash).update(long).digest()
  return createHash(hash).update(key).update(engineId).update(key).digest()
}
