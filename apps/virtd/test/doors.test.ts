// SPDX-License-Identifier: GPL-2.0-or-later
// What the doors are made of: inherited sockets, sources, names, idleness, the service manager.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeClock } from '@virt/rpc/testing'
import { describe, expect, it } from 'vitest'
import { Idle } from '../src/idle.js'
import { takeInherited } from '../src/inherited.js'
import { daemonName } from '../src/names.js'
import { sourceOf } from '../src/ports.js'
import { ServiceManager } from '../src/service-manager.js'

describe('where clients come from', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    [undefined, 'nowhere'],
  ])('%s is %s', (remoteAddress, source) => {
    expect(sourceOf({ remoteAddress } as Socket)).toBe(source)
  })
})

describe('names of the daemon', () => {
  it.each([
    [undefined, 'libvirt', 'virtd'],
    [['qemu'], 'virtqemud', 'virtqemud'],
    [['nodedev'], 'virtnodedevd', 'virtnodedevd'],
    [['proxy'], 'libvirt', 'virtproxyd'],
    [['test'], 'libvirt', 'virtd'],
    [['qemu', 'network'], 'libvirt', 'virtd'],
  ])('with %j', (only, sockets, pid) => {
    expect(daemonName(only)).toMatchObject({ sockets, pid })
  })
})

describe('sockets that were handed over', () => {
  const take = (env: Record<string, string>) => Object.fromEntries(takeInherited(env, 42))

  it('are known by the names of their units', () => {
    const names = 'libvirtd.socket:libvirtd-ro.socket:libvirtd-tls.socket:libvirtd-tcp.socket:libvirtd-admin.socket'
    expect(take({ LISTEN_PID: '42', LISTEN_FDS: '5', LISTEN_FDNAMES: names })).toEqual({
      unix_rw: 3,
      unix_ro: 4,
      tls: 5,
      tcp: 6,
      admin: 7,
    })
  })

  it('are those of this process only, and are handed on to nobody', () => {
    const env = { LISTEN_PID: '41', LISTEN_FDS: '1', LISTEN_FDNAMES: 'x.socket', PATH: '/bin' }
    expect(take(env)).toEqual({})
    expect(env).toEqual({ PATH: '/bin' })
    expect(take({})).toEqual({})
  })

  it.each([
    { LISTEN_FDS: '99' },
    { LISTEN_FDS: 'x' },
    { LISTEN_FDS: '2', LISTEN_FDNAMES: 'a.socket:b.socket' },
    { LISTEN_FDS: '1', LISTEN_FDNAMES: 'unknown' },
  ])('are refused when nobody can tell what they are for: %j', (env) => {
    expect(() => take({ LISTEN_PID: '42', ...(env as Record<string, string>) })).toThrow('systemd handed over')
  })
})

describe('idleness', () => {
  it('ends the daemon when nobody has come for a while, and nothing goes on', () => {
    const clock = new FakeClock()
    let ended = 0
    let busy = true
    const idle = new Idle(
      clock,
      () => busy,
      () => ended++,
    )
    const server = {}
    idle.seconds = 1
    idle.clients(server, 1)
    clock.advance(5000)
    idle.clients(server, 0)
    clock.advance(1000)
    expect(ended).toBe(0)
    busy = false
    clock.advance(1000)
    expect(ended).toBe(1)
  })
})

describe('the service manager', () => {
  it('hears that the daemon is ready, alive, reads again and stops', () => {
    const clock = new FakeClock()
    const said: string[] = []
    const manager = new ServiceManager((text) => void said.push(text.split('\n')[0] as string), clock, 500)
    manager.ready()
    clock.advance(1000)
    manager.reloading()
    manager.ready()
    manager.stopping()
    clock.advance(5000)
    expect(said).toEqual(['READY=1', 'WATCHDOG=1', 'WATCHDOG=1', 'RELOADING=1', 'READY=1', 'STOPPING=1'])
  })

  it('is told nothing where there is none', () => {
    const env = { WATCHDOG_USEC: '1000', NOTIFY_SOCKET: 'odd' }
    const manager = ServiceManager.of(env, new FakeClock(), { debug() {}, info() {}, warn() {}, error() {} })
    manager.ready()
    manager.stopping()
    expect(env).toEqual({})
  })
})

const program = join(import.meta.dirname, '../dist/main.cjs')
const built = existsSync(program)
if (!built) console.warn('SKIPPED: virtd by socket activation (needs `npm run build`)')

describe.skipIf(!built)('the program', () => {
  it('serves a socket that was opened for it, and ends when nobody wants it', async () => {
    const root = mkdtempSync(join(tmpdir(), 'virtd-root-'))
    const path = join(root, 'own-sock')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(path, resolve))
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle
    // The shell has the number that the program will have.
    const script = `export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=libvirtd.socket; exec "$0" "$@"`
    const child = spawn('sh', ['-c', script, process.execPath, program, '--root', root, '--timeout', '1'], {
      stdio: ['ignore', 'pipe', 'inherit', fd],
    })
    try {
      const said = await new Promise<string>((resolve) => child.stdout?.once('data', (text) => resolve(String(text))))
      expect(said).toContain(`socket=${path}`)
      expect(existsSync(join(root, 'run/libvirt/libvirt-sock'))).toBe(false)
      expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0)
      // It is not ours to take away.
      expect(existsSync(path)).toBe(true)
    } finally {
      child.kill('SIGKILL')
      server.close()
      rmSync(root, { recursive: true, force: true })
    }
  })
})
