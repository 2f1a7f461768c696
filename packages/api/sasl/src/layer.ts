// SPDX-License-Identifier: LGPL-2.1-or-later
// What a mechanism may leave behind: a layer that protects the bytes that follow.
import { SaslError } from './error.js'

/** Seals and opens single packets. Stateful: each packet once, in order. */
export interface PacketCipher {
  /** What one packet may carry, bytes. */
  readonly maxPlain: number
  /** What a sealed packet may be long, bytes, its length not counted. */
  readonly maxSealed: number
  seal(plain: Uint8Array): Buffer
  /** @throws SaslError `bad-mac` */
  open(sealed: Uint8Array): Buffer
}

/** A protected byte stream: `sasl_encode` and `sasl_decode`. */
export class SaslLayer {
  /** Strength in bits. */
  readonly ssf: number
  readonly #cipher: PacketCipher
  #length = Buffer.alloc(4)
  #lengthHas = 0
  #body: Buffer | undefined
  #bodyHas = 0
  #broken = false

  constructor(ssf: number, cipher: PacketCipher) {
    this.ssf = ssf
    this.#cipher = cipher
  }

  /** Protects bytes of any number. */
  encode(data: Uint8Array): Buffer {
    const parts: Buffer[] = []
    for (let at = 0; at < data.length; at += this.#cipher.maxPlain) {
      const sealed = this.#cipher.seal(data.subarray(at, at + this.#cipher.maxPlain))
      const length = Buffer.alloc(4)
      length.writeUInt32BE(sealed.length)
      parts.push(length, sealed)
    }
    return Buffer.concat(parts)
  }

  /**
   * Opens what has come, however it was cut; a packet that is not whole yet waits.
   * @throws SaslError for what was changed on the way or is too large; the layer is of no use any more then
   */
  decode(chunk: Uint8Array): Buffer {
    if (this.#broken) throw new SaslError('bad-mac', 'the security layer is broken')
    const out: Buffer[] = []
    try {
      let rest = chunk
      while (rest.length > 0) {
        rest = rest.subarray(this.#body === undefined ? this.#takeLength(rest) : this.#takeBody(rest, this.#body))
        if (this.#body !== undefined && this.#bodyHas === this.#body.length) {
          out.push(this.#cipher.open(this.#body))
          this.#body = undefined
        }
      }
    } catch (error) {
      this.#broken = true
      throw error
    }
    return out.length === 1 ? (out[0] as Buffer) : Buffer.concat(out)
  }

  #takeLength(from: Uint8Array): number {
    const n = Math.min(4 - this.#lengthHas, from.length)
    this.#length.set(from.subarray(0, n), this.#lengthHas)
    this.#lengthHas += n
    if (this.#lengthHas === 4) {
      this.#lengthHas = 0
      const size = this.#length.readUInt32BE()
      if (size > this.#cipher.maxSealed)
        throw new SaslError('fail', `encoded packet size too big (${size} > ${this.#cipher.maxSealed})`)
      this.#body = Buffer.alloc(size)
      this.#bodyHas = 0
    }
    return n
  }

  #takeBody(from: Uint8Array, body: Buffer): number {
    const n = Math.min(body.length - this.#bodyHas, from.length)
    body.set(from.subarray(0, n), this.#bodyHas)
    this.#bodyHas += n
    return n
  }
}
