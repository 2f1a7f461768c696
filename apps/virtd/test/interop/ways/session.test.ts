// SPDX-License-Identifier: GPL-2.0-or-later
// A user's own daemon, and the system's that is not for them.
import { spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startVirtd } from '../peers.mjs'
import { runProgram } from '../place.mjs'
import { LibvirtClient, libvirtIsThere } from './clients.js'

const program = join(import.meta.dirname, '../../../dist/main.cjs')
const able = process.getuid?.() === 0 && libvirtIsThere
if (!able) console.warn('SKIPPED: daemons of users (needs root and python3-libvirt)')
const nobody = 65_534

/** A user without any right, with a home of their own. */
class User implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'virt-home-'))
  readonly run = join(this.home, 'run')
  readonly env = { HOME: this.home, XDG_RUNTIME_DIR: this.run, LIBVIRT_AUTOSTART: '0' }

  constructor() {
    mkdirSync(this.run)
    for (const folder of [this.home, this.run]) chownSync(folder, nobody, nobody)
  }

  /** Runs a program to its end. */
  async does(command: string, args: readonly string[], env: Record<string, string> = {}) {
    const set = Object.entries({ ...this.env, ...env }).map(([name, value]) => `${name}=${value}`)
    return await runProgram('setpriv', [
      '--reuid=nobody',
      '--regid=nogroup',
      '--clear-groups',
      'env',
      ...set,
      command,
      ...args,
    ])
  }

  /** What virsh prints. */
  async virsh(line: string, env: Record<string, string> = {}): Promise<string> {
    const { stdout, stderr } = await this.does('virsh', ['-q', '-c', 'test+unix:///default', ...line.split(' ')], env)
    return `${stdout}${stderr}`.trim()
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true })
  }
}

it.skipIf(!able)('a user has a daemon of their own, and is refused the system’s', async () => {
  using user = new User()
  const { run, env } = user
  const daemon = spawn(process.execPath, [program, '--session'], {
    uid: nobody,
    gid: nobody,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => daemon.once('exit', resolve))
  const client = new LibvirtClient(env, nobody)
  const system = await startVirtd({ settings: 'auth_unix_rw = "none"\n' })
  try {
    await Promise.race([new Promise((resolve) => daemon.stdout?.once('data', resolve)), ended])
    expect(existsSync(join(run, 'libvirt/libvirt-sock-ro'))).toBe(false)
    expect(await client.connect({ uri: 'test+unix:///default' })).toMatchObject({ domains: ['test'] })
    writeFileSync(
      join(user.home, 'own.xml'),
      '<domain type="test"><name>own</name><memory>8192</memory><os><type>hvm</type></os></domain>',
    )
    // Test guests are there for as long as somebody is connected.
    const commands = `suspend test; domstate test; define ${user.home}/own.xml; start own; list --name; domstate own`
    const said = await user.does('virsh', ['-q', '-c', 'test+unix:///default', commands])
    expect(said).toMatchObject({ code: 0, stderr: '' })
    expect(said.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('Domain '))).toEqual([
      'paused',
      'test',
      'own',
      'running',
    ])
    // Nobody else: the folder is theirs alone.
    expect(statSync(join(run, 'libvirt/libvirt-sock')).mode & 0o777).toBe(0o700)

    expect(await client.connect({ uri: `test+unix:///default?socket=${system.socket}` })).toEqual({
      code: 38,
      domain: 7,
      message: `Failed to connect socket to '${system.socket}': Permission denied`,
    })
    const refused = await user.does('virsh', ['-c', `test+unix:///default?socket=${system.socket}`, 'list'])
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Permission denied') })
  } finally {
    daemon.kill()
    await ended
    await client.stop()
    await system.stop()
  }
})

it.skipIf(!able)('it is started on demand, and ends when nobody wants it any more', { timeout: 60_000 }, async () => {
  using user = new User()
  const bin = join(user.home, 'bin')
  mkdirSync(bin)
  // What virsh starts: in the folder that the environment names, under the name of libvirt's daemon.
  const script = `#!/bin/sh\necho "$@" > ${user.home}/options\nexec ${process.execPath} ${program} --session "$@" --timeout=1\n`
  writeFileSync(join(bin, 'libvirtd'), script, { mode: 0o755 })
  const pid = join(user.run, 'libvirt/virtd.pid')
  const env = { LIBVIRT_AUTOSTART: '1', LIBVIRTD_PATH: bin }
  // By libvirt's client, and when that one has ended by ours.
  const code =
    "import('@virt/core').then(async ({ connect }) => { const c = await connect('test:///default', { drivers: [(await import('@virt/remote')).remote()] }); console.log((await (await c.domains.byName('test')).info()).state); await c.close() })"
  const ways = [
    () => user.virsh('domstate test', env),
    async () => {
      const { stdout, stderr } = await user.does(process.execPath, ['-e', code], env)
      return `${stdout}${stderr}`.trim()
    },
  ]
  for (const way of ways) {
    expect(await way()).toBe('running')
    expect(readFileSync(join(user.home, 'options'), 'utf8')).toMatch(/^--timeout=?\s?\d+/)
    const running = Number(readFileSync(pid, 'utf8'))
    expect(readFileSync(`/proc/${running}/status`, 'utf8')).toMatch(/^Uid:\t65534\t65534/m)
    await expect.poll(() => existsSync(`/proc/${running}`), { timeout: 20_000 }).toBe(false)
    expect(existsSync(join(user.run, 'libvirt/libvirt-sock'))).toBe(false)
  }
})
