// SPDX-License-Identifier: LGPL-2.1-or-later
// SSH without a program: by the package ssh2, under the names of the two libraries that libvirt does it with. Nothing of
// the user's ssh_config counts; what the URI says, and the files below, do.
import { createHash } from 'node:crypto'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { type AuthCallback, ErrorDomain, ErrorNumber, type Uri, VirtError, virtError } from '@virt/core'
import { addKnownHost, type KnownKey, keysOf, readKnownHosts, verdictOn } from './known-hosts.js'
import { type SshAuth, type SshMethod, sshMethods } from './ssh-auth.js'
import { proxyCommand } from './ssh-command.js'
import { joined } from './transport-ext.js'
import { connectTcp } from './transport-tcp.js'
import { paramOf, type Transport, type Way } from './way.js'

/** How the two libraries differ to those who look: errors, and how a key is shown. */
export interface SshKind {
  readonly name: 'libssh2' | 'libssh'
  readonly number: number
  readonly domain: number
  hash(key: Buffer): string
}

const pairs = (hex: string): string => hex.match(/../g)?.join(':') ?? ''
const kinds: Readonly<Record<SshKind['name'], SshKind>> = {
  libssh2: {
    name: 'libssh2',
    number: ErrorNumber.SSH,
    domain: ErrorDomain.SSH,
    hash: (key) => pairs(createHash('md5').update(key).digest('hex').toUpperCase()),
  },
  libssh: {
    name: 'libssh',
    number: ErrorNumber.LIBSSH,
    domain: ErrorDomain.LIBSSH,
    hash: (key) => pairs(createHash('sha256').update(key).digest('hex')),
  },
}

export const libssh2: Transport = (uri, signal, readOnly, ask) => ssh2(kinds.libssh2, uri, signal, readOnly, ask)
export const libssh: Transport = (uri, signal, readOnly, ask) => ssh2(kinds.libssh, uri, signal, readOnly, ask)

/** The part of npm's `ssh2` used here. */
export interface Ssh2Module {
  readonly Client: new () => Ssh2Client
  readonly utils: { parseKey(data: Buffer, passphrase?: string): unknown }
}
interface Ssh2Client {
  connect(options: object): void
  exec(command: string, done: (error: Error | undefined, channel: Ssh2Channel) => void): void
  on(event: string, listener: (...args: never[]) => void): unknown
  destroy(): void
}
interface Ssh2Channel extends Duplex {
  readonly stderr: Duplex
}

/** Most of what the command says on its standard error that is kept. */
const maxSaid = 4096
const defaultPort = 22

async function ssh2(
  kind: SshKind,
  uri: Uri,
  signal: AbortSignal,
  readOnly: boolean,
  ask: AuthCallback | undefined,
): Promise<Way> {
  const command = proxyCommand(uri, readOnly, kind.name)
  const host = uri.server ?? 'localhost'
  const port = uri.port || defaultPort
  const username = uri.user ?? userInfo().username
  const keeper = hostKeeper(kind, uri, host, port, ask)
  const auth = sshMethods({ kind, uri, host, username, ask })
  const known = await keeper.known()
  const { Client, utils } = await load()
  const sock = await connectTcp(host, port, signal)
  const client = new Client()
  try {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(aborted(host, signal)), { once: true })
      if (signal.aborted) return reject(aborted(host, signal))
      client.on('ready', resolve)
      client.on('error', (error: Error & { level?: string }) =>
        reject(keeper.failure ?? auth.failure ?? ended(kind, error)),
      )
      client.on('close', () => reject(keeper.failure ?? auth.failure ?? ended(kind, new Error('Connection closed'))))
      client.connect({
        sock,
        username,
        hostVerifier: (key: Buffer, verify: (good: boolean) => void) => void keeper.check(key).then(verify),
        authHandler: handlerOf(auth, utils),
        // The caller's deadline is the one that counts.
        readyTimeout: 0,
        // Keys that are known are asked for first: a host may have several.
        algorithms: { serverHostKey: wanted(known) },
      })
    })
    return await executed(kind, client, command, signal)
  } catch (error) {
    client.destroy()
    sock.destroy()
    throw error
  }
}

/** By a variable: the package need not be there, not even for types. */
async function load(): Promise<Ssh2Module> {
  const name = 'ssh2'
  const found = await import(name).catch(() => undefined)
  if (found === undefined)
    throw new VirtError('the transports libssh and libssh2 need the package ssh2, which is not installed', {
      code: 'no-support',
      details: 'npm i ssh2; or use the transport ssh, which needs the program of that name',
    })
  return (found.default ?? found) as Ssh2Module
}

/** Kinds of keys that a host may be asked for, the best first. */
const hostKeys = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
]

/** The same, those first that are known. RSA keys sign in several ways. */
function wanted(known: readonly KnownKey[]): string[] {
  const types = known.filter(({ revoked }) => !revoked).map(({ type }) => type)
  const isKnown = (name: string): boolean => types.includes(name.startsWith('rsa-') ? 'ssh-rsa' : name)
  return [...hostKeys.filter(isKnown), ...hostKeys.filter((name) => !isKnown(name))]
}

/** Tries one method after the other, as long as the server takes it. */
function handlerOf(auth: SshAuth, { parseKey }: Ssh2Module['utils']) {
  let first = true
  return (
    left: readonly string[] | null,
    _partial: boolean | null,
    next: (method: SshMethod | false) => void,
  ): void => {
    // What the server takes it says when it is asked for nothing.
    if (first) {
      first = false
      return next(auth.nothing)
    }
    auth.next(left ?? [], parseKey).then(next, () => next(false))
  }
}

/** What guards against another host in place of the one that is meant. */
function hostKeeper(kind: SshKind, uri: Uri, host: string, port: number, ask: AuthCallback | undefined) {
  const verify = paramOf(uri, 'known_hosts_verify') ?? 'normal'
  if (verify !== 'normal' && verify !== 'auto' && verify !== 'ignore')
    throw virtError(ErrorNumber.INVALID_ARG, ErrorDomain.RPC, `Invalid host key verification method: '${verify}'`)
  const path =
    paramOf(uri, 'known_hosts') ??
    join(process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'libvirt/known_hosts')
  let keys: readonly KnownKey[] = []
  const changed = (key: Buffer, other?: KnownKey): VirtError => {
    // parity: one of the libraries shows the key that it knew, the other the one that it sees.
    const shown = kind.name === 'libssh2' && other !== undefined ? other.key.toString('base64') : kind.hash(key)
    return virtError(
      ErrorNumber.AUTH_FAILED,
      kind.domain,
      `!!! SSH HOST KEY VERIFICATION FAILED !!!: Identity of host '${host}:${port}' differs from stored identity. Please verify the new host key '${shown}' to avoid possible man in the middle attack. The key is stored in '${path}'.`,
    )
  }
  const accepted = async (key: Buffer): Promise<boolean> => {
    if (verify === 'auto') return true
    if (ask === undefined) throw virtError(kind.number, kind.domain, 'no suitable callback for host key verification')
    const prompt = `Accept SSH host key with hash '${kind.hash(key)}' for host '${host}:${port}' (y/n)?`
    const [answer] = await ask([{ type: 'echoprompt', prompt }])
    return answer !== undefined && /^(y|yes)$/i.test(answer)
  }
  return {
    failure: undefined as Error | undefined,
    async known(): Promise<readonly KnownKey[]> {
      if (verify === 'ignore') return keys
      try {
        keys = keysOf(await readKnownHosts(path), host, port)
      } catch (error) {
        throw virtError(
          kind.number,
          kind.domain,
          `unable to load knownhosts file '${path}': ${(error as Error).message}`,
        )
      }
      return keys
    },
    /** Never rejects. */
    async check(key: Buffer): Promise<boolean> {
      if (verify === 'ignore') return true
      const verdict = verdictOn(keys, key)
      if (verdict === 'known') return true
      try {
        if (verdict !== 'unknown') throw changed(key, typeof verdict === 'object' ? verdict.other : undefined)
        if (!(await accepted(key)))
          throw virtError(kind.number, kind.domain, `SSH host key for '${host}' (${kind.hash(key)}) was not accepted`)
        await addKnownHost(path, host, port, key)
        return true
      } catch (error) {
        this.failure = error as Error
        return false
      }
    },
  }
}

function executed(kind: SshKind, client: Ssh2Client, command: string, signal: AbortSignal): Promise<Way> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(aborted('the host', signal)), { once: true })
    client.on('close', () => reject(ended(kind, new Error('Connection closed'))))
    client.exec(command, (error, channel) =>
      // At once: the command's end may have come with its beginning.
      error === undefined ? resolve(wayOf(kind, client, channel)) : reject(ended(kind, error)),
    )
  })
}

function wayOf(kind: SshKind, client: Ssh2Client, channel: Ssh2Channel): Way {
  let said = ''
  let status: number | null | undefined
  channel.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-maxSaid)
  })
  channel.on('exit', (code: number | null) => {
    status = code
  })
  const ended = new Promise<void>((resolve) => {
    for (const what of [channel, client]) what.on('close', () => resolve())
  })
  // Its close follows; nobody else listens by now.
  client.on('error', () => {})
  void ended.then(() => client.destroy())
  return {
    duplex: joined(channel, channel, ended, () => client.destroy()),
    secure: true,
    encrypted: false,
    failure() {
      if (!status) return undefined
      return virtError(kind.number, kind.domain, `Remote command terminated with non-zero code: ${status}`, {
        details: said.trim(),
      })
    },
  }
}

const aborted = (host: string, signal: AbortSignal): VirtError =>
  new VirtError(`connecting to ${host} was aborted`, { code: 'aborted', cause: signal.reason })

const ended = (kind: SshKind, error: Error): VirtError =>
  virtError(kind.number, kind.domain, `Error during SSH handshake: ${error.message}`, { cause: error })
