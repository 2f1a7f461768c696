// SPDX-License-Identifier: GPL-2.0-or-later
// Daemons to talk to: ours in a folder of its own, and a real libvirtd in a mount and network namespace of its own.
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { here } from './place.mjs'

const program = join(import.meta.dirname, '../../dist/main.cjs')
const deadline = 20_000

/**
 * Starts virtd below a temporary folder.
 * @param {{ args?: string[], place?: typeof here }} options
 * @returns socket paths; disposing stops it and removes the folder
 */
export async function startVirtd({ args = [], place = here } = {}) {
  const root = place.scratch('virtd-')
  const child = spawn(process.execPath, [program, '--root', root, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  return await ready(child, join(root, 'run/libvirt/libvirt-sock'), root, { root })
}

/**
 * Starts a real libvirtd that shares nothing with the system's. Needs root.
 * @param {{ place?: typeof here }} options
 */
export async function startLibvirtd({ place = here } = {}) {
  const root = place.scratch('libvirtd-')
  const own = place.seen(root)
  for (const folder of ['etc', 'run', 'lib/qemu', 'cache/qemu', 'log/qemu', 'log/lxc'])
    mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(
    join(root, 'libvirtd.conf'),
    `unix_sock_dir = "${own}"\nauth_unix_rw = "none"\nauth_unix_ro = "none"\nunix_sock_rw_perms = "0777"\n`,
  )
  writeFileSync(
    join(root, 'etc/qemu.conf'),
    'user = "root"\ngroup = "root"\nstdio_handler = "file"\nsecurity_driver = "none"\n',
  )
  const binds = ['etc', 'run', 'lib', 'cache', 'log'].map(
    (f) =>
      `mount --bind "${own}/${f}" ${{ etc: '/etc/libvirt', run: '/run/libvirt', lib: '/var/lib/libvirt', cache: '/var/cache/libvirt', log: '/var/log/libvirt' }[f]}`,
  )
  const script = [
    'set -e',
    'mountpoint -q /proc || mount -t proc proc /proc',
    'mountpoint -q /sys || mount -t sysfs sysfs /sys',
    'umount /sys/fs/cgroup/unified 2>/dev/null || true',
    'ip link set lo up || true',
    'mkdir -p /etc/libvirt /run/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt',
    ...binds,
    `exec libvirtd -f "${own}/libvirtd.conf" -p "${own}/libvirtd.pid"`,
  ].join('\n')
  const [command, args] = place.command('sh', ['-c', script])
  const child = spawn('unshare', ['-m', '-n', command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  return await ready(child, join(root, 'libvirt-sock'), root, { root })
}

async function ready(child, socket, root, facts) {
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said = (said + chunk).slice(-8192)
    })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const stop = async () => {
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(late)
    rmSync(root, { recursive: true, force: true })
  }
  const until = Date.now() + deadline
  while (!(await answers(socket))) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop()
      throw new Error(`no answer at ${socket}: ${said}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return { ...facts, socket, readOnlySocket: `${socket}-ro`, pid: child.pid, stop, [Symbol.asyncDispose]: stop }
}

function answers(path) {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
