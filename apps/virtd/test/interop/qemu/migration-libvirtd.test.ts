// SPDX-License-Identifier: GPL-2.0-or-later
// Guests move between virtd and a real libvirtd, and back, while they run.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Connection, connect, type Domain } from '@virt/core'
import { remote } from '@virt/remote'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startLibvirtd } from '../peers.mjs'
import { runProgram } from '../place.mjs'
import { diskGuestDisks, diskGuestXml, track } from './disk-guest.js'
import { openFolder } from './guest.js'
import { memoryDisk, memoryGuestXml } from './memory-guest.js'
import { Host, Way } from './two-hosts.js'

const parts = [await ensure('qemu'), await ensure('libvirtd')]
const able = parts.every(({ ok }) => ok) && process.getuid?.() === 0
if (!able) console.error('SKIPPED: migration to and from libvirtd (needs QEMU, libvirtd, and root for host names)')
const rounds = process.env.VIRT_LONG === '1' ? 20 : 1
const patience = { timeout: 30_000, interval: 20 }
const open = 'auth_unix_rw = "none"\nauth_unix_ro = "none"\n'

/** One end. */
interface End {
  readonly conn: Connection
  readonly uri: string
  /** The same for the other end's daemon. */
  readonly peer: string
}

describe.skipIf(!able)('a guest between virtd and libvirtd', () => {
  const folder = openFolder('virtd-both-')
  const serial = join(folder, 'guest')
  const host = able ? new Host('ours') : (undefined as unknown as Host)
  let theirs: Awaited<ReturnType<typeof startLibvirtd>>
  let ours: End
  let real: End
  let guest: Domain

  beforeAll(async () => {
    const doors = await Promise.all([Way.open(), Way.open()])
    for (const door of doors) door.close()
    const [door, own] = doors as [Way, Way]
    const port = `listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "none"\nlisten_addr = "${Way.from}"\ntcp_port = "${door.port}"\n`
    const settings = `${open}${port}host_uuid = "74686569-7273-4e00-8000-000000000001"\n`
    theirs = await startLibvirtd({ name: 'theirs', settings, listen: true })
    const uri = `qemu+unix:///system?socket=${theirs.socket}`
    const peer = `qemu+tcp://${Way.from}:${door.port}/system`
    real = { conn: await connect(uri, { drivers: [remote()] }), uri, peer }
    // Both hosts have the same disk here: its owner has to be the same too.
    writeFileSync(join(host.root, 'etc/libvirt/qemu.conf'), 'user = "root"\ngroup = "root"\n')
    host.listens(own.port, Way.from)
    ours = { conn: await host.start(), uri: host.uri, peer: `qemu+tcp://${Way.from}:${own.port}/system` }
    guest = await real.conn.domains.create(memoryGuestXml('both', memoryDisk(folder), serial))
  }, 120_000)
  afterAll(async () => {
    await guest?.destroy().catch(() => {})
    await real?.conn.close()
    await theirs?.stop()
    await host?.end()
    rmSync(folder, { recursive: true, force: true })
  })

  const said = (): string => (existsSync(serial) ? readFileSync(serial, 'utf8') : '')

  /** It runs there alone, and its memory is as it wrote it. */
  const arrived = async (from: End, to: End): Promise<void> => {
    guest = await to.conn.domains.byName('both')
    expect(await guest.state()).toEqual({ state: 'running', reason: 'migrated' })
    const before = said().length
    await expect.poll(() => said().length, patience).toBeGreaterThan(before + 3)
    expect(said()).toMatch(/^\.+$/)
    expect(await from.conn.domains.all()).toEqual([])
  }

  const ways: readonly (readonly [string, (from: End, to: End) => Promise<void>])[] = [
    [
      'by virsh',
      async (from, to) => {
        const words = [
          '-c',
          from.uri,
          'migrate',
          '--live',
          '--unsafe',
          'both',
          to.uri,
          '--migrateuri',
          'tcp://127.0.0.1',
        ]
        expect(await runProgram('virsh', words, { timeout: 60_000 })).toMatchObject({ code: 0, stderr: '' })
      },
    ],
    [
      'by virsh with its definition',
      async (from, to) => {
        const more = ['--persistent', '--undefinesource', '--migrateuri', 'tcp://127.0.0.1']
        const words = ['-c', from.uri, 'migrate', '--live', '--unsafe', 'both', to.uri, ...more]
        expect(await runProgram('virsh', words, { timeout: 60_000 })).toMatchObject({ code: 0, stderr: '' })
        const moved = await to.conn.domains.byName('both')
        expect(await moved.isPersistent()).toBe(true)
        await moved.undefine()
      },
    ],
    [
      'by our client',
      async (_from, to) => {
        await guest.migrate(to.conn, { live: true, unsafe: true, uri: 'tcp://127.0.0.1' })
      },
    ],
    [
      'in post-copy',
      async (from, to) => {
        const iteration = new Promise<void>((resolve) => from.conn.once('migrationIteration', () => resolve()))
        await from.conn.subscribed('migrationIteration')
        const options = { live: true, unsafe: true, postcopy: true, bandwidth: 4, uri: 'tcp://127.0.0.1' } as const
        const job = guest.migrate(to.conn, options)
        await Promise.race([iteration, job])
        await guest.migrateStartPostCopy()
        await job
      },
    ],
  ]

  /** The source's daemon drives it. */
  const byItself = (...more: string[]): ((from: End, to: End) => Promise<void>) => {
    return async (from, to) => {
      const words = ['-c', from.uri, 'migrate', '--live', '--unsafe', '--p2p', 'both', to.peer, ...more]
      expect(await runProgram('virsh', words, { timeout: 60_000 })).toMatchObject({ code: 0, stderr: '' })
    }
  }
  const address = ['--migrateuri', 'tcp://127.0.0.1']
  const alone: typeof ways = [
    ['peer to peer', byItself(...address)],
    [
      'peer to peer in post-copy',
      async (from, to) => {
        const betweens = (): number => host.told('both').filter((what) => what === 'resumed postcopy').length
        const before = betweens()
        // Whatever is left after the first pass is too much for a stop.
        await guest.migrateSetMaxDowntime(1)
        await byItself(...address, '--postcopy', '--postcopy-after-precopy', '--bandwidth', '16')(from, to)
        await expect.poll(betweens, patience).toBe(to === ours ? before + 1 : before)
      },
    ],
    ['peer to peer through a tunnel', byItself('--tunnelled')],
  ]

  it.each([...ways, ...alone])(
    'comes and goes %s',
    async (_, move) => {
      await expect.poll(said, patience).toMatch(/^\.\.\./)
      for (let i = 0; i < rounds; i++) {
        await move(real, ours)
        await arrived(real, ours)
        await move(ours, real)
        await arrived(ours, real)
      }
    },
    120_000 * rounds,
  )

  it('comes and goes with its disks', async () => {
    const at = (place: string): string => join(folder, place)
    for (const place of ['ours', 'theirs', 'back']) mkdirSync(at(place), { mode: 0o755 })
    const [disks, said] = [diskGuestDisks(at('ours'), 8), join(folder, 'disks')]
    await ours.conn.domains.create(diskGuestXml({ name: 'disks', ...disks, serial: said }))
    const rounds = (): string => (existsSync(said) ? readFileSync(said, 'utf8') : '')
    const move = async (from: End, to: End, old: string, place: string): Promise<void> => {
      await expect.poll(() => rounds().length, patience).toBeGreaterThan(2)
      const domain = await from.conn.domains.byName('disks')
      const xml = at('disks.xml')
      writeFileSync(xml, (await domain.xmlDesc({ migratable: true })).replaceAll(at(old), at(place)))
      const more = ['--copy-storage-all', '--migrateuri', 'tcp://127.0.0.1', '--xml', xml]
      const words = ['-c', from.uri, 'migrate', '--live', 'disks', to.uri, ...more]
      expect(await runProgram('virsh', words, { timeout: 60_000 })).toMatchObject({ code: 0, stderr: '' })
      const moved = await to.conn.domains.byName('disks')
      expect(await moved.state()).toEqual({ state: 'running', reason: 'migrated' })
      const before = rounds().length
      await expect.poll(() => rounds().length, patience).toBeGreaterThan(before + 3)
      expect(rounds()).toMatch(/^\.+$/)
      const rest = (where: string): Buffer => readFileSync(join(at(where), 'data.img')).subarray(track)
      expect(rest(place).equals(rest(old))).toBe(true)
    }
    // It has a pool make images.
    const pool = ['-c', real.uri, 'pool-create-as', 'theirs', 'dir', '--target', at('theirs')]
    expect(await runProgram('virsh', pool, {})).toMatchObject({ code: 0 })
    await move(ours, real, 'ours', 'theirs')
    await move(real, ours, 'theirs', 'back')
    await (await ours.conn.domains.byName('disks')).destroy()
  }, 120_000)
})
