// SPDX-License-Identifier: LGPL-2.1-or-later
// RC4, which today's OpenSSL has no more but DIGEST-MD5 still asks for.

/** A key stream. Each call goes on where the last one ended. */
export function rc4(key: Uint8Array): (data: Uint8Array) => Buffer {
  const s = Uint8Array.from({ length: 256 }, (_, n) => n)
  const swap = (a: number, b: number): void => {
    const was = s[a] as number
    s[a] = s[b] as number
    s[b] = was
  }
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + (s[i] as number) + (key[i % key.length] as number)) & 255
    swap(i, j)
  }
  let i = 0
  let j = 0
  return (data) => {
    const out = Buffer.allocUnsafe(data.length)
    for (let n = 0; n < data.length; n++) {
      i = (i + 1) & 255
      j = (j + (s[i] as number)) & 255
      swap(i, j)
      out[n] = (data[n] as number) ^ (s[((s[i] as number) + (s[j] as number)) & 255] as number)
    }
    return out
  }
}
