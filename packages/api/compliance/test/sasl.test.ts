// SPDX-License-Identifier: LGPL-2.1-or-later
// SASL of the client and of the daemon, one at the other, over memory.
import type { Duplex } from 'node:stream'
import { type AuthCallback, type Connection, connect, DriverSet, processServices } from '@virt/core'
import { remote } from '@virt/remote'
import { procedures } from '@virt/rpc'
import { makeUser } from '@virt/sasl'
import { type Client, type SaslOptions, Server, sasl } from '@virt/server'
import { test as testDriver } from '@virt/test'
import { afterEach, describe, expect, it } from 'vitest'
import { duplexPair } from '../src/duplex.js'

const fred = await makeUser('fred', 'localhost', 'pencil')
const users: SaslOptions['users'] = {
  find: async (user, realm) => (user === fred.user && realm === fred.realm ? fred : undefined),
}

const hostname = procedures().find((p) => p.program === 'remote' && p.name === 'CONNECT_GET_HOSTNAME')?.number as number

interface Setup {
  readonly secure?: boolean
  readonly uri?: string
  readonly password?: string
  readonly user?: string
  readonly options?: Partial<SaslOptions>
  readonly ask?: AuthCallback | undefined
  /** Changes bytes on the way to the daemon. */
  readonly tamper?: (bytes: Buffer) => Buffer
}

interface Bench {
  readonly conn: Connection
  readonly client: Client
  /** Everything the daemon has read. */
  readonly heard: () => Buffer
  readonly log: string[]
}

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const item of open.splice(0).reverse()) await item.close()
})

const logInto = (log: string[]) => {
  const add = (text: string): void => void log.push(text)
  return { debug: add, info: add, warn: add, error: add } as never
}

async function bench({ secure = true, uri = 'test:///default', ...more }: Setup = {}): Promise<Bench> {
  const log: string[] = []
  const server = new Server({
    drivers: new DriverSet([testDriver()(processServices())]),
    log: logInto(log),
  })
  open.push(server)
  const heard: Buffer[] = []
  let client: Client | undefined
  const transport = async (): Promise<{ duplex: Duplex; secure: boolean; encrypted: boolean }> => {
    const [ours, theirs] = duplexPair()
    const push = theirs.push.bind(theirs)
    theirs.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
      const changed = chunk === null ? null : (more.tamper?.(chunk) ?? chunk)
      if (changed !== null) heard.push(Buffer.from(changed))
      return push(changed, encoding)
    }
    const auth = sasl({ users, realm: 'localhost', log: logInto(log), ...more.options })({ secure })
    client = server.accept(theirs, { secure, auth, transport: 'tcp' })
    return { duplex: ours, secure, encrypted: false }
  }
  const ask: AuthCallback = (questions) =>
    questions.map(
      ({ type }) => ({ authname: more.user ?? 'fred', passphrase: more.password ?? 'pencil' })[type as 'authname'],
    )
  const conn = await connect(uri, {
    drivers: [remote({ transport: transport as never })],
    ...('ask' in more ? (more.ask === undefined ? {} : { auth: more.ask }) : { auth: ask }),
  })
  open.push(conn)
  return { conn, client: client as Client, heard: () => Buffer.concat(heard), log }
}

const failure = (setup: Setup): Promise<unknown> =>
  bench(setup).then(
    () => 'let in',
    (error: { code: string; message: string }) => [error.code, error.message],
  )

describe('a daemon that wants SASL', () => {
  it.each(['SCRAM-SHA-256', 'SCRAM-SHA-1', 'DIGEST-MD5', 'PLAIN'])(
    'lets in by %s where the transport is secure',
    async (mechanism) => {
      const { conn, client } = await bench({ uri: `test+unix:///default?auth=sasl.${mechanism}` })
      expect(await conn.hostname()).not.toBe('')
      expect(client.identity.saslUserName).toBe('fred')
      expect(client.authenticated).toBe(true)
    },
  )

  it('hides everything that follows where the transport is not secure', async () => {
    const { conn, client, heard } = await bench({ secure: false, uri: 'test+tcp://localhost/default' })
    const marker = 'a name that nobody on the way shall read'
    await expect(conn.domains.byName(marker)).rejects.toMatchObject({ code: 'no-domain' })
    expect(heard().includes('DIGEST-MD5')).toBe(true)
    expect(heard().includes(marker)).toBe(false)
    expect(await conn.isSecure()).toBe(true)
    expect(client.secure).toBe(true)
    expect(client.identity.saslUserName).toBe('fred')
  })

  it('carries large answers and many calls at once through the layer', async () => {
    const { conn } = await bench({ secure: false, uri: 'test+tcp://localhost/default' })
    const xml = (name: string): string =>
      `<domain type='test'><name>${name}</name><description>${'long '.repeat(20_000)}</description><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>`
    const made = await Promise.all(Array.from({ length: 4 }, (_, i) => conn.domains.define(xml(`large${i}`))))
    for (const domain of made) expect((await domain.xmlDesc()).length).toBeGreaterThan(100_000)
  })

  it('tells of a wrong password and of a wrong user alike, and writes down why', async () => {
    const refused = ['auth-failed', 'authentication failed: authentication failed']
    expect(await failure({ password: 'wrong' })).toEqual(refused)
    expect(await failure({ user: 'nobody' })).toEqual(refused)
    expect(await failure({ secure: false, uri: 'test+tcp://localhost/default', password: 'wrong' })).toEqual(refused)
    expect(await failure({ options: { allowed: ['joe', 'f?d*', '[ef]red', 'FRED'] } })).toEqual(refused)
  })

  it('lets in whom a pattern names', async () => {
    for (const pattern of ['fred', 'f*', 'fr?d', '*'])
      expect((await bench({ options: { allowed: ['joe', pattern] } })).client.authenticated).toBe(true)
  })

  it('offers only what is strong enough', async () => {
    expect(await failure({ secure: false, options: { mechanisms: ['SCRAM-SHA-256', 'PLAIN'] } })).toEqual([
      'auth-failed',
      'authentication failed: no SASL mechanisms are available',
    ])
    expect(await failure({ uri: 'test+unix:///default?auth=sasl.GSSAPI' })).toEqual([
      'auth-failed',
      'authentication failed: SASL mechanism GSSAPI not supported by server',
    ])
  })

  it('is not entered without somebody to ask', async () => {
    expect(await failure({ ask: undefined })).toEqual([
      'auth-failed',
      'authentication failed: No authentication callback available',
    ])
    expect(await failure({ ask: (questions) => questions.map(() => undefined) })).toEqual([
      'auth-failed',
      'authentication failed: Failed to collect auth credentials',
    ])
  })

  it('does not go on asking when it has gone', async () => {
    let asked: () => void = () => {}
    const asking = new Promise<void>((resolve) => {
      asked = resolve
    })
    const never: AuthCallback = () => {
      asked()
      return new Promise(() => {})
    }
    const ended = failure({ ask: never })
    await asking
    await Promise.all(open.splice(0).map((server) => server.close()))
    expect(await ended).toEqual(['connection-lost', 'End of file while reading data: Input/output error'])
  })

  it('ends the connection when a protected byte is changed on the way', async () => {
    let armed = false
    const { conn, log } = await bench({
      secure: false,
      uri: 'test+tcp://localhost/default',
      tamper(bytes) {
        if (!armed) return bytes
        const changed = Buffer.from(bytes)
        changed[10] = (changed[10] as number) ^ 1
        return changed
      },
    })
    armed = true
    await expect(conn.hostname()).rejects.toMatchObject({ code: 'connection-lost' })
    expect(log.join('\n')).toContain('a packet was changed on the way')
  })

  it('takes nothing that was slipped in between the proof and the layer', async () => {
    const step = procedures().find(({ program, name }) => program === 'remote' && name === 'AUTH_SASL_STEP')?.number
    const slip = (more: Buffer) => (bytes: Buffer) =>
      bytes.length > 28 && bytes.readInt32BE(12) === step && bytes.readUInt32BE(0) === bytes.length
        ? Buffer.concat([bytes, more])
        : bytes
    const way = { secure: false, uri: 'test+tcp://localhost/default' }
    // The start of a call, which the layer would have completed.
    expect(await failure({ ...way, tamper: slip(Buffer.from([0, 0, 0, 28])) })).toEqual([
      'connection-lost',
      expect.any(String),
    ])
    // A whole call is refused, as any other before authentication has ended.
    const call = Buffer.alloc(28)
    for (const [i, word] of [28, 0x20008086, 1, hostname, 0, 999, 0].entries()) call.writeUInt32BE(word, 4 * i)
    const { client, conn, log } = await bench({ ...way, tamper: slip(call) })
    expect(await conn.hostname()).not.toBe('')
    expect([client.authenticated, log.filter((line) => line.includes('layer'))]).toEqual([true, []])
  })
})
