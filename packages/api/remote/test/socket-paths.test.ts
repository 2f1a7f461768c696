// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseUri } from '@virt/core'
import { afterAll, describe, expect, it } from 'vitest'
import { daemonProgram } from '../src/autostart.js'
import { socketChoice, socketPaths } from '../src/index.js'
import { unixWay } from '../src/transport-unix.js'

const folder = mkdtempSync(join(tmpdir(), 'virt-sockets-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const root = { uid: 0, env: { HOME: '/root' }, exists: () => false }
const user = { uid: 1000, env: { HOME: '/home/u', XDG_RUNTIME_DIR: '/run/user/1000' }, exists: () => false }
const bare = { uid: 1000, env: { HOME: '/home/u' }, exists: () => false }
const system = '/var/run/libvirt'
const virtd = '/var/lib/virtd/run/libvirt'
const own = '/home/u/.local/state/virtd/run/libvirt'

describe('the sockets that a URI may mean', () => {
  it.each([
    [
      'qemu:///system',
      false,
      root,
      [`${system}/virtqemud-sock`, `${system}/libvirt-sock`, `${virtd}/virtqemud-sock`, `${virtd}/libvirt-sock`],
    ],
    ['qemu:///system?mode=legacy', true, root, [`${system}/libvirt-sock-ro`, `${virtd}/libvirt-sock-ro`]],
    ['network:///system?mode=direct', false, root, [`${system}/virtnetworkd-sock`, `${virtd}/virtnetworkd-sock`]],
    [
      'test+unix:///default',
      false,
      root,
      [`${system}/virttestd-sock`, `${system}/libvirt-sock`, `${virtd}/virttestd-sock`, `${virtd}/libvirt-sock`],
    ],
    [
      'qemu:///system?mode=legacy',
      false,
      user,
      [`${system}/libvirt-sock`, `${virtd}/libvirt-sock`, `${own}/libvirt-sock`],
    ],
    ['qemu:///session?mode=legacy', true, user, ['/run/user/1000/libvirt/libvirt-sock', `${own}/libvirt-sock`]],
    ['test+unix:///default?mode=legacy', false, bare, ['/home/u/.cache/libvirt/libvirt-sock', `${own}/libvirt-sock`]],
    ['remote:', false, user, ['/run/user/1000/libvirt/libvirt-sock', `${own}/libvirt-sock`]],
    ['qemu:///session?socket=/s&mode=direct', false, user, ['/s']],
  ])('%s (read only: %s)', (uri, readOnly, place, paths) => {
    expect(socketPaths(parseUri(uri), readOnly, place)).toEqual(paths)
  })

  it.each([
    ['qemu:///system', root, `${system}/libvirt-sock`, false],
    ['qemu:///session', user, '/run/user/1000/libvirt/libvirt-sock', true],
    ['qemu:///session?mode=direct', user, '/run/user/1000/libvirt/virtqemud-sock', true],
    ['qemu:///session', root, `${system}/libvirt-sock`, false],
  ])('%s is missed at one place', (uri, place, path, session) => {
    expect(socketChoice(parseUri(uri), false, place)).toMatchObject({ expected: { path }, session })
  })

  it.each([
    ['qemu+unix://host/system', "invalid argument: using unix socket and remote server 'host' is not supported."],
    ['qemu:///system?mode=foo', "invalid argument: Unknown remote mode 'foo'"],
  ])('%s means none', (uri, message) => {
    expect(() => socketPaths(parseUri(uri), false, root)).toThrow(message)
  })
})

describe('the daemon of the user', () => {
  const legacy = { path: '/x/libvirt-sock', daemon: 'libvirtd' }
  const direct = { path: '/x/virtqemud-sock', daemon: 'virtqemud' }
  const search = (there: string[], env: Record<string, string> = {}) => ({
    env: { PATH: 'relative:/usr/bin:/opt/bin', ...env },
    exists: (path: string) => there.includes(path),
  })

  it.each([
    [
      'virtd first',
      legacy,
      search(['/opt/bin/virtd', '/usr/sbin/libvirtd']),
      '/opt/bin/virtd',
      ['--session', '--timeout=120'],
    ],
    [
      'one driver of it',
      direct,
      search(['/opt/bin/virtd']),
      '/opt/bin/virtd',
      ['--session', '--only=qemu', '--timeout=120'],
    ],
    ["libvirt's else", legacy, search(['/usr/sbin/libvirtd']), '/usr/sbin/libvirtd', ['--timeout=120']],
    [
      'the folder of the environment before',
      legacy,
      search(['/opt/bin/virtd'], { LIBVIRTD_PATH: '/f' }),
      '/f/libvirtd',
      ['--timeout=120'],
    ],
    [
      'by its own name',
      direct,
      search([], { VIRTQEMUD_PATH: '/f', LIBVIRTD_PATH: '/g' }),
      '/f/virtqemud',
      ['--timeout=120'],
    ],
  ])('is %s', (_what, place, where, file, args) => {
    expect(daemonProgram(place, where)).toEqual({ file, args })
  })

  it.each([
    ['there is none', search(['relative/virtd', '/usr/bin/libvirtd2'])],
    ['nobody wants it', search(['/usr/bin/virtd'], { LIBVIRT_AUTOSTART: '0' })],
  ])('is not started when %s', (_why, where) => {
    expect(daemonProgram(legacy, where)).toBeUndefined()
  })
})

describe('looking for a daemon', () => {
  const at = (name: string) => ({ path: join(folder, name), daemon: 'libvirtd' })
  const choice = (...names: string[]) => ({
    places: names.map(at),
    expected: at(names[0] as string),
    session: false,
  })
  const never = new AbortController().signal

  it('takes the first place where one listens, past files that nobody listens at', async () => {
    const server = createServer((socket) => socket.end('x')).listen(join(folder, 'second'))
    const dead = createServer().listen(join(folder, 'dead'))
    await new Promise((resolve) => setImmediate(resolve))
    writeFileSync(join(folder, 'file'), '')
    try {
      const way = await unixWay(choice('none', 'file', 'second', 'dead'), never)
      await new Promise((resolve) => way.duplex.once('close', resolve))
    } finally {
      server.close()
      dead.close()
    }
  })

  it('names every place when there is none', async () => {
    await expect(unixWay(choice('a', 'b'), never)).rejects.toMatchObject({
      code: 'system-error',
      message: `Failed to connect socket to '${folder}/a': No such file or directory`,
      details: `tried ${folder}/a, ${folder}/b; is the daemon running?`,
    })
    writeFileSync(join(folder, 'b'), '')
    await expect(unixWay(choice('a', 'b'), never)).rejects.toThrow(
      `Failed to connect socket to '${folder}/b': Connection refused`,
    )
  })

  it('goes no further past a socket that is not for us', async () => {
    mkdirSync(join(folder, 'folder'))
    const long = 'x'.repeat(200)
    await expect(unixWay(choice(long, 'a'), never)).rejects.toMatchObject({ code: 'system-error' })
  })
})
