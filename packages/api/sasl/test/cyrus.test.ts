// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  clientProperties,
  makeUser,
  SaslClient,
  type SaslLayer,
  SaslServer,
  type SecurityProperties,
  serverProperties,
} from '../src/index.js'
import { Cyrus, type CyrusAnswer, cyrusIsThere } from './cyrus.js'

const host = 'host.example'
const folder = mkdtempSync(join(tmpdir(), 'virt-cyrus-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ask = (user: string, password: string) => (questions: readonly { type: string }[]) =>
  questions.map(({ type }) => ({ authname: user, passphrase: password })[type])

const right = (answer: CyrusAnswer): CyrusAnswer => {
  if (answer.error !== undefined) throw new Error(answer.error)
  return answer
}

/** Our client at their server. */
async function asClient(mechanism: string, properties: SecurityProperties, password: string, theirs = 'pencil') {
  const cyrus = await Cyrus.start('server', host, mechanism, properties, 'fred', theirs, join(folder, 'sasldb'))
  const client = new SaslClient({ service: 'libvirt', host, properties, ask: ask('fred', password) })
  try {
    const list = right(await cyrus.run('list')).data?.toString() ?? ''
    const first = await client.start(list)
    let answer = right(await cyrus.run('server-start', first.data, { mechanism: first.mechanism }))
    while (!(answer.complete && client.complete)) {
      const move = await client.step(answer.data)
      if (answer.complete) continue
      answer = right(await cyrus.run('server-step', move.data))
    }
    return { cyrus, layer: client.layer, mechanism: first.mechanism, [Symbol.dispose]: () => cyrus[Symbol.dispose]() }
  } catch (error) {
    cyrus[Symbol.dispose]()
    throw error
  }
}

/** Their client at our server. */
async function asServer(mechanisms: string, properties: SecurityProperties, password: string) {
  const cyrus = await Cyrus.start('client', host, mechanisms, properties, 'fred', password)
  const fred = await makeUser('fred', host, 'pencil')
  const server = new SaslServer({
    service: 'libvirt',
    realm: host,
    properties: { ...serverProperties(properties.plaintext), ...properties },
    mechanisms: mechanisms.split(' '),
    users: { find: async (user, realm) => (user === 'fred' && realm === host ? fred : undefined) },
  })
  try {
    let move = right(await cyrus.run('client-start', undefined, { mechanisms: server.mechanisms() }))
    const mechanism = move.mechanism as string
    let answer = await server.start(mechanism, move.data)
    while (!(answer.complete && move.complete)) {
      move = right(await cyrus.run('client-step', answer.data))
      if (!answer.complete) answer = await server.step(move.data)
    }
    return { cyrus, server, layer: server.layer, mechanism, [Symbol.dispose]: () => cyrus[Symbol.dispose]() }
  } catch (error) {
    cyrus[Symbol.dispose]()
    throw error
  }
}

/** Bytes of many sizes, both ways, through the layer. */
async function talk(cyrus: Cyrus, layer: SaslLayer): Promise<void> {
  for (let size = 1; size < 20_000; size = size * 3 + 1) {
    const text = Buffer.alloc(size, `${size} bytes. `)
    // They take a packet's worth at a time.
    for (let at = 0; at < size; at += 4000) {
      const part = text.subarray(at, at + 4000)
      expect(right(await cyrus.run('decode', layer.encode(part))).data).toEqual(part)
      expect(layer.decode(right(await cyrus.run('encode', part)).data as Buffer)).toEqual(part)
    }
  }
}

const secure = clientProperties(true)
const mechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'DIGEST-MD5', 'PLAIN']
/** Ciphers by what alone suits them. Debian's Cyrus offers 3DES but cannot begin it (OpenSSL 3). */
const strengths: [string, number][] = [
  ['rc4', 128],
  ['rc4-56', 56],
  ['des', 55],
  ['rc4-40', 40],
  ['integrity alone', 1],
]
const exactly = (ssf: number): SecurityProperties => ({ minSsf: ssf, maxSsf: ssf, maxBuffer: 8192, plaintext: false })

if (!cyrusIsThere) console.warn('skipped: there is no libsasl2.so.2, or no python3')

describe.skipIf(!cyrusIsThere)('with Cyrus SASL', () => {
  it.each(mechanisms)('our client comes into their server by %s, and only with the password', async (mechanism) => {
    using result = await asClient(mechanism, secure, 'pencil')
    expect(result.mechanism).toBe(mechanism)
    expect((await result.cyrus.run('facts')).user).toBe('fred')
    await expect(asClient(mechanism, secure, 'wrong')).rejects.toThrow(/SASL\(-13\)/)
  })

  it.each(mechanisms)('their client comes into our server by %s, and only with the password', async (mechanism) => {
    using result = await asServer(mechanism, secure, 'pencil')
    expect(result.mechanism).toBe(mechanism)
    expect(result.server.user).toBe('fred')
    await expect(asServer(mechanism, secure, 'wrong')).rejects.toThrow('wrong user or password')
  })

  it('we choose what they choose', async () => {
    for (const list of [
      mechanisms.join(' '),
      'DIGEST-MD5 PLAIN',
      'PLAIN SCRAM-SHA-1 DIGEST-MD5',
      'PLAIN SCRAM-SHA-256 SCRAM-SHA-1',
    ]) {
      using theirs = await asServer(list, secure, 'pencil')
      using ours = await asClient(list, secure, 'pencil')
      expect(ours.mechanism).toBe(theirs.mechanism)
    }
    using theirs = await asServer(mechanisms.join(' '), clientProperties(false), 'pencil')
    using ours = await asClient(mechanisms.join(' '), clientProperties(false), 'pencil')
    expect([ours.mechanism, theirs.mechanism]).toEqual(['DIGEST-MD5', 'DIGEST-MD5'])
  })

  it.each(strengths)('our client and their server understand each other with %s', async (_, ssf) => {
    using result = await asClient('DIGEST-MD5', exactly(ssf), 'pencil')
    expect([result.layer?.ssf, (await result.cyrus.run('facts')).ssf]).toEqual([ssf, ssf])
    await talk(result.cyrus, result.layer as SaslLayer)
  })

  it.each(strengths)('their client and our server understand each other with %s', async (_, ssf) => {
    using result = await asServer('DIGEST-MD5', exactly(ssf), 'pencil')
    expect([result.layer?.ssf, (await result.cyrus.run('facts')).ssf]).toEqual([ssf, ssf])
    await talk(result.cyrus, result.layer as SaslLayer)
  })

  it('names and passwords of other letters mean the same to both', async () => {
    for (const mechanism of mechanisms) {
      using result = await asClient(mechanism, secure, 'pässwörd €', 'pässwörd €')
      expect(result.mechanism).toBe(mechanism)
    }
  })
})
