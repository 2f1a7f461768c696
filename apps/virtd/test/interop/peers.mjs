// SPDX-License-Identifier: GPL-2.0-or-later
// Daemons to talk to: ours in a folder of its own, and a real libvirtd in a mount and network namespace of its own.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const program = join(import.meta.dirname, '../../dist/main.cjs')
const deadline = 20_000

/** Starts virtd below a temporary folder. @returns socket paths; disposing stops it and removes the folder */
export async function startVirtd(args = []) {
  const root = mkdtempSync(join(tmpdir(), 'virtd-'))
  const child = spawn(process.execPath, [program, '--root', root, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  return await ready(child, join(root, 'run/libvirt/libvirt-sock'), root, { root })
}

/** Starts a real libvirtd that shares nothing with the system's. Needs root. */
export async function startLibvirtd() {
  const root = mkdtempSync(join(tmpdir(), 'libvirtd-'))
  for (const folder of ['etc', 'run', 'lib/qemu', 'cache/qemu', 'log/qemu', 'log/lxc'])
    mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(
    join(root, 'libvirtd.conf'),
    `unix_sock_dir = "${root}"\nauth_unix_rw = "none"\nauth_unix_ro = "none"\nunix_sock_rw_perms = "0777"\n`,
  )
  writeFileSync(
    join(root, 'etc/qemu.conf'),
    'user = "root"\ngroup = "root"\nstdio_handler = "file"\nsecurity_driver = "none"\n',
  )
  const binds = ['etc', 'run', 'lib', 'cache', 'log'].map(
    (f) =>
      `mount --bind "${root}/${f}" ${{ etc: '/etc/libvirt', run: '/run/libvirt', lib: '/var/lib/libvirt', cache: '/var/cache/libvirt', log: '/var/log/libvirt' }[f]}`,
  )
  const script = [
    'set -e',
    'umount /sys/fs/cgroup/unified 2>/dev/null || true',
    'ip link set lo up || true',
    'mkdir -p /etc/libvirt /run/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt',
    ...binds,
    `exec libvirtd -f "${root}/libvirtd.conf" -p "${root}/libvirtd.pid"`,
  ].join('\n')
  const child = spawn('unshare', ['-m', '-n', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'pipe'] })
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

/** Runs a program to its end. @returns output and exit status */
export function runProgram(command, args, { env, timeout = 30_000, input } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...process.env, LC_ALL: 'C', LANG: 'C', ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.on('error', (error) => resolve({ stdout, stderr: String(error), code: -1 }))
    child.on('close', (code, signal) => resolve({ stdout, stderr, code: code ?? signal }))
    if (input !== undefined) child.stdin.end(input)
  })
}
