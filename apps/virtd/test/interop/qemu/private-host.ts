// SPDX-License-Identifier: GPL-2.0-or-later
// A host of its own, where libvirtd and virtd run one after the other, as root's daemons with libvirt's usual folders: in a mount and
// network namespace, where those folders are others than the machine's.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectSocket } from 'node:net'
import { join } from 'node:path'
import { type Connection, connect } from '@virt/core'
import { remote } from '@virt/remote'
import { endGuests, guestsThat, networkOf } from '../guests.mjs'
import { openFolder } from './guest.js'

const program = join(import.meta.dirname, '../../../dist/main.cjs')

/** Where root's daemons have what. */
export const folders = {
  etc: '/etc/libvirt',
  run: '/run/libvirt',
  lib: '/var/lib/libvirt',
  cache: '/var/cache/libvirt',
  log: '/var/log/libvirt',
}

/** What the host's daemons are started with. */
const commands = {
  libvirtd: [
    '/usr/bin/python3',
    join(import.meta.dirname, '../reaper.py'),
    'libvirtd',
    '-f',
    '/etc/libvirt/libvirtd.conf',
    '-p',
    '/run/libvirtd.pid',
  ],
  virtd: [process.execPath, program, '--root', '/'],
} as const

/** A daemon that runs. */
export interface RunningDaemon extends AsyncDisposable {
  readonly conn: Connection
  /** Ends it; its guests run on. */
  stop(): Promise<void>
}

/** The host. */
export class PrivateHost {
  /** Where its folders are to be seen from outside. */
  readonly root: string = openFolder('virtd-host-')
  readonly #holder: ChildProcess

  private constructor(qemuConf: string) {
    for (const name of ['etc', 'run', 'lib/qemu', 'cache/qemu', 'log/qemu'])
      mkdirSync(join(this.root, name), { recursive: true })
    const settings = 'unix_sock_rw_perms = "0777"\nauth_unix_rw = "none"\nauth_unix_ro = "none"\n'
    writeFileSync(join(this.root, 'etc/libvirtd.conf'), settings)
    writeFileSync(join(this.root, 'etc/qemu.conf'), `stdio_handler = "file"\n${qemuConf}`)
    const script = [
      'set -e',
      'mount --make-rprivate /',
      // parity: libvirtd 9 makes nothing of both versions of groups side by side.
      'umount /sys/fs/cgroup/unified 2>/dev/null || true',
      'mount -t tmpfs run /run',
      // To find out that a KVM does not work takes libvirtd half a minute, for each guest: there is none.
      `mkdir '${this.root}/dev'`,
      `mount -t tmpfs -o mode=755 dev '${this.root}/dev'`,
      `for one in $(ls /dev | grep -vx kvm); do
        case $one in
          pts|shm|mqueue|hugepages) mkdir '${this.root}/dev/'$one; mount --rbind /dev/$one '${this.root}/dev/'$one ;;
          *) cp -a /dev/$one '${this.root}/dev/' ;;
        esac
      done`,
      `umount -R -l /dev`,
      `mount --move '${this.root}/dev' /dev`,
      'ip link set lo up',
      `mkdir -p ${Object.values(folders).join(' ')}`,
      ...Object.entries(folders).map(([name, path]) => `mount --bind '${this.root}/${name}' ${path}`),
      'echo ready',
      'exec sleep infinity',
    ].join('\n')
    this.#holder = spawn('unshare', ['-m', '-n', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  }

  static async make(qemuConf = ''): Promise<PrivateHost> {
    const host = new PrivateHost(qemuConf)
    const [said] = (await once(host.#holder.stdout as NonNullable<ChildProcess['stdout']>, 'data')) as [Buffer]
    if (said.toString().trim() !== 'ready') throw new Error(`no host: ${said.toString()}`)
    return host
  }

  /** Runs a program there. */
  spawn(command: string, args: readonly string[]): ChildProcess {
    const enter = ['-t', String(this.#holder.pid), '-m', '-n', command, ...args]
    return spawn('nsenter', enter, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' })
  }

  /** Runs a program there to its end. @returns what it has said @throws Error with its complaints when it fails */
  async run(command: string, ...args: string[]): Promise<string> {
    const child = this.spawn(command, args)
    let said = ''
    let complained = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      complained += chunk.toString()
    })
    const [code] = (await once(child, 'close')) as [number]
    if (code !== 0) throw new Error(`${command}: ${complained}${said.slice(-500)}`)
    return said
  }

  async start(which: keyof typeof commands): Promise<RunningDaemon> {
    const socket = join(this.root, 'run/libvirt-sock')
    rmSync(socket, { force: true })
    const [command, ...args] = commands[which]
    const child = this.spawn(command, args)
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-8192)
      })
    await answering(socket, child).catch((error: Error) => {
      throw new Error(`${which}: ${error.message}: ${said}`)
    })
    const conn = await connect(`qemu+unix:///system?socket=${socket}`, { drivers: [remote()] })
    const stop = async (): Promise<void> => {
      await conn.close().catch(() => {})
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    return { conn, stop, [Symbol.asyncDispose]: stop }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const space = networkOf(this.#holder.pid)
    await endGuests(guestsThat((pid) => networkOf(pid) === space).map(({ pid }) => pid))
    this.#holder.kill('SIGKILL')
    await once(this.#holder, 'exit')
    rmSync(this.root, { recursive: true, force: true })
  }
}

async function answering(socket: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + 20_000
  for (;;) {
    const reached = await new Promise<boolean>((resolve) => {
      const attempt = connectSocket(socket)
      attempt.once('connect', () => resolve(attempt.destroy() !== undefined))
      attempt.once('error', () => resolve(false))
    })
    if (reached) return
    if (child.exitCode !== null || Date.now() > until) throw new Error('no answer')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
