// SPDX-License-Identifier: LGPL-2.1-or-later
import { expect, it } from 'vitest'
import { DigestClient } from '../src/digest-client.js'
import { digestSecret } from '../src/digest-keys.js'
import { DigestServer } from '../src/digest-server.js'
import { rc4 } from '../src/rc4.js'
import { ScramClient } from '../src/scram-client.js'
import { keysOf, type ScramName, saltedPassword, scramHashes } from '../src/scram-keys.js'
import { ScramServer } from '../src/scram-server.js'

const text = (data: Uint8Array | undefined): string | undefined =>
  data === undefined ? undefined : Buffer.from(data).toString()

const scramVectors: [string, ScramName, Record<'client' | 'server' | 'salt' | 'proof' | 'signature', string>][] = [
  [
    'RFC 5802, section 5',
    'SCRAM-SHA-1',
    {
      client: 'fyko+d2lbbFgONRv9qkxdawL',
      server: '3rfcNHYJY1ZVvWVs7j',
      salt: 'QSXCR+Q6sek8bf92',
      proof: 'v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
      signature: 'rmF9pqV8S7suAoZWja4dJRkFsKQ=',
    },
  ],
  [
    'RFC 7677, section 3',
    'SCRAM-SHA-256',
    {
      client: 'rOprNGfwEbeRWgbNEkqO',
      server: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
      salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
      proof: 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
      signature: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    },
  ],
]

it.each(scramVectors)('%s: both sides say what is written there', async (_, name, vector) => {
  const kind = scramHashes[name]
  const salt = Buffer.from(vector.salt, 'base64')
  const client = new ScramClient(kind, { user: 'user', password: 'pencil', nonce: vector.client })
  const keys = { iterations: 4096, salt, ...keysOf(kind, await saltedPassword(kind, 'pencil', salt, 4096)) }
  const server = new ScramServer(kind, {
    nonce: vector.server,
    lookup: async (user) => ({ keys, user: `${user}@somewhere`, real: user === 'user' }),
  })
  const first = await client.start()
  expect(text(first.data)).toBe(`n,,n=user,r=${vector.client}`)
  const challenge = await server.step(first.data)
  expect(text(challenge.data)).toBe(`r=${vector.client}${vector.server},s=${vector.salt},i=4096`)
  const final = await client.step(challenge.data as Buffer)
  expect(text(final.data)).toBe(`c=biws,r=${vector.client}${vector.server},p=${vector.proof}`)
  const answer = await server.step(final.data)
  expect(text(answer.data)).toBe(`v=${vector.signature}`)
  expect(answer.complete).toBe(true)
  expect(await client.step(answer.data as Buffer)).toEqual({ data: undefined, complete: true })
  expect(server.user).toBe('user@somewhere')
})

const realm = 'elwood.innosoft.com'
const plain = { minSsf: 0, maxSsf: 0, maxBuffer: 8192, plaintext: false }

it.each([
  ['imap', 'OA6MG9tEQGm2hh', 'OA6MHXh6VqTrRk', 'd388dad90d4bbd760a152321f2143af7', 'ea40f60335c427b5527b84dbabcdfffd'],
  ['acap', 'OA9BSXrbuRhWay', 'OA9BSuZWMSpW8m', '6084c6db3fede7352c551284490fd0fc', '2f0b3d7c3c2e486600ef710726aa2eae'],
])(
  'RFC 2831, section 4, %s: both sides prove what is written there',
  async (service, nonce, cnonce, response, answer) => {
    const client = new DigestClient({
      uri: `${service}/${realm}`,
      properties: plain,
      nonce: cnonce,
      ask: async (realms) => ({ user: 'chris', password: 'secret', realm: realms[0] as string }),
    })
    const challenge = `realm="${realm}",nonce="${nonce}",qop="auth",algorithm=md5-sess,charset=utf-8`
    const said = await client.step(Buffer.from(challenge))
    expect(text(said.data)).toContain(`,response=${response},`)
    const server = new DigestServer({
      service,
      realm,
      properties: plain,
      nonce,
      lookup: async (user, at) => ({ secret: digestSecret(user, at, 'secret'), user, real: true }),
    })
    await server.step(undefined)
    const proved = await server.step(said.data)
    expect(text(proved.data)).toBe(`rspauth=${answer}`)
    expect(await client.step(proved.data as Buffer)).toEqual({ data: undefined, complete: true })
  },
)

it.each([
  ['Key', 'Plaintext', 'bbf316e8d940af0ad3'],
  ['Wiki', 'pedia', '1021bf0420'],
  ['Secret', 'Attack at dawn', '45a01f645fc35b383552544b9bf5'],
])('RC4 with the key %s gives the known bytes, in one piece and byte by byte', (key, plaintext, sealed) => {
  expect(rc4(Buffer.from(key))(Buffer.from(plaintext)).toString('hex')).toBe(sealed)
  const pieces = rc4(Buffer.from(key))
  expect([...Buffer.from(plaintext)].map((byte) => pieces(Buffer.of(byte)).toString('hex')).join('')).toBe(sealed)
})
