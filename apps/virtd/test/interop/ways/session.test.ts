// SPDX-License-Identifier: GPL-2.0-or-later
// A user's own daemon, and the system's that is not for them.
import { spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startVirtd } from '../peers.mjs'
import { LibvirtClient, libvirtIsThere } from './clients.js'

const program = join(import.meta.dirname, '../../../dist/main.cjs')
const able = process.getuid?.() === 0 && libvirtIsThere
if (!able) console.warn('SKIPPED: daemons of users (needs root and python3-libvirt)')
const nobody = 65_534

it.skipIf(!able)('a user has a daemon of their own, and is refused the system’s', async () => {
  const home = mkdtempSync(join(tmpdir(), 'virt-home-'))
  const run = join(home, 'run')
  mkdirSync(run)
  for (const folder of [home, run]) chownSync(folder, nobody, nobody)
  const env = { HOME: home, XDG_RUNTIME_DIR: run, LIBVIRT_AUTOSTART: '0' }
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
    expect(await client.connect({ uri: `test+unix:///default?socket=${system.socket}` })).toEqual({
      code: 38,
      domain: 7,
      message: `Failed to connect socket to '${system.socket}': Permission denied`,
    })
  } finally {
    daemon.kill()
    await ended
    await client.stop()
    await system.stop()
    rmSync(home, { recursive: true, force: true })
  }
})
