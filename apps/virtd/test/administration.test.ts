// SPDX-License-Identifier: GPL-2.0-or-later
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, dirsBelow } from '@virt/core'
import { type Admin, openAdmin, remote } from '@virt/remote'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Daemon } from '../src/daemon.js'

let root: string
let daemon: Daemon | undefined
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'virtd-root-'))
})
afterEach(async () => {
  await daemon?.stop()
  daemon = undefined
  rmSync(root, { recursive: true, force: true })
})

async function start(settings = ''): Promise<void> {
  mkdirSync(join(root, 'etc/libvirt'), { recursive: true })
  writeFileSync(join(root, 'etc/libvirt/virtd.conf'), `log_outputs = "1:file:${root}/log"\n${settings}`)
  const begun = await Daemon.start({
    dirs: dirsBelow(root),
    session: false,
    only: undefined,
    config: undefined,
    drivers: [],
    verbose: false,
  })
  daemon = begun.daemon
  await begun.started
}
const path = (): string => join(root, 'run/libvirt/libvirt-admin-sock')
const open = (): Promise<Admin> => openAdmin(`libvirtd+unix:///system?socket=${path()}`)

describe('the socket for administration', () => {
  it('is its user’s alone, unless the settings say otherwise', async () => {
    await start()
    expect(statSync(path()).mode & 0o777).toBe(0o700)
    await daemon?.stop()
    expect(existsSync(path())).toBe(false)
    await start('unix_sock_admin_perms = "0777"\n')
    expect(statSync(path()).mode & 0o777).toBe(0o777)
  })

  it.skipIf(process.getuid?.() !== 0)('lets nobody else in, whatever its mode', async () => {
    chmodSync(root, 0o755)
    await start('unix_sock_admin_perms = "0777"\n')
    const script = `require('node:net').connect(${JSON.stringify(path())})
      .on('close', () => console.log('turned away')).on('error', (e) => console.log(e.code)).resume()`
    const child = spawn(process.execPath, ['-e', script], {
      uid: 65_534,
      gid: 65_534,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    for await (const chunk of child.stdout) said += chunk
    expect(said).toBe('turned away\n')
    const admin = await open()
    await admin.close()
  })

  it('has nothing of the API, and the other sockets nothing of administration', async () => {
    await start()
    const sockets = { drivers: [remote({ keepAlive: false })] }
    await expect(connect(`test+unix:///default?socket=${path()}`, sockets)).rejects.toMatchObject({ code: 'rpc' })
    for (const name of ['libvirt-sock', 'libvirt-sock-ro'])
      await expect(
        openAdmin(`libvirtd+unix:///system?socket=${join(root, 'run/libvirt', name)}`),
      ).rejects.toMatchObject({ message: 'Cannot find program 110102160 version 1' })
  })
})

describe('an administrator', () => {
  it('sees the limits of the settings', async () => {
    await start(
      'max_clients = 70\nmax_anonymous_clients = 7\nmin_workers = 3\nadmin_max_clients = 9\nprio_workers = 2\n',
    )
    const admin = await open()
    const server = await admin.server('libvirtd')
    expect(await server.clientLimits()).toMatchObject({ maxClients: 70, maxUnauthenticated: 7 })
    expect(await server.threadPool()).toMatchObject({ minWorkers: 3, maxWorkers: 20, priorityWorkers: 2 })
    expect(await (await admin.server('admin')).clientLimits()).toEqual({
      maxClients: 9,
      clients: 1,
      maxUnauthenticated: 0,
      unauthenticated: 0,
    })
  })

  it('sets limits that count for the next client', async () => {
    await start()
    const admin = await open()
    const server = await admin.server('libvirtd')
    await server.setClientLimits({ maxClients: 1, maxUnauthenticated: 1 })
    const uri = `test+unix:///default?socket=${join(root, 'run/libvirt/libvirt-sock')}`
    const first = await connect(uri, { drivers: [remote({ keepAlive: false })] })
    const second = connect(uri, { drivers: [remote({ keepAlive: false })] })
    const late = second.then(() => 'in')
    expect(await server.clientLimits()).toMatchObject({ clients: 1 })
    await first.close()
    expect(await late).toBe('in')
    await (await second).close()
  })

  it('ends the daemon, and gets an answer first', async () => {
    await start()
    const admin = await open()
    await admin.shutdown()
    await daemon?.unwanted
  })

  it('lets the daemon end when nobody is there', async () => {
    await start()
    const admin = await open()
    await admin.setTimeout(1)
    await admin.close()
    await daemon?.unwanted
  })

  it('is not asked to authenticate, however few may wait for that', async () => {
    await start('max_anonymous_clients = 1\n')
    const all = await Promise.all([open(), open(), open()])
    for (const admin of all) await admin.close()
  })
})
