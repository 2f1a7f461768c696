// SPDX-License-Identifier: LGPL-2.1-or-later
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  clientProperties,
  makeUser,
  SaslClient,
  type SaslClientOptions,
  SaslServer,
  type SaslServerOptions,
  type SaslUser,
  serverProperties,
} from '../src/index.js'
import type { ClientMove } from '../src/mechanism.js'

const realm = 'host.example'
const fred = await makeUser('fred', realm, 'pencil')
const odd = await makeUser('frë,d=x', realm, 'pässwörd, €')
const directory = (users: readonly SaslUser[]): SaslServerOptions['users'] => ({
  find: async (user, at) => users.find((u) => u.user === user && u.realm === at),
})

interface Setup {
  readonly secure?: boolean
  readonly user?: string
  readonly password?: string
  readonly server?: Partial<SaslServerOptions>
  readonly client?: Partial<SaslClientOptions>
}

/** A whole negotiation as the remote protocol carries it. */
async function negotiate({ secure = true, user = 'fred', password = 'pencil', ...more }: Setup) {
  const server = new SaslServer({
    service: 'libvirt',
    realm,
    properties: serverProperties(secure),
    users: directory([fred, odd]),
    ...more.server,
  })
  const client = new SaslClient({
    service: 'libvirt',
    host: realm,
    properties: clientProperties(secure),
    ask: async (questions) => questions.map(({ type }) => ({ authname: user, passphrase: password, realm })[type]),
    ...more.client,
  })
  const first = await client.start(server.mechanisms())
  const { mechanism } = first
  let move: ClientMove = first
  let answer = await server.start(mechanism, move.data)
  for (;;) {
    if (answer.data !== undefined || !client.complete) move = await client.step(answer.data)
    if (answer.complete && client.complete) return { client, server, mechanism }
    answer = await server.step(move.data)
  }
}

const every = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'DIGEST-MD5', 'PLAIN']

describe.each(every)('%s', (name) => {
  const server = { mechanisms: [name] }

  it('lets in who knows the password, and both are content', async () => {
    const result = await negotiate({ server })
    expect(result.mechanism).toBe(name)
    expect([result.client.complete, result.server.complete]).toEqual([true, true])
    expect(result.server.user).toBe('fred')
    expect([result.client.layer, result.server.layer]).toEqual([undefined, undefined])
  })

  it('takes names and passwords of any letters', async () => {
    const result = await negotiate({ server, user: 'frë,d=x', password: 'pässwörd, €' })
    expect(result.server.user).toBe('frë,d=x')
  })

  it('says the same of a wrong password and of a wrong user', async () => {
    const refusal = (setup: Setup): Promise<string> =>
      negotiate({ server, ...setup }).then(
        () => 'let in',
        (error: Error) => error.message,
      )
    const wrong = 'SASL(-13): authentication failure: wrong user or password'
    expect(await refusal({ password: 'pencils' })).toBe(wrong)
    expect(await refusal({ user: 'nobody' })).toBe(wrong)
    expect(await refusal({ server: { ...server, users: directory([{ user: 'fred', realm, scram: {} }]) } })).toBe(wrong)
  })

  it('shows nothing of whether there is such a user before the password is proved', async () => {
    const first = async (user: string): Promise<string[]> => {
      const firsts: string[] = []
      for (let i = 0; i < 2; i++) {
        const { data } = await new SaslServer({
          service: 'libvirt',
          realm,
          properties: serverProperties(true),
          users: directory([fred]),
        }).start(name, name.startsWith('SCRAM') ? Buffer.from(`n,,n=${user},r=abc`) : undefined)
        firsts.push((data as Buffer).toString().replace(/r=[^,]*|nonce="[^"]*"/, ''))
      }
      return firsts
    }
    const [fred1, fred2] = await first('fred')
    const [other1, other2] = await first('nobody')
    expect(fred1).toBe(fred2)
    expect(other1).toBe(other2)
    expect(other1?.replace(/s=[^,]*/, '')).toBe(fred1?.replace(/s=[^,]*/, ''))
    expect(other1?.length).toBe(fred1?.length)
  })
})

it('chooses the strongest mechanism that the server has and the transport allows', async () => {
  expect((await negotiate({})).mechanism).toBe('SCRAM-SHA-256')
  expect((await negotiate({ server: { mechanisms: ['PLAIN', 'SCRAM-SHA-1'] } })).mechanism).toBe('SCRAM-SHA-1')
  const open = await negotiate({ secure: false })
  expect(open.mechanism).toBe('DIGEST-MD5')
  expect([open.client.ssf, open.server.ssf]).toEqual([128, 128])
})

it('offers nothing that is too weak, and tries nothing that is', async () => {
  await expect(negotiate({ secure: false, server: { mechanisms: ['SCRAM-SHA-256'] } })).rejects.toMatchObject({
    failure: 'no-mechanism',
  })
  await expect(
    negotiate({ secure: false, server: { properties: serverProperties(true) } as Partial<SaslServerOptions> }),
  ).rejects.toThrow('no protection that is strong enough')
  const client = new SaslClient({
    service: 'libvirt',
    host: realm,
    properties: clientProperties(false),
    ask: async () => [],
  })
  await expect(client.start('SCRAM-SHA-256,PLAIN')).rejects.toThrow(
    'SASL(-4): no mechanism available: No worthy mechs found',
  )
})

it('says what is missing when only Kerberos would do', async () => {
  const client = new SaslClient({
    service: 'libvirt',
    host: realm,
    properties: clientProperties(true),
    ask: async () => [],
    gss: { initiate: () => Promise.reject(new Error('no ticket')) },
  })
  await expect(client.start('GSSAPI')).rejects.toThrow('no ticket')
})

it('lets a certificate speak with EXTERNAL', async () => {
  const result = await negotiate({
    server: { mechanisms: ['EXTERNAL'], external: 'CN=fred' },
    client: { external: true },
  })
  expect(result.server.user).toBe('CN=fred')
})

it('names the realm of a user from another one', async () => {
  const other = await makeUser('fred', 'elsewhere', 'other')
  const server = { users: directory([fred, other]), mechanisms: ['SCRAM-SHA-256'] }
  const result = await negotiate({ user: 'fred@elsewhere', password: 'other', server })
  expect(result.server.user).toBe('fred@elsewhere')
  await expect(negotiate({ user: 'fred@elsewhere', server })).rejects.toThrow('wrong user or password')
})

it('lets nobody act as somebody else', async () => {
  const start = (name: string, data: string) =>
    new SaslServer({
      service: 'libvirt',
      realm,
      properties: serverProperties(true),
      users: directory([fred]),
      external: 'CN=fred',
    }).start(name, Buffer.from(data))
  await expect(start('PLAIN', 'root\0fred\0pencil')).rejects.toMatchObject({ failure: 'no-authorization' })
  await expect(start('EXTERNAL', 'CN=root')).rejects.toMatchObject({ failure: 'no-authorization' })
  await expect(start('SCRAM-SHA-256', 'n,a=root,n=fred,r=abc')).rejects.toMatchObject({ failure: 'no-authorization' })
})

it('says nothing more after a failure', async () => {
  const server = new SaslServer({
    service: 'libvirt',
    realm,
    properties: serverProperties(true),
    users: directory([fred]),
  })
  await expect(server.start('PLAIN', Buffer.from('\0fred\0wrong'))).rejects.toThrow('wrong user or password')
  await expect(server.step(Buffer.from('\0fred\0pencil'))).rejects.toThrow('there is no negotiation')
  await expect(server.start('PLAIN', Buffer.from('\0fred\0pencil'))).rejects.toThrow('has begun already')
  expect(server.complete).toBe(false)
})

const attack = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ maxLength: 100, unit: 'binary' }).map((text) => Buffer.from(text)),
  fc
    .array(
      fc.constantFrom(
        'n,,',
        'n=fred',
        'r=abc',
        ',',
        '=',
        '"',
        '\\',
        'nonce=',
        'realm="',
        'm=x',
        'c=biws',
        'p=',
        's=AAAA',
        'i=4096',
        'i=99999999',
        'v=',
        'e=no',
        'qop=auth',
        'charset=utf-8',
        'algorithm=md5-sess',
        '\0',
        'maxbuf=1',
      ),
      { maxLength: 20 },
    )
    .map((words) => Buffer.from(words.join(''))),
)

it.each(every)('a server of %s lets nobody in for any messages, and only refuses', async (name) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(attack, { nil: undefined }), { minLength: 1, maxLength: 4 }),
      async (messages) => {
        const server = new SaslServer({
          service: 'libvirt',
          realm,
          properties: serverProperties(name !== 'PLAIN' && name !== 'DIGEST-MD5' ? true : name === 'PLAIN'),
          users: directory([fred]),
        })
        try {
          await server.start(name, messages[0])
          for (const message of messages.slice(1)) await server.step(message)
        } catch (error) {
          expect((error as Error).name).toBe('SaslError')
        }
        expect(server.complete).toBe(false)
      },
    ),
    { numRuns: 300 },
  )
})

it.each(every)('a client of %s believes no server that proves nothing', async (name) => {
  await fc.assert(
    fc.asyncProperty(fc.array(attack, { minLength: 1, maxLength: 3 }), async (messages) => {
      const client = new SaslClient({
        service: 'libvirt',
        host: realm,
        properties: clientProperties(true),
        ask: async (questions) => questions.map(() => 'secret'),
      })
      const { complete } = await client.start(name)
      try {
        for (const message of messages) await client.step(message)
      } catch (error) {
        expect((error as Error).name).toBe('SaslError')
        expect((error as Error).message).not.toContain('secret')
      }
      if (name !== 'PLAIN') expect(complete || client.complete).toBe(false)
    }),
    { numRuns: 300 },
  )
})

it.each(every)(
  '%s does not survive a changed byte of any message',
  async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(3), fc.nat(400), fc.integer({ min: 1, max: 255 }), async (which, at, flip) => {
        let n = 0
        let changed = false
        const tamper = (data: Buffer | undefined): Buffer | undefined => {
          if (n++ !== which || data === undefined || at >= data.length) return data
          changed = true
          const copy = Buffer.from(data)
          copy[at] = (copy[at] as number) ^ flip
          return copy
        }
        const server = new SaslServer({
          service: 'libvirt',
          realm,
          properties: serverProperties(name !== 'DIGEST-MD5'),
          users: directory([fred]),
        })
        const client = new SaslClient({
          service: 'libvirt',
          host: realm,
          properties: clientProperties(name !== 'DIGEST-MD5'),
          ask: async (questions) =>
            questions.map(({ type }) => ({ authname: 'fred', passphrase: 'pencil', realm })[type]),
        })
        try {
          let move = await client.start(name)
          let answer = await server.start(name, tamper(move.data) as Buffer)
          for (let i = 0; i < 4 && !(answer.complete && client.complete); i++) {
            move = (await client.step(tamper(answer.data))) as typeof move
            if (!answer.complete) answer = await server.step(tamper(move.data))
          }
        } catch (error) {
          expect((error as Error).name).toBe('SaslError')
          return
        }
        // Blanks, letter cases and what nobody proves may differ; then who came in is still the same.
        if (changed) expect([undefined, 'fred']).toContain(server.user)
        else expect(server.user).toBe('fred')
      }),
      { numRuns: 200 },
    )
  },
  60_000,
)
