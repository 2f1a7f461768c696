// SPDX-License-Identifier: GPL-2.0-or-later
// What the doors are tried with: certificates, users, passwords, ports.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { UserFile } from '@virt/sasl'
import { Authority, pkiFolder } from '../../../../../tools/test/certificates.mjs'
import { startLibvirtd, startVirtd } from '../peers.mjs'
import { runProgram } from '../place.mjs'

/** Names of what is in the folders of certificates. */
export type Pki =
  | 'good'
  | 'second'
  | 'none'
  | 'expired'
  | 'future'
  | 'revoked'
  | 'untrusted'
  | 'distrusting'
  | 'wrongPurpose'
  | 'revokesDaemon'
/** Certificates of daemons. */
export type DaemonPki = 'daemon' | 'expiredDaemon' | 'otherHost' | 'nameless'

/** Certificates of two authorities, one of which nobody trusts. */
export class Certificates {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
    const ca = new Authority(join(folder, 'ca'))
    const other = new Authority(join(folder, 'other'), 'Other CA')
    const trust = ca.path('cacert.pem')
    const past = { from: '20200101000000Z', until: '20200201000000Z' }
    const here = 'DNS:localhost,IP:127.0.0.1'
    const daemons = {
      daemon: ca.sign('server', { names: here }),
      expiredDaemon: ca.sign('server', { file: 'old', names: here, ...past }),
      otherHost: ca.sign('server', { file: 'far', names: 'DNS:far.example', subject: '/CN=far.example' }),
      nameless: ca.sign('server', { file: 'nameless', subject: '/CN=localhost' }),
    }
    const revoked = ca.sign('client', { file: 'revoked' })
    const crl = ca.revoke(revoked.cert)
    for (const [name, server] of Object.entries(daemons))
      pkiFolder(this.of(name as DaemonPki), { ca: trust, crl, server })
    const client = (name: Pki, parts: Partial<Parameters<typeof pkiFolder>[1]>): unknown =>
      pkiFolder(this.of(name), { ca: trust, ...parts })
    client('good', { client: ca.sign('client', { subject: '/O=Virt/CN=first' }) })
    client('second', { client: ca.sign('client', { file: 'second', subject: '/C=GB/O=Virt, Ltd/CN=second' }) })
    client('none', {})
    client('expired', { client: ca.sign('client', { file: 'expired', ...past }) })
    client('future', {
      client: ca.sign('client', { file: 'future', from: '20900101000000Z', until: '20910101000000Z' }),
    })
    client('revoked', { client: revoked })
    client('untrusted', { client: other.sign('client') })
    client('distrusting', { ca: other.path('cacert.pem'), client: other.sign('client', { file: 'again' }) })
    client('wrongPurpose', { client: ca.sign('server', { file: 'odd', subject: '/CN=odd' }) })
    const all = ca.revoke(daemons.daemon.cert)
    client('revokesDaemon', { crl: all, client: ca.sign('client', { file: 'careful' }) })
  }

  /** The folder of one. */
  of(name: Pki | DaemonPki): string {
    return join(this.#folder, name)
  }
}

/** Files of credentials. */
export class Passwords {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
    const file = (name: string, lines: string): void =>
      writeFileSync(join(folder, name), `[auth-libvirt-default]\ncredentials=x\n[credentials-x]\n${lines}\n`)
    file('right', 'authname=fred\npassword=secret')
    file('wrong', 'authname=fred\npassword=wrong')
    file('nobody', 'authname=nobody\npassword=secret')
    file('second', 'authname=anna\npassword=geheim')
    file('realm', 'authname=fred\npassword=secret\nrealm=elsewhere.example')
    file('half', 'authname=fred')
    writeFileSync(join(folder, 'broken'), '[auth-libvirt-default]\ncredentials=missing\n')
    writeFileSync(join(folder, 'empty'), '')
  }

  of(name: 'right' | 'wrong' | 'nobody' | 'second' | 'realm' | 'half' | 'broken' | 'empty'): string {
    return join(this.#folder, name)
  }
}

const users = [
  ['fred', 'secret'],
  ['anna', 'geheim'],
] as const

/** A port that nobody listens at. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Where a daemon is reached. */
export interface Doors {
  readonly tls: number
  readonly tcp: number
  readonly unix: string
  readonly unixRo: string
  readonly said: () => string
  readonly pid: number | undefined
  stop(): Promise<void>
}

const ports = (tls: number, tcp: number): string =>
  `listen_addr = "127.0.0.1"\ntls_port = "${tls}"\ntcp_port = "${tcp}"\n`

/** Starts the real one. */
export async function openLibvirtd(
  settings: string,
  env: Record<string, string> = {},
  mechanisms = 'scram-sha-256 scram-sha-1 digest-md5 plain',
): Promise<Doors> {
  const [tls, tcp] = [await freePort(), await freePort()]
  const folders: string[] = []
  const daemon = await startLibvirtd({
    settings: settings + ports(tls, tcp),
    env,
    sasl(folder) {
      folders.push(folder)
      return `mech_list: ${mechanisms}\nsasldb_path: ${folder}/passwd.db\n`
    },
  })
  for (const [user, password] of users)
    for (const realm of ['localhost', hostname()])
      await runProgram(
        'saslpasswd2',
        ['-p', '-c', '-a', 'libvirt', '-f', `${folders[0]}/passwd.db`, '-u', realm, user],
        {
          input: password,
        },
      )
  return { ...daemon, tls, tcp, unix: daemon.socket, unixRo: daemon.readOnlySocket, pid: daemon.pid }
}

/** Starts ours with the same settings. */
export async function openVirtd(settings: string, env: Record<string, string> = {}): Promise<Doors & { root: string }> {
  const [tls, tcp] = [await freePort(), await freePort()]
  const daemon = await startVirtd({ settings: `unix_sock_rw_perms = "0777"\n${settings}${ports(tls, tcp)}`, env })
  const file = new UserFile(join(daemon.root, 'etc/libvirt/passwd.virt'))
  for (const [user, password] of users)
    for (const realm of ['localhost', hostname()]) await file.set(user, realm, password)
  return { ...daemon, tls, tcp, unix: daemon.socket, unixRo: daemon.readOnlySocket, pid: daemon.pid, root: daemon.root }
}
