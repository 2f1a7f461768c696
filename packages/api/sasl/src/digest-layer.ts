// SPDX-License-Identifier: LGPL-2.1-or-later
// The security layer of RFC 2831: integrity, or integrity and secrecy, by the keys both sides have of the exchange.
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import { same } from './compare.js'
import { SaslError } from './error.js'
import { type PacketCipher, SaslLayer } from './layer.js'
import { rc4 } from './rc4.js'

/** One direction of a cipher. State is carried from packet to packet. */
type Transform = (data: Uint8Array) => Buffer

interface CipherKind {
  /** Strength in bits, as other implementations count it. */
  readonly ssf: number
  /** Bytes of the session key that go into the cipher's key. */
  readonly keyBytes: number
  /** 1 for stream ciphers. */
  readonly block: number
  make(key: Buffer, seal: boolean): Transform
}

const stream = (ssf: number, keyBytes: number): CipherKind => ({ ssf, keyBytes, block: 1, make: (key) => rc4(key) })

const blocks = (ssf: number, keyOf: (key: Buffer) => Buffer): CipherKind => ({
  ssf,
  keyBytes: 16,
  block: 8,
  make(key, seal) {
    const make = seal ? createCipheriv : createDecipheriv
    const cipher = make('des-ede3-cbc', keyOf(key), key.subarray(8, 16)).setAutoPadding(false)
    return (data) => cipher.update(data)
  },
})

/** Ciphers, the strongest first. Single DES is triple DES with one key. */
export const digestCiphers: Readonly<Record<string, CipherKind>> = {
  rc4: stream(128, 16),
  '3des': blocks(112, (key) => Buffer.concat([desKey(key, 0), desKey(key, 7), desKey(key, 0)])),
  'rc4-56': stream(56, 7),
  des: blocks(55, (key) => Buffer.concat([desKey(key, 0), desKey(key, 0), desKey(key, 0)])),
  'rc4-40': stream(40, 5),
}

/** Seven bytes as eight with room for parity, which nobody looks at. */
function desKey(key: Buffer, at: number): Buffer {
  const bits = BigInt(`0x${key.subarray(at, at + 7).toString('hex')}`)
  return Buffer.from(Array.from({ length: 8 }, (_, n) => Number((bits >> BigInt(49 - 7 * n)) & 127n) << 1))
}

const md5 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

const version = Buffer.from([0, 1])
const macBytes = 10
/** MAC, version and number of a packet. */
const trailer = macBytes + 2 + 4

class Direction {
  readonly #key: Buffer
  readonly transform: Transform | undefined
  #sequence = 0

  constructor(secret: Buffer, from: 'client' | 'server', kind: CipherKind | undefined, seal: boolean) {
    const way = from === 'client' ? 'client-to-server' : 'server-to-client'
    this.#key = md5(secret, `Digest session key to ${way} signing key magic constant`)
    this.transform = kind?.make(
      md5(secret.subarray(0, kind.keyBytes), `Digest H(A1) to ${way} sealing key magic constant`).subarray(0, 16),
      seal,
    )
  }

  /** MAC and number of the next packet. */
  next(plain: Uint8Array): { mac: Buffer; number: Buffer } {
    const number = Buffer.alloc(4)
    number.writeUInt32BE(this.#sequence)
    this.#sequence = (this.#sequence + 1) >>> 0
    return { mac: createHmac('md5', this.#key).update(number).update(plain).digest().subarray(0, macBytes), number }
  }
}

const broken = (): SaslError => new SaslError('bad-mac', 'a packet was changed on the way')

/**
 * The layer that was agreed on.
 * @param secret H(A1), 16 bytes
 * @param side whose side this is
 * @param cipher a key of `digestCiphers`; absent for integrity alone
 * @param maxBuffer what we take in one packet, bytes
 * @param peerMaxBuffer what the other side takes
 */
export function digestLayer(
  secret: Buffer,
  side: 'client' | 'server',
  cipher: string | undefined,
  maxBuffer: number,
  peerMaxBuffer: number,
): SaslLayer {
  const kind = cipher === undefined ? undefined : digestCiphers[cipher]
  const sealing = new Direction(secret, side, kind, true)
  const opening = new Direction(secret, side === 'client' ? 'server' : 'client', kind, false)
  const block = kind?.block ?? 1
  const packets: PacketCipher = {
    // Room for the length, padding, and what follows the text.
    maxPlain: Math.max(1, peerMaxBuffer - 4 - trailer - block),
    maxSealed: maxBuffer,
    seal(plain) {
      const { mac, number } = sealing.next(plain)
      const padding = block === 1 ? 0 : block - ((plain.length + macBytes) % block)
      const body = Buffer.concat([plain, Buffer.alloc(padding, padding), mac])
      return Buffer.concat([sealing.transform?.(body) ?? body, version, number])
    },
    open(sealed) {
      const end = sealed.length - 6
      if (end < macBytes || end % block !== 0) throw broken()
      const body = opening.transform?.(sealed.subarray(0, end)) ?? Buffer.from(sealed.subarray(0, end))
      const padding = block === 1 ? 0 : (body[end - macBytes - 1] ?? 0)
      if (block !== 1 && (padding < 1 || padding > block || padding > end - macBytes)) throw broken()
      const plain = body.subarray(0, end - macBytes - padding)
      const { mac, number } = opening.next(plain)
      const right = same(
        Buffer.concat([mac, version, number]),
        Buffer.concat([body.subarray(end - macBytes), sealed.subarray(end)]),
      )
      if (!right) throw broken()
      return plain
    },
  }
  return new SaslLayer(kind?.ssf ?? 1, packets)
}
