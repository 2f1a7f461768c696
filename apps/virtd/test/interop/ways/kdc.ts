// SPDX-License-Identifier: GPL-2.0-or-later
// Kerberos of our own on loopback: two realms that do not know each other, their users, and tickets.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { runProgram } from '../place.mjs'
import { freePort } from './setting.js'

export const realm = 'VIRT.TEST'
export const otherRealm = 'OTHER.TEST'

/** Whether Kerberos and what SASL needs for it are installed. */
export const kerberosIsThere =
  ['/usr/sbin/krb5kdc', '/usr/sbin/kdb5_util', '/usr/sbin/kadmin.local', '/usr/bin/kinit'].every(existsSync) &&
  ['x86_64', 'aarch64'].some((arch) => existsSync(`/usr/lib/${arch}-linux-gnu/sasl2/libgssapiv2.so`))

/** A server of two realms. */
export class Kdc {
  readonly #folder: string
  readonly #child: ChildProcess

  private constructor(folder: string, child: ChildProcess) {
    this.#folder = folder
    this.#child = child
  }

  /** Starts one with `fred` and `anna` of the first realm, `fred` of the other, and keys for the host `localhost`. */
  static async start(folder: string): Promise<Kdc> {
    mkdirSync(folder, { recursive: true })
    const port = await freePort()
    const [mine, other] = [realm, otherRealm].map(
      (name) =>
        `  ${name} = {\n    database_name = ${folder}/${name}.db\n    key_stash_file = ${folder}/${name}.stash\n    acl_file = ${folder}/acl\n    kdc_listen = 127.0.0.1:${port}\n    kdc_tcp_listen = 127.0.0.1:${port}\n  }\n`,
    )
    writeFileSync(join(folder, 'kdc.conf'), `[realms]\n${mine}${other}[logging]\n  kdc = FILE:${folder}/kdc.log\n`)
    const at = `{\n    kdc = 127.0.0.1:${port}\n  }\n`
    // The key is for the name clients have for us, whatever this machine is called. The clock is the machine's: else a
    // ticket remembers how long its answer was on the way, and on a busy machine is good for as much longer.
    writeFileSync(
      join(folder, 'krb5.conf'),
      `[libdefaults]\n  default_realm = ${realm}\n  kdc_timesync = 0\n  rdns = false\n  dns_canonicalize_hostname = false\n  dns_lookup_kdc = false\n  dns_lookup_realm = false\n  udp_preference_limit = 1\n  ignore_acceptor_hostname = true\n[realms]\n  ${realm} = ${at}  ${otherRealm} = ${at}`,
    )
    const env = envOf(folder)
    for (const name of [realm, otherRealm]) {
      const admin = (query: string): Promise<void> => run('kadmin.local', ['-r', name, '-q', query], { env })
      await run('kdb5_util', ['create', '-s', '-r', name, '-P', 'master'], { env })
      await admin(`addprinc -pw secret fred@${name}`)
      if (name !== realm) continue
      await admin(`addprinc -pw secret anna@${name}`)
      await admin(`addprinc -randkey libvirt/localhost@${name}`)
      await admin(`ktadd -k ${folder}/keytab libvirt/localhost@${name}`)
    }
    const child = spawn('krb5kdc', ['-n', '-r', realm, '-r', otherRealm], {
      env: { ...process.env, ...env },
      stdio: 'ignore',
    })
    const kdc = new Kdc(folder, child)
    for (const until = Date.now() + 10_000; !(await answers(port)); await delay(50))
      if (child.exitCode !== null || Date.now() > until) throw new Error('the KDC does not answer')
    return kdc
  }

  /** What daemons and clients have to have in their environment. */
  get env(): Record<string, string> {
    return envOf(this.#folder)
  }

  /** Gets a ticket. @returns the file it is in */
  async ticket(principal: string, life = '1h'): Promise<string> {
    const file = join(this.#folder, `ticket-${principal}-${life}`)
    await run('kinit', ['-c', file, '-l', life, principal], { env: this.env, input: 'secret\n' })
    return file
  }

  /** Waits until a ticket has expired: for `klist` it has in its last second, for the library after it. */
  async expired(file: string): Promise<void> {
    while ((await runProgram('klist', ['-s', '-c', file], { env: this.env })).code === 0) await delay(100)
    await delay(1100)
  }

  /** A file with no ticket in it. */
  get noTicket(): string {
    return join(this.#folder, 'no-ticket')
  }

  /** Settings that know another port for it. @returns their file */
  leadingTo(port: number): string {
    const file = join(this.#folder, `krb5-${port}.conf`)
    const settings = readFileSync(join(this.#folder, 'krb5.conf'), 'utf8')
    writeFileSync(file, settings.replaceAll(/kdc = 127.0.0.1:\d+/g, `kdc = 127.0.0.1:${port}`))
    return file
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGTERM')
    await ended
  }
}

/** One that takes questions and says nothing. */
export class Hanging {
  readonly #server: Server
  readonly #sockets: Socket[] = []

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => {
      this.#sockets.push(socket.on('error', () => {}))
    })
  }

  static async start(): Promise<Hanging> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new Hanging(server)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** How often somebody has come. */
  get asked(): number {
    return this.#sockets.length
  }

  /** Whoever still waits learns that nobody is there. */
  stop(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

const envOf = (folder: string): Record<string, string> => ({
  KRB5_CONFIG: `${folder}/krb5.conf`,
  KRB5_KDC_PROFILE: `${folder}/kdc.conf`,
  KRB5_KTNAME: `${folder}/keytab`,
})

/** Runs what has to succeed. */
async function run(...call: Parameters<typeof runProgram>): Promise<void> {
  const { code, stderr } = await runProgram(...call)
  if (code !== 0) throw new Error(`${call[0]} failed (${code}): ${stderr}`)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
