// SPDX-License-Identifier: GPL-2.0-or-later
// The transports libssh and libssh2, against an SSH server of the same package that leads to a server of ours.
import { createHash, createHmac } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, type Server as NetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuthCallback, type CredentialRequest, connect, DriverSet, isVirtError, processServices } from '@virt/core'
import { remote } from '@virt/remote'
import { Server } from '@virt/server'
import { test as testDriver } from '@virt/test'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

/** The part of the package used here; it has no types of its own. */
interface Ssh2 {
  Server: new (options: object, connected: (client: SshClient) => void) => NetServer
  utils: {
    generateKeyPairSync(type: string, options?: object): { private: string; public: string }
    parseKey(key: string): Key
  }
}
interface Key {
  getPublicSSH(): Buffer
}
interface Attempt {
  method: string
  username: string
  password?: string
  key?: { data: Buffer }
  signature?: Buffer
  accept(): void
  reject(methods?: string[]): void
  prompt(prompts: object[], done: (answers: string[]) => void): void
}
interface Stream extends NodeJS.ReadWriteStream {
  stderr: NodeJS.WritableStream
  exit(code: number): void
  close(): void
}
interface SshClient {
  on(event: 'authentication', fn: (attempt: Attempt) => void): SshClient
  on(event: 'session', fn: (accept: () => SshSession) => void): SshClient
  on(event: 'error', fn: () => void): SshClient
}
interface SshSession {
  on(event: 'exec', fn: (accept: () => Stream, reject: () => void, info: { command: string }) => void): void
}

const name = 'ssh2'
const { Server: SshServer, utils } = ((await import(name)) as { default: Ssh2 }).default
const folder = mkdtempSync(join(tmpdir(), 'virt-ssh2-'))
afterAll(() => rmSync(folder, { recursive: true }))

const hostKeys = [utils.generateKeyPairSync('ed25519'), utils.generateKeyPairSync('ecdsa', { bits: 256 })]
const publicKey = (text: string): Buffer => utils.parseKey(text).getPublicSSH()
const [hostKey, otherHostKey] = hostKeys.map((pair) => publicKey(pair.public)) as [Buffer, Buffer]
const own = utils.generateKeyPairSync('ed25519')
const locked = utils.generateKeyPairSync('ed25519', { passphrase: 'geheim', cipher: 'aes256-ctr', rounds: 1 })
const stranger = utils.generateKeyPairSync('ed25519')
const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}
const keyfile = file('id', own.private)
const lockedFile = file('locked', locked.private)
const strangersFile = file('stranger', stranger.private)
const allowed = [own, locked].map((pair) => publicKey(pair.public))
const none = join(folder, 'nothing')
const right = file('auth', '[auth-ssh-default]\ncredentials=x\n[credentials-x]\npassword=secret\n')

describe('SSH by a library', () => {
  let ssh: NetServer
  let server: Server
  let port: number
  let commands: string[]
  let methods = ['publickey', 'password', 'keyboard-interactive']
  let ends: number | undefined

  beforeAll(async () => {
    server = new Server({ drivers: new DriverSet([testDriver()(processServices())]) })
    ssh = new SshServer({ hostKeys: hostKeys.map((pair) => pair.private) }, (client) => {
      client.on('error', () => {})
      client.on('authentication', (attempt) => {
        const { method, key, password } = attempt
        if (!methods.includes(method)) return attempt.reject(methods)
        if (method === 'publickey' && allowed.some((one) => key?.data.equals(one))) return attempt.accept()
        if (method === 'password' && password === 'secret') return attempt.accept()
        if (method === 'keyboard-interactive')
          return attempt.prompt([{ prompt: 'Code: ', echo: false }], ([answer]) =>
            answer === '123456' ? attempt.accept() : attempt.reject(methods),
          )
        attempt.reject(methods)
      })
      client.on('session', (accept) => {
        accept().on('exec', (take, _reject, { command }) => {
          commands.push(command)
          const stream = take()
          if (ends === undefined) {
            server.accept(stream as never)
            return
          }
          stream.stderr.write('sh: virt-ssh-helper: not found\n')
          stream.exit(ends)
          stream.close()
        })
      })
    })
    await new Promise<void>((resolve) => ssh.listen(0, '127.0.0.1', resolve))
    port = (ssh.address() as AddressInfo).port
  })
  afterAll(async () => {
    ssh.close()
    await server.close()
  })
  beforeEach(() => {
    commands = []
    methods = ['publickey', 'password', 'keyboard-interactive']
    ends = undefined
  })

  interface Wish {
    kind?: 'libssh' | 'libssh2'
    params?: Record<string, string>
    auth?: AuthCallback
    at?: number
  }
  const uriOf = ({ kind = 'libssh2', params = {}, at = port }: Wish): string =>
    `test+${kind}://fred@127.0.0.1:${at}/default?${new URLSearchParams({ known_hosts: none, known_hosts_verify: 'ignore', ...params })}`
  const opened = async (wish: Wish): Promise<string[] | { number: number; domain: number; message: string }> => {
    try {
      await using conn = await connect(uriOf(wish), {
        drivers: [remote()],
        timeout: 10_000,
        ...(wish.auth === undefined ? {} : { auth: wish.auth }),
      })
      const names: string[] = []
      for await (const dom of conn.domains.list()) names.push(dom.name)
      return names
    } catch (error) {
      if (!isVirtError(error)) throw error
      return { number: error.number, domain: error.domain, message: error.message }
    }
  }

  it.each(['libssh', 'libssh2'] as const)('%s reaches a daemon with a key', async (kind) => {
    expect(await opened({ kind, params: { keyfile } })).toEqual(['test'])
    expect(commands).toHaveLength(1)
    expect(commands[0]).toContain('virt-ssh-helper test:///default')
  })

  it('asks for the passphrase of a key', async () => {
    const asked: (readonly CredentialRequest[])[] = []
    const auth: AuthCallback = (questions) => {
      asked.push(questions)
      return ['geheim']
    }
    expect(await opened({ params: { keyfile: lockedFile, sshauth: 'privkey' }, auth })).toEqual(['test'])
    expect(asked).toEqual([[{ type: 'passphrase', prompt: `Passphrase for key '${lockedFile}'` }]])
    expect(await opened({ params: { keyfile: lockedFile, sshauth: 'privkey' }, auth: () => ['wrong'] })).toEqual({
      number: 45,
      domain: 50,
      message: `authentication failed: authentication with private key '${lockedFile}' has failed: Unable to extract public key from private key file: Wrong passphrase or invalid/unrecognized private key file format`,
    })
  })

  it('takes a password from the file of credentials, or asks', async () => {
    expect(await opened({ params: { sshauth: 'password', authfile: right } })).toEqual(['test'])
    const answers = ['no', 'secret']
    const asked: string[] = []
    const auth: AuthCallback = ([question]) => {
      asked.push(question?.prompt ?? '')
      return [answers.shift()]
    }
    expect(await opened({ params: { sshauth: 'password' }, auth })).toEqual(['test'])
    expect(asked).toEqual(["Enter fred's password for 127.0.0.1", "Enter fred's password for 127.0.0.1"])
    let times = 0
    const wrong = await opened({ params: { sshauth: 'password' }, auth: () => [`wrong ${times++}`] })
    expect({ times, wrong }).toMatchObject({ times: 3, wrong: { number: 45, domain: 50 } })
  })

  it('answers what the server asks', async () => {
    const auth: AuthCallback = (questions) =>
      questions.map(({ prompt, type }) => (prompt === 'Code: ' && type === 'noechoprompt' ? '123456' : ''))
    expect(await opened({ params: { sshauth: 'keyboard-interactive' }, auth })).toEqual(['test'])
  })

  it('tries what the server takes, one after the other', async () => {
    methods = ['password']
    expect(await opened({ params: { keyfile, sshauth: 'privkey,password', authfile: right } })).toEqual(['test'])
    methods = ['publickey', 'password']
    expect(await opened({ params: { keyfile: strangersFile, sshauth: 'privkey,password', authfile: right } })).toEqual([
      'test',
    ])
    expect(
      await opened({ params: { keyfile: strangersFile, sshauth: 'privkey,password' }, auth: () => ['x'] }),
    ).toEqual({
      number: 45,
      domain: 50,
      message:
        'authentication failed: All provided authentication methods with credentials were rejected by the server',
    })
  })

  it.each([
    [{ sshauth: 'foo' }, 8, "invalid argument: Invalid authentication method: 'foo'"],
    [{ known_hosts_verify: 'bad' }, 8, "invalid argument: Invalid host key verification method: 'bad'"],
    [{ mode: 'direct' }, 84, 'Operation not supported: Cannot use direct socket mode for libssh2 transport'],
    [
      { keyfile: strangersFile, sshauth: 'privkey' },
      45,
      `authentication failed: authentication with private key '${strangersFile}' has failed: Username/PublicKey combination invalid`,
    ],
    [
      { keyfile: '/nowhere', sshauth: 'privkey' },
      45,
      "authentication failed: authentication with private key '/nowhere' has failed: Unable to extract public key from private key file: Unable to open private key file",
    ],
  ])('%o is refused', async (params, number, message) => {
    expect(await opened({ params })).toMatchObject({ number, message })
  })

  it('says that none of the methods is the server’s', async () => {
    methods = ['hostbased']
    expect(await opened({ params: { keyfile, sshauth: 'privkey,password' } })).toMatchObject({
      number: 45,
      message: 'authentication failed: None of the requested authentication methods are supported by the server',
    })
  })

  it('tells with what the command has ended', async () => {
    ends = 127
    const ended = 'Remote command terminated with non-zero code: 127'
    expect(await opened({ params: { keyfile } })).toEqual({
      number: 85,
      domain: 50,
      message: `SSH transport error: ${ended}`,
    })
    expect(await opened({ kind: 'libssh', params: { keyfile } })).toEqual({
      number: 98,
      domain: 66,
      message: `libssh transport error: ${ended}`,
    })
  })

  describe('keys of hosts', () => {
    const line = (key: Buffer, host = `[127.0.0.1]:${port}`): string =>
      `${host} ${key.toString('latin1', 4, 4 + key.readUInt32BE(0))} ${key.toString('base64')} comment\n`
    const known = (text: string): string => file(`known-${createHash('sha1').update(text).digest('hex')}`, text)
    const trusted = (path: string, more: Partial<Wish> = {}) =>
      opened({ ...more, params: { keyfile, known_hosts: path, known_hosts_verify: 'normal', ...more.params } })
    const md5 = createHash('md5').update(hostKey).digest('hex').toUpperCase().match(/../g)?.join(':')
    const sha256 = createHash('sha256').update(hostKey).digest('hex').match(/../g)?.join(':')

    it('that are known are trusted, whichever the host would have shown first', async () => {
      expect(await trusted(known(line(hostKey)))).toEqual(['test'])
      expect(await trusted(known(line(otherHostKey)))).toEqual(['test'])
      expect(
        await trusted(known(`# hosts\n\n127.0.0.2 ssh-rsa AAAA\n${line(hostKey, `other,[127.0.0.*]:${port}`)}`)),
      ).toEqual(['test'])
    })

    it('are known by hashed names, too', async () => {
      const salt = Buffer.from('0123456789abcdefghij')
      const hash = createHmac('sha1', salt).update(`[127.0.0.1]:${port}`).digest('base64')
      expect(await trusted(known(line(hostKey, `|1|${salt.toString('base64')}|${hash}`)))).toEqual(['test'])
    })

    it('that are unknown are asked about, and kept', async () => {
      const path = join(folder, 'new/known_hosts')
      const asked: string[] = []
      const auth: AuthCallback = ([question]) => {
        asked.push(question?.prompt ?? '')
        return ['y']
      }
      expect(await trusted(path, { auth })).toEqual(['test'])
      expect(asked).toEqual([`Accept SSH host key with hash '${md5}' for host '127.0.0.1:${port}' (y/n)?`])
      expect(await trusted(path)).toEqual(['test'])
      expect(readFileSync(path, 'utf8')).toBe(line(hostKey).replace(' comment', ''))
    })

    it('that are not accepted end it, and nothing is kept', async () => {
      const path = join(folder, 'refused')
      expect(await trusted(path, { auth: () => ['n'] })).toEqual({
        number: 85,
        domain: 50,
        message: `SSH transport error: SSH host key for '127.0.0.1' (${md5}) was not accepted`,
      })
      expect(await trusted(path)).toMatchObject({
        message: 'SSH transport error: no suitable callback for host key verification',
      })
      expect(await trusted(path, { kind: 'libssh', auth: () => ['nonsense'] })).toEqual({
        number: 98,
        domain: 66,
        message: `libssh transport error: SSH host key for '127.0.0.1' (${sha256}) was not accepted`,
      })
      expect(existsSync(path)).toBe(false)
    })

    it('that have changed end it, whatever the user would say', async () => {
      const path = known(line(publicKey(stranger.public)))
      const text = `authentication failed: !!! SSH HOST KEY VERIFICATION FAILED !!!: Identity of host '127.0.0.1:${port}' differs from stored identity. Please verify the new host key '`
      for (const verify of ['normal', 'auto'])
        for (const kind of ['libssh', 'libssh2'] as const)
          expect(await trusted(path, { kind, auth: () => ['y'], params: { known_hosts_verify: verify } })).toEqual({
            number: 45,
            domain: kind === 'libssh' ? 66 : 50,
            message: `${text}${kind === 'libssh' ? sha256 : publicKey(stranger.public).toString('base64')}' to avoid possible man in the middle attack. The key is stored in '${path}'.`,
          })
      expect(await trusted(known(`@revoked ${line(hostKey)}`))).toMatchObject({ number: 45 })
    })

    it('are kept without a question where the URI says so', async () => {
      const path = join(folder, 'auto')
      expect(await trusted(path, { params: { known_hosts_verify: 'auto' } })).toEqual(['test'])
      expect(await trusted(path)).toEqual(['test'])
    })
  })

  it('has the errors of a port for one that is closed', async () => {
    expect(await opened({ at: 1, params: { keyfile } })).toMatchObject({
      number: 38,
      message: "unable to connect to server at '127.0.0.1:1': Connection refused",
    })
  })

  it('is over when the caller has waited long enough for a server that says nothing', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const stop = new AbortController()
    const opening = connect(uriOf({ at: (silent.address() as AddressInfo).port, params: { keyfile } }), {
      drivers: [remote()],
      signal: stop.signal,
    })
    await new Promise<void>((resolve) =>
      silent.once('connection', (socket) => {
        socket.on('error', () => {})
        socket.once('data', () => resolve())
      }),
    )
    stop.abort()
    await expect(opening).rejects.toMatchObject({ code: 'aborted' })
    silent.close()
  })
})
