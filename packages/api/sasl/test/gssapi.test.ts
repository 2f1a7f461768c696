// SPDX-License-Identifier: LGPL-2.1-or-later
// GSSAPI without any Kerberos: contexts that only tell what they were asked for.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GssClient, GssServer, systemProvider } from '../src/gssapi.js'
import {
  clientProperties,
  type GssContext,
  SaslError,
  SaslServer,
  type SecurityProperties,
  serverProperties,
} from '../src/index.js'

interface Fake {
  /** Tokens each end says before it stands; who begins then has one more turn, and nothing to say. */
  readonly tokens?: number
  readonly begins?: boolean
  readonly peer?: string
  /** Bits of what is secret; without, nothing is protected. */
  readonly bits?: number
}

const letter = (secret: boolean): number => (secret ? 0x53 : 0x49)
const sealed = (plain: Uint8Array, secret: boolean): Buffer => Buffer.from([letter(secret), ...plain])
function opened(packet: Uint8Array, secret: boolean): Buffer {
  if (packet[0] !== letter(secret)) throw new SaslError('bad-mac', 'that was not sealed so')
  return Buffer.from(packet.subarray(1))
}

/** One end of a context: so many tokens, then a letter in front of each packet. */
function fake({ tokens = 1, begins = false, peer = 'fred', bits = 256 }: Fake = {}): GssContext {
  let left = begins ? tokens + 1 : tokens
  return {
    async step() {
      left--
      return { token: Buffer.from(begins && left <= 0 ? '' : `token ${left}`), complete: left <= 0 }
    },
    wrap: async (plain) => sealed(plain, false),
    unwrap: async (packet) => opened(packet, false),
    peer,
    ...(bits > 0 && { packets: { wrap: sealed, unwrap: opened, room: (size) => size - 1, bits } }),
  }
}

interface Ends {
  readonly client?: Fake
  readonly server?: Fake
  readonly wants?: Partial<SecurityProperties>
  readonly gives?: Partial<SecurityProperties>
  /** Changes what the client says last. */
  readonly tamper?: (answer: Buffer) => Buffer
}

async function negotiate(secure: boolean, ends: Ends = {}) {
  const client = new GssClient(fake({ begins: true, ...ends.client }), { ...clientProperties(secure), ...ends.wants })
  const server = new GssServer(fake(ends.server), { ...serverProperties(secure), ...ends.gives })
  let said = await client.start()
  for (;;) {
    const last = said.complete
    const data = last && ends.tamper !== undefined ? ends.tamper(said.data as Buffer) : said.data
    const answer = await server.step(data)
    if (answer.complete) return { client, server }
    said = await client.step(answer.data as Buffer)
  }
}

describe('GSSAPI', () => {
  it.each([
    { what: 'nothing where the transport protects', secure: true, ends: {}, ssf: undefined },
    { what: 'secrecy elsewhere', secure: false, ends: {}, ssf: 256 },
    {
      what: 'secrecy after many tokens',
      secure: false,
      ends: { client: { tokens: 3 }, server: { tokens: 3 } },
      ssf: 256,
    },
    {
      what: 'integrity where that is enough and no more is allowed',
      secure: false,
      ends: { wants: { minSsf: 0 }, gives: { minSsf: 1, maxSsf: 1 } },
      ssf: 1,
    },
    {
      what: 'nothing where nothing is needed',
      secure: false,
      ends: { wants: { minSsf: 0 }, gives: { minSsf: 0, maxSsf: 0 } },
      ssf: undefined,
    },
  ])('agrees on $what', async ({ secure, ends, ssf }) => {
    const { client, server } = await negotiate(secure, ends)
    expect([server.user, client.layer?.ssf, server.layer?.ssf]).toEqual(['fred', ssf, ssf])
    if (client.layer === undefined || server.layer === undefined) return
    const text = Buffer.from('x'.repeat(20_000))
    expect(server.layer.decode(client.layer.encode(text))).toEqual(text)
    expect(client.layer.decode(server.layer.encode(text))).toEqual(text)
  })

  it.each([
    { what: 'a cipher that is too weak for the daemon', ends: { server: { bits: 56 } } },
    { what: 'a cipher that is too weak for the client', ends: { client: { bits: 40 } } },
    { what: 'a daemon that cannot protect', ends: { server: { bits: 0 } } },
    { what: 'a client that cannot protect', ends: { client: { bits: 0 } } },
  ])('is refused over TCP with $what', async ({ ends }) => {
    await expect(negotiate(false, ends)).rejects.toMatchObject({ failure: 'too-weak' })
  })

  it('lets nobody act as somebody else', async () => {
    const as = (name: string) => (answer: Buffer) => Buffer.concat([answer, Buffer.from(name)])
    expect((await negotiate(true, { tamper: as('fred') })).server.user).toBe('fred')
    await expect(negotiate(true, { tamper: as('root') })).rejects.toMatchObject({ failure: 'no-authorization' })
  })

  it('takes no protection that was not offered', async () => {
    const choose = (kind: number) => (answer: Buffer) => Buffer.from([answer[0] as number, kind, ...answer.subarray(2)])
    for (const kind of [0, 1, 2, 3, 6, 255])
      await expect(
        negotiate(false, { tamper: choose(kind), wants: { minSsf: 0 }, gives: { minSsf: 256 } }),
      ).rejects.toBeInstanceOf(SaslError)
  })

  it('settles, whatever the other end says', async () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(messages, fc.boolean(), fc.integer({ min: 1, max: 3 }), async (all, secure, tokens) => {
        const client = new GssClient(fake({ tokens, begins: true }), clientProperties(secure))
        const server = new GssServer(fake({ tokens }), serverProperties(secure))
        await client.start()
        for (const end of [client, server])
          try {
            for (const message of all) await end.step(message)
          } catch (error) {
            expect(error).toBeInstanceOf(SaslError)
          }
        // Whoever has not answered the offer has not come in.
        if (all.length <= tokens) expect(server.user).toBeUndefined()
      }),
    )
  })

  it('fails in the words of the library, and is over then', async () => {
    const words = 'GSSAPI Error: Unspecified GSS failure. (Wrong principal in request)'
    const gss = systemProvider({
      isThere: () => true,
      initiate: () => ({
        step: () => Promise.reject(new Error(words)),
        wrap() {
          throw new Error(words)
        },
        unwrap() {
          throw new Error(words)
        },
        room: () => 0,
        bits: 256,
        peer: undefined,
      }),
      accept() {
        throw new Error(words)
      },
    })
    const context = await gss.initiate('libvirt@host')
    for (const run of [
      () => context.step(undefined),
      () => context.wrap(Buffer.of(1)),
      () => context.unwrap(Buffer.of(1)),
    ])
      await expect(run()).rejects.toMatchObject({ failure: 'fail', message: expect.stringContaining(words) })
    const server = new SaslServer({
      service: 'libvirt',
      realm: 'host',
      properties: serverProperties(false),
      users: { find: async () => undefined },
      gss,
    })
    expect(server.mechanisms()).toContain('GSSAPI')
    await expect(server.start('GSSAPI', Buffer.of(1))).rejects.toThrow(words)
    await expect(server.step(Buffer.of(1))).rejects.toBeInstanceOf(SaslError)
  })
})
