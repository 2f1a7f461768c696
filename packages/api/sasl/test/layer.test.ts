// SPDX-License-Identifier: LGPL-2.1-or-later
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestCiphers, digestLayer } from '../src/digest-layer.js'

const secret = Buffer.from('0123456789abcdef0123456789abcdef', 'hex')
const kinds = [undefined, ...Object.keys(digestCiphers)]

describe.each(kinds)('the layer with cipher %s', (cipher) => {
  const pair = (clientTakes = 8192, serverTakes = 8192) => ({
    client: digestLayer(secret, 'client', cipher, clientTakes, serverTakes),
    server: digestLayer(secret, 'server', cipher, serverTakes, clientTakes),
  })

  it('carries any bytes both ways, cut anywhere', () => {
    const writes = fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 700 }), fc.nat(900)), { maxLength: 20 })
    fc.assert(
      fc.property(writes, fc.integer({ min: 64, max: 400 }), (moves, takes) => {
        const { client, server } = pair(takes, 8192)
        for (const [up, plain, cut] of moves) {
          const [from, to] = up ? [client, server] : [server, client]
          const sealed = from.encode(plain)
          const opened = Buffer.concat([to.decode(sealed.subarray(0, cut)), to.decode(sealed.subarray(cut))])
          expect(opened.equals(plain)).toBe(true)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('opens what comes byte by byte as soon as a packet is whole', () => {
    const { client, server } = pair()
    const plain = randomBytes(100)
    const sealed = client.encode(plain)
    const opened = [...sealed].map((byte) => server.decode(Buffer.of(byte)))
    expect(opened.slice(0, -1).every((piece) => piece.length === 0)).toBe(true)
    expect(opened.at(-1)?.equals(plain)).toBe(true)
  })

  it('makes no packet larger than the other side takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 64, max: 1000 }), fc.integer({ min: 0, max: 3000 }), (takes, size) => {
        const sealed = pair(8192, takes).client.encode(Buffer.alloc(size))
        for (let at = 0; at < sealed.length; at += 4 + sealed.readUInt32BE(at))
          expect(sealed.readUInt32BE(at) + 4).toBeLessThanOrEqual(takes)
      }),
    )
  })

  it('refuses a packet with any bit changed, and everything after it', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (where, flip) => {
        const { client, server } = pair()
        const sealed = client.encode(Buffer.from('some text that matters'))
        const at = 4 + (where % (sealed.length - 4))
        sealed[at] = (sealed[at] as number) ^ flip
        expect(() => server.decode(sealed)).toThrow('a packet was changed on the way')
        expect(() => server.decode(client.encode(Buffer.from('more')))).toThrow('the security layer is broken')
      }),
    )
  })

  it('refuses packets that come again, out of order, or back to their sender', () => {
    const first = pair()
    const one = first.client.encode(Buffer.from('one'))
    first.server.decode(one)
    expect(() => first.server.decode(one)).toThrow('changed')
    const second = pair()
    second.client.encode(Buffer.from('one'))
    expect(() => second.server.decode(second.client.encode(Buffer.from('two')))).toThrow('changed')
    const third = pair()
    expect(() => third.client.decode(third.client.encode(Buffer.from('one')))).toThrow('changed')
  })

  it('refuses a length beyond the agreed one before it takes memory', () => {
    const { server } = pair()
    expect(() => server.decode(Buffer.from([0xff, 0xff, 0xff, 0xff]))).toThrow(
      'encoded packet size too big (4294967295 > 8192)',
    )
  })

  it('refuses any bytes that no one sealed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const { server } = pair()
        const length = Buffer.alloc(4)
        length.writeUInt32BE(bytes.length)
        expect(() => server.decode(Buffer.concat([length, bytes]))).toThrow(/changed/)
      }),
    )
  })
})
