// SPDX-License-Identifier: GPL-2.0-or-later
// Daemons to talk to: ours in a folder of its own, and a real libvirtd in a mount and network namespace of its own.
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { endGuests, guestsThat, networkOf } from './guests.mjs'
import { here } from './place.mjs'

const program = join(import.meta.dirname, '../../dist/main.cjs')
const deadline = 20_000
const python = '/usr/bin/python3'

/**
 * Starts virtd below a temporary folder.
 * @param {{ args?: string[], place?: typeof here, settings?: string, env?: Record<string, string> }} options `settings` for virtd.conf
 * @returns socket paths; disposing stops it and removes the folder
 */
export async function startVirtd({ args = [], place = here, settings, env } = {}) {
  const root = place.scratch('virtd-')
  // Also for clients of other users.
  chmodSync(root, 0o755)
  if (settings !== undefined) {
    mkdirSync(join(root, 'etc/libvirt'), { recursive: true })
    writeFileSync(join(root, 'etc/libvirt/virtd.conf'), settings)
  }
  const child = spawn(process.execPath, [program, '--root', root, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    // Where a service manager starts a daemon: a relative path of a client is one below it.
    cwd: '/',
  })
  const socket = join(root, 'run/libvirt/libvirt-sock')
  return await ready(child, socket, root, { root, readOnlySocket: `${socket}-ro` })
}

const openToAll = 'auth_unix_rw = "none"\nauth_unix_ro = "none"\n'

/**
 * Starts a real libvirtd that shares nothing with the system's. Needs root.
 * @param {{ place?: typeof here, settings?: string, env?: Record<string, string>, sasl?: (folder: string) => string, name?: string, listen?: boolean, guests?: string }} options
 * `settings` for libvirtd.conf instead of no authentication; with `sasl`, which answers Cyrus's settings, it listens on
 * ports of this host, as with `listen`; with `name` it is a host of that name, whose guests are reached at addresses of this one; `guests` is added to qemu.conf
 */
export async function startLibvirtd({
  place = here,
  settings = openToAll,
  env,
  sasl,
  name,
  listen = sasl !== undefined,
  guests = '',
} = {}) {
  const root = place.scratch('libvirtd-')
  const own = place.seen(root)
  chmodSync(root, 0o755)
  const places = {
    etc: '/etc/libvirt',
    run: '/run/libvirt',
    lib: '/var/lib/libvirt',
    cache: '/var/cache/libvirt',
    log: '/var/log/libvirt',
    // Of terminals and channels: their paths are the same for all of these daemons.
    lock: '/var/lock',
    ...(sasl === undefined ? {} : { sasl2: '/etc/sasl2' }),
  }
  for (const folder of ['etc', 'run', 'lib/qemu', 'cache/qemu', 'log/qemu', 'log/lxc', 'lock', 'sasl2'])
    mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'libvirtd.conf'), `unix_sock_dir = "${own}"\nunix_sock_rw_perms = "0777"\n${settings}`)
  writeFileSync(
    join(root, 'etc/qemu.conf'),
    `user = "root"\ngroup = "root"\nstdio_handler = "file"\nsecurity_driver = "none"\n${name === undefined ? '' : 'namespaces = []\n'}${guests}`,
  )
  if (sasl !== undefined) writeFileSync(join(root, 'sasl2/libvirt.conf'), sasl(root))
  const script = [
    'set -e',
    ...(name === undefined
      ? []
      : [
          // One with a dot is not looked up, which it would do for each cookie.
          `hostname ${name}.test`,
          // To find out that a KVM does not work takes it half a minute; one that it can open, and QEMU cannot use, has it look again at each
          // step: it gets none that it can open.
          `touch "${own}/none" && mount --bind "${own}/none" /dev/kvm && mount -o remount,bind,ro /dev/kvm || true`,
        ]),
    'mountpoint -q /proc || mount -t proc proc /proc',
    'mountpoint -q /sys || mount -t sysfs sysfs /sys',
    'umount /sys/fs/cgroup/unified 2>/dev/null || true',
    'ip link set lo up || true',
    `mkdir -p ${Object.values(places).join(' ')}`,
    ...Object.entries(places).map(([folder, path]) => `mount --bind "${own}/${folder}" ${path}`),
    `exec libvirtd ${listen ? '--listen ' : ''}-f "${own}/libvirtd.conf" -p "${own}/libvirtd.pid"`,
  ].join('\n')
  const [command, args] = place.command('sh', ['-c', script])
  // Ports are of no use where nobody can reach them.
  const apart = name !== undefined ? ['-m', '-u'] : sasl === undefined ? ['-m', '-n'] : ['-m']
  // Where guests come and go: it waits for their processes to vanish, of which some machines' first process takes its time.
  const reaped = name !== undefined && existsSync(python)
  const words = ['unshare', ...apart, command, ...args]
  const [first, ...rest] = reaped ? [python, join(import.meta.dirname, 'reaper.py'), ...words] : words
  const child = spawn(first, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const socket = join(root, 'libvirt-sock')
  const pid = reaped ? () => Number(readFileSync(join(root, 'libvirtd.pid'), 'utf8')) : undefined
  return await ready(child, socket, root, { root, readOnlySocket: `${socket}-ro` }, pid)
}

/** Starts any other program that listens on the socket it is told. */
export async function startProgram(file, { place = here } = {}) {
  const root = place.scratch('server-')
  const socket = join(root, 'libvirt-sock')
  const child = spawn(process.execPath, [file, socket], { stdio: ['ignore', 'pipe', 'pipe'] })
  return await ready(child, socket, root, { root })
}

/**
 * Waits until a daemon answers.
 * @template {{ root: string }} T
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} socket
 * @param {string} root its folder, which goes with it
 * @param {T & { readOnlySocket?: string }} facts
 * @param {() => number | undefined} pidOf the daemon's process, where another one has started it
 */
export async function ready(child, socket, root, facts, pidOf = () => child.pid) {
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said = (said + chunk).slice(-8192)
    })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const stop = async () => {
    // A real libvirtd's guests have the machine's usual folders, in a network of their own.
    const own = networkOf(child.pid)
    const left = guestsThat((pid, words) => {
      if (words.some((word) => word.includes(root))) return true
      return own !== undefined && own !== networkOf('self') && networkOf(pid) === own
    })
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(late)
    await endGuests(left.map(({ pid }) => pid))
    rmSync(root, { recursive: true, force: true })
  }
  const until = Date.now() + deadline
  // Seen, not tried: each connection has a number, and whoever counts them begins after one.
  const isThere = () => facts.readOnlySocket === undefined || existsSync(facts.readOnlySocket)
  while (!isThere() || !(await answers(socket))) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop()
      throw new Error(`no answer at ${socket}: ${said}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return {
    ...facts,
    socket,
    pid: pidOf(),
    /** What it has said last. */
    said: () => said,
    stop,
    [Symbol.asyncDispose]: stop,
  }
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
