// SPDX-License-Identifier: GPL-2.0-or-later
// A real sshd on a port of this host, with keys and settings of its own; what runs behind it sees the paths it is given.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from './setting.js'

const program = '/usr/sbin/sshd'
/** Whether there is one. */
export const sshdIsThere = existsSync(program) && existsSync('/usr/bin/ssh-keygen')

/** An SSH server that runs. */
export interface Sshd {
  readonly port: number
  /** Key of a user who may come in, of one who may not, and the file in which the host is known. */
  readonly keyfile: string
  readonly stranger: string
  readonly knownHosts: string
  readonly hostKey: string
  said(): string
  stop(): Promise<void>
}

/** What it needs. */
export interface SshdOptions {
  readonly folder: string
  /** The PATH of what is run. */
  readonly path: string
  readonly env?: Readonly<Record<string, string>>
}

function keygen(path: string): string {
  const { status, stderr } = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`ssh-keygen: ${stderr}`)
  return readFileSync(`${path}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
}

export async function startSshd({ folder, path, env = {} }: SshdOptions): Promise<Sshd> {
  const port = await freePort()
  const at = (name: string): string => join(folder, name)
  // It wants this one to be there, root's and nobody else's to write.
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const hostKey = keygen(at('host'))
  writeFileSync(at('authorized'), `${keygen(at('id'))}\n`)
  keygen(at('stranger'))
  writeFileSync(at('known_hosts'), `[127.0.0.1]:${port} ${hostKey}\n`)
  const settings = {
    Port: port,
    ListenAddress: '127.0.0.1',
    HostKey: at('host'),
    PidFile: at('sshd.pid'),
    AuthorizedKeysFile: at('authorized'),
    StrictModes: 'no',
    UsePAM: 'no',
    PasswordAuthentication: 'no',
    PermitRootLogin: 'yes',
    SetEnv: Object.entries({ PATH: path, ...env })
      .map(([name, value]) => `"${name}=${value}"`)
      .join(' '),
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}`)
  writeFileSync(at('sshd.conf'), `${lines.join('\n')}\n`)
  const child = spawn(program, ['-D', '-e', '-f', at('sshd.conf')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-8192)
  })
  await listens(child, port, () => said)
  return {
    port,
    keyfile: at('id'),
    stranger: at('stranger'),
    knownHosts: at('known_hosts'),
    hostKey,
    said: () => said,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null) {
        child.kill()
        await ended
      }
    },
  }
}

async function listens(child: ChildProcess, port: number, said: () => string): Promise<void> {
  for (const until = Date.now() + 10_000; ; ) {
    if (child.exitCode !== null || Date.now() > until) throw new Error(`sshd does not listen: ${said()}`)
    const there = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
    if (there) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** A program that runs another, for which a folder lies where libvirt's sockets are. */
export function wrapper(path: string, command: string, sockets: string): void {
  const inside = `mkdir -p /run/libvirt; mount --bind ${sockets} /run/libvirt; exec ${command} "$@"`
  writeFileSync(path, `#!/bin/sh\nexec unshare -m sh -c '${inside}' helper "$@"\n`)
  chmodSync(path, 0o755)
}
