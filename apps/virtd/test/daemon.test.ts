// SPDX-License-Identifier: GPL-2.0-or-later
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, dirsBelow } from '@virt/core'
import { remote } from '@virt/remote'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Daemon, type DaemonOptions } from '../src/daemon.js'

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

function settings(text: string): void {
  mkdirSync(join(root, 'etc/libvirt'), { recursive: true })
  writeFileSync(join(root, 'etc/libvirt/virtd.conf'), text)
}

async function start(options: Partial<DaemonOptions> = {}): Promise<Daemon> {
  const begun = await Daemon.start({
    dirs: dirsBelow(root),
    session: false,
    only: undefined,
    config: undefined,
    drivers: [],
    verbose: false,
    ...options,
  })
  daemon = begun.daemon
  await begun.started
  return begun.daemon
}

const open = (name = 'libvirt-sock', readOnly = false) =>
  connect(`test+unix:///default?socket=${join(root, 'run/libvirt', name)}`, { readOnly, drivers: [remote()] })
const modeOf = (name: string): number => statSync(join(root, 'run/libvirt', name)).mode & 0o777
const log = (): string => readFileSync(join(root, 'log'), 'utf8')

describe('a daemon below a root', () => {
  it('has everything in libvirt’s places, and takes its sockets away', async () => {
    await start()
    expect(readdirSync(join(root, 'run/libvirt')).sort()).toEqual([
      'libvirt-admin-sock',
      'libvirt-sock',
      'libvirt-sock-ro',
      'virtd.pid',
    ])
    for (const folder of ['etc/libvirt', 'var/lib/libvirt', 'var/cache/libvirt', 'var/log/libvirt'])
      expect(existsSync(join(root, folder))).toBe(true)
    const conn = await open()
    expect(await conn.libVersion()).toBe(11003000n)
    await daemon?.stop()
    daemon = undefined
    await new Promise((resolve) => conn.on('close', resolve))
    expect(readdirSync(join(root, 'run/libvirt'))).toEqual([])
  })

  it('lets those on the read-only socket change nothing, whatever they say', async () => {
    await start()
    const conn = await open('libvirt-sock-ro')
    const dom = await conn.domains.byName('test')
    await expect(dom.suspend()).rejects.toMatchObject({
      code: 'operation-denied',
      message: 'operation forbidden: read only access prevents virDomainSuspend',
    })
    await conn.close()
  })

  it('gives its sockets the modes of the settings', async () => {
    settings('unix_sock_rw_perms = "0770"\nunix_sock_ro_perms = "0755"\n')
    await start()
    expect([modeOf('libvirt-sock'), modeOf('libvirt-sock-ro')]).toEqual([0o770, 0o755])
  })

  it('puts its sockets where the settings say', async () => {
    settings(`unix_sock_dir = "${root}/elsewhere"\n`)
    await start()
    expect(readdirSync(join(root, 'elsewhere')).sort()).toEqual([
      'libvirt-admin-sock',
      'libvirt-sock',
      'libvirt-sock-ro',
    ])
  })

  it('has no read-only socket when it is a user’s own', async () => {
    await start({ session: true })
    expect(existsSync(join(root, 'run/libvirt/libvirt-sock-ro'))).toBe(false)
  })

  it('lets only as many in as it may', async () => {
    settings('max_clients = 1\nmax_anonymous_clients = 1\nmax_queued_clients = 1\n')
    await start()
    const first = await open()
    const second = open()
    // The third is turned away, as there is no place to wait; the second is served when the first has gone.
    await expect(open()).rejects.toMatchObject({ code: 'connection-lost' })
    await first.close()
    await (await second).close()
  })

  it.each([
    ['log_level = "much"\n', "expected an unsigned integer for 'log_level' parameter"],
    ['foo\n', 'virtd.conf:1: expecting an assignment'],
    ['log_filters = "1"\n', "Malformed format for filter '1'"],
    ['auth_tcp = "polkit"\n', 'auth_tcp = polkit'],
  ])('starts nothing when the settings are wrong: %s', async (text, complaint) => {
    settings(text)
    await expect(start()).rejects.toThrow(complaint)
    expect(readdirSync(root)).toEqual(['etc'])
    expect(readdirSync(join(root, 'etc/libvirt'))).toEqual(['virtd.conf'])
  })

  it('leaves no lock when a driver or a socket cannot be had', async () => {
    await expect(start({ only: ['nonsense'] })).rejects.toThrow("no driver is called 'nonsense'")
    settings('unix_sock_group = "no such group"\n')
    await expect(start()).rejects.toThrow("Failed to parse group 'no such group'")
    expect(readdirSync(join(root, 'run/libvirt'))).toEqual([])
  })
})

describe('settings that are read again', () => {
  const file = (): string => `log_outputs = "1:file:${root}/log"\n`

  it('count for those who come then, and what needs a start is named', async () => {
    settings(file())
    const running = await start()
    settings(
      `${file()}max_clients = 1\nmax_anonymous_clients = 1\nmax_queued_clients = 0\nlog_level = 2\nunix_sock_ro_perms = "0700"\n`,
    )
    await running.reload()
    const first = await open()
    await expect(open()).rejects.toMatchObject({ code: 'connection-lost' })
    await first.close()
    await running.stop()
    daemon = undefined
    expect(log()).toContain("'unix_sock_ro_perms' has changed: that counts from the next start on")
    expect(log()).toContain('info : remote.remote_daemon : settings were read again')
  })

  it('stay the old ones when the new ones are wrong', async () => {
    settings(`${file()}log_level = 2\n`)
    const running = await start()
    settings('max_clients = "x"\n')
    await running.reload()
    await (await open()).close()
    await running.stop()
    daemon = undefined
    expect(log()).toContain('settings were not read again: internal error: ')
    expect(log()).toContain("expected an unsigned integer for 'max_clients' parameter")
  })

  it('are told to the drivers', async () => {
    const driver = join(root, 'driver.mjs')
    writeFileSync(
      driver,
      `export const driver = ({ log }) => ({ name: 'd', spi: 1, schemes: ['d'], supports: {}, families: ['hypervisor'],
        reload: async () => log.info('the driver reads again'), open: () => 'declined' })`,
    )
    settings(`${file()}log_filters = "1:driver"\n`)
    const running = await start({ drivers: [driver] })
    await running.reload()
    await running.stop()
    daemon = undefined
    expect(log()).toContain('info : driver.driver_driver : the driver reads again')
  })
})

const program = join(import.meta.dirname, '../dist/main.cjs')
const built = existsSync(program)
if (!built) console.warn('SKIPPED: virtd as a program (needs `npm run build`)')

describe.skipIf(!built)('the program', () => {
  /** Runs it; `ready` resolves with its first words. */
  function run(...args: string[]) {
    const child = spawn(process.execPath, [program, '--root', root, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { out: '', err: '' }
    child.stderr.on('data', (chunk) => {
      said.err += chunk
    })
    const ended = new Promise<number | string | null>((resolve) =>
      child.once('close', (code, signal) => resolve(code ?? signal)),
    )
    const ready = new Promise<void>((resolve) =>
      child.stdout.on('data', (chunk) => {
        said.out += chunk
        if (said.out.includes('Ctrl-C')) resolve()
      }),
    )
    return { child, said, ended, ready: Promise.race([ready, ended]) }
  }

  it.each(['SIGINT', 'SIGTERM'] as const)('ends cleanly by %s, with a client connected', async (signal) => {
    const { child, ended, ready, said } = run()
    await ready
    expect(said.out).toContain(`virsh -c 'test+unix:///default?socket=${root}/run/libvirt/libvirt-sock' list --all`)
    const conn = await open()
    child.kill(signal)
    expect(await ended).toBe(0)
    await conn.close()
    expect(readdirSync(join(root, 'run/libvirt'))).toEqual([])
    expect(said.err).toBe('')
  })

  it('refuses a folder that another one has, and takes it when that one was killed', async () => {
    const first = run()
    await first.ready
    const second = run()
    expect(await second.ended).toBe(1)
    expect(second.said.err).toBe(
      `virtd: Failed to acquire pid file '${root}/run/libvirt/virtd.pid': process ${first.child.pid} has it (stop that daemon, or give another --root)\n`,
    )
    first.child.kill('SIGKILL')
    await first.ended
    const third = run()
    await third.ready
    await (await open()).close()
    third.child.kill()
    expect(await third.ended).toBe(0)
  })

  it('says what is wrong with the settings, and where', async () => {
    settings('\nlog_level = "much"\n')
    const { ended, said } = run()
    expect(await ended).toBe(1)
    const file = `${root}/etc/libvirt/virtd.conf`
    expect(said.err).toBe(
      `virtd: internal error: ${file}: expected an unsigned integer for 'log_level' parameter (${file}:2)\n`,
    )
    expect(said.out).toBe('')
  })

  it('reads its settings again by SIGHUP', async () => {
    const { child, ended, ready, said } = run()
    await ready
    settings('max_clients = 0\n')
    child.kill('SIGHUP')
    while (!said.err.includes('not read again')) await new Promise((resolve) => child.stderr.once('data', resolve))
    child.kill()
    expect(await ended).toBe(0)
    expect(said.err).toContain(
      'error : remote.remote_daemon : settings were not read again: internal error: The overall maximum',
    )
  })
})
