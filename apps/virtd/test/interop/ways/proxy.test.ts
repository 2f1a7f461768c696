// SPDX-License-Identifier: GPL-2.0-or-later
// One daemon that leads to another: a client without rights comes to the first, and polkit is asked about it by the second.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { noBus, PrivateBus, ScriptedPolkit } from '@virt/server/testing'
import { expect, it } from 'vitest'
import { startVirtd } from '../peers.mjs'
import { LibvirtClient, libvirtIsThere } from './clients.js'

const program = join(import.meta.dirname, '../../../dist/main.cjs')
const able = process.getuid?.() === 0 && libvirtIsThere && noBus === undefined
if (!able) console.warn('SKIPPED: daemons behind a daemon (needs root, dbus-daemon and python3-libvirt)')
const nobody = 65_534

it.skipIf(!able)('a daemon leads to that of a driver, which is told who asks', { timeout: 60_000 }, async () => {
  const bus = await PrivateBus.start()
  let refused = ''
  const polkit = await ScriptedPolkit.start(bus, ({ action }) => action !== refused)
  const env = { DBUS_SYSTEM_BUS_ADDRESS: bus.address }
  const settings =
    'auth_unix_rw = "none"\nauth_unix_ro = "none"\nunix_sock_rw_perms = "0777"\nunix_sock_ro_perms = "0777"\naccess_drivers = [ "polkit" ]\n'
  const proxy = await startVirtd({ args: ['--only', 'proxy'], settings, env })
  const client = new LibvirtClient({ HOME: '/nonexistent' }, nobody)
  const inner = spawn(process.execPath, [program, '--root', proxy.root, '--only', 'qemu'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise((resolve) => inner.once('exit', resolve))
  try {
    await Promise.race([new Promise((resolve) => inner.stdout.once('data', resolve)), ended])
    const socket = join(proxy.root, 'run/libvirt/virtqemud-sock')
    expect(existsSync(socket)).toBe(true)
    const uri = `qemu+unix:///system?socket=${proxy.socket}`
    expect(await client.connect({ uri })).toMatchObject({ domains: [] })
    expect(await client.connect({ uri: `${uri}-ro`, readOnly: true })).toMatchObject({ domains: [] })

    // The client and nobody else; only what says who it is was the daemon's own to ask.
    const { pid } = client
    const about = polkit.questions.map(({ action, subject }) => ({ action, uid: subject.uid, pid: subject.pid }))
    const clients = about.filter(({ pid: who }) => who === pid)
    expect(clients.length).toBeGreaterThanOrEqual(1)
    expect(new Set(clients.map(({ uid }) => uid))).toEqual(new Set([nobody]))
    expect(clients.map(({ action }) => action)).toContain('org.libvirt.api.connect.search-domains')
    for (const question of about)
      if (question.pid !== pid)
        expect(question).toMatchObject({
          uid: 0,
          pid: proxy.pid,
          action: expect.stringMatching(/connect\.(getattr|write)$/),
        })

    refused = 'org.libvirt.api.connect.search-domains'
    polkit.change()
    expect(await client.connect({ uri })).toEqual({
      code: 88,
      domain: 55,
      message: "access denied: 'QEMU' denied access",
    })

    inner.kill()
    await ended
    expect(await client.connect({ uri })).toMatchObject({
      code: 38,
      message: `Failed to connect socket to '${socket}': No such file or directory`,
    })
  } finally {
    inner.kill()
    await ended
    await client.stop()
    await proxy.stop()
    await polkit.stop()
    await bus.stop()
  }
})
