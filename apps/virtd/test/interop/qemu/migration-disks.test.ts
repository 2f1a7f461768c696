// SPDX-License-Identifier: GPL-2.0-or-later
// Guests move between two hosts that share no disks: the disks come along, while the guest writes to them.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Connection, Domain, DomainMigration, MigrateOptions } from '@virt/core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { type DiskGuestOptions, diskGuestDisks, diskGuestXml, track } from './disk-guest.js'
import { openFolder } from './guest.js'
import { Host } from './two-hosts.js'

const qemu = await ensure('qemu')
const able = qemu.ok && process.getuid?.() === 0
if (!able) console.error('SKIPPED: migration of disks (needs QEMU, and root for host names)')
const patience = { timeout: 20_000, interval: 20 }

describe.skipIf(!able)('a guest that moves with its disks', () => {
  const [here, there] = able ? [new Host('from'), new Host('to')] : ([] as unknown as [Host, Host])
  const folder = openFolder('virtd-disks-')
  let source: Connection
  let destination: Connection
  let guest: Domain
  let number = 0
  let place: { readonly here: string; readonly there: string }
  let serial: string

  beforeAll(async () => {
    ;[source, destination] = await Promise.all([here.start(), there.start()])
  }, 60_000)
  afterEach(async () => {
    for (const connection of [source, destination])
      for (const domain of await connection.domains.all()) await domain.destroy().catch(() => {})
  })
  afterAll(async () => {
    await Promise.all([here?.end(), there?.end()])
    rmSync(folder, { recursive: true, force: true })
  })

  const said = (): string => (existsSync(serial) ? readFileSync(serial, 'utf8') : '')
  /** A guest that has begun to look at its disk. */
  const begin = async (more: Partial<DiskGuestOptions> = {}): Promise<void> => {
    const name = `disks${number++}`
    place = { here: join(folder, name, 'here'), there: join(folder, name, 'there') }
    for (const one of Object.values(place)) {
      mkdirSync(one, { recursive: true })
      chmodSync(one, 0o777)
    }
    serial = join(folder, name, 'serial')
    const disks = diskGuestDisks(place.here)
    if (more.format === 'qcow2') {
      execFileSync('qemu-img', ['convert', '-O', 'qcow2', disks.data, `${disks.data}.qcow2`])
      rmSync(disks.data)
    }
    const data = more.format === 'qcow2' ? `${disks.data}.qcow2` : disks.data
    guest = await source.domains.create(diskGuestXml({ name, ...disks, data, serial, ...more }))
    await expect.poll(said, patience).toMatch(/^\.\.\./)
  }
  const options = async (more: MigrateOptions = {}): Promise<MigrateOptions> => ({
    live: true,
    nonSharedDisk: true,
    uri: 'tcp://127.0.0.1',
    xml: (await guest.xmlDesc({ migratable: true, secure: true })).replaceAll(place.here, place.there),
    ...more,
  })
  /** The bytes of a disk that its guest leaves alone. */
  const rest = (path: string): Buffer => {
    if (!path.endsWith('.qcow2')) return readFileSync(path).subarray(track)
    execFileSync('qemu-img', ['convert', '-U', '-O', 'raw', path, `${path}.raw`])
    return readFileSync(`${path}.raw`).subarray(track)
  }
  const arrived = async (data = 'data.img'): Promise<void> => {
    const moved = await destination.domains.byName(guest.name)
    expect(await moved.state()).toEqual({ state: 'running', reason: 'migrated' })
    const before = said().length
    await expect.poll(() => said().length, patience).toBeGreaterThan(before + 3)
    expect(said()).toMatch(/^\.+$/)
    expect(await source.domains.all()).toEqual([])
    await moved.suspend()
    expect(rest(join(place.there, data)).equals(rest(join(place.here, data)))).toBe(true)
  }

  it('has them made, and all that is in them', async () => {
    await begin()
    await guest.migrate(destination, await options())
    await arrived()
  }, 60_000)

  it('has images with a format made too', async () => {
    await begin({ format: 'qcow2' })
    await guest.migrate(destination, await options())
    await arrived('data.img.qcow2')
  }, 60_000)

  const ways: readonly (readonly [string, () => MigrateOptions])[] = [
    ['at a port of the caller', () => ({ disksPort: 49_460 })],
    ['at an address of the caller', () => ({ disksUri: 'tcp://127.0.0.1:49461' })],
    [
      'by sockets',
      () => ({
        uri: `unix://${join(place.there, 'guest.sock')}`,
        disksUri: `unix://${join(place.there, 'disks.sock')}`,
      }),
    ],
    ['each write at once', () => ({ nonSharedSynchronousWrites: true })],
    ['with holes for zeroes', () => ({ detectZeroesDisks: ['hdb'] })],
    ['in post-copy', () => ({ postcopy: true })],
    ['over several connections', () => ({ parallel: true, parallelConnections: 3 })],
    ['while it stands still', () => ({ live: false })],
  ]
  it.each(ways)(
    'has them copied %s',
    async (_name, more) => {
      await begin()
      await guest.migrate(destination, await options(more()))
      await arrived()
    },
    60_000,
  )

  it('has those copied that are named', async () => {
    await begin()
    const xml = (await guest.xmlDesc({ migratable: true })).replace(join(place.here, 'data'), join(place.there, 'data'))
    await guest.migrate(destination, await options({ xml, disks: ['hdb'], unsafe: true }))
    await arrived()
    expect(existsSync(join(place.there, 'boot.img'))).toBe(false)
  }, 60_000)

  it('has what differs from a common image copied', async () => {
    await begin({ format: 'qcow2' })
    await guest.destroy()
    const [base, top] = ['data.img.qcow2', 'top.qcow2']
    for (const at of [place.here, place.there]) {
      if (at === place.there) execFileSync('cp', [join(place.here, base), join(place.here, 'boot.img'), at])
      execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', join(at, base), '-F', 'qcow2', join(at, top)])
    }
    rmSync(serial)
    const [boot, data] = [join(place.here, 'boot.img'), join(place.here, top)]
    guest = await source.domains.create(diskGuestXml({ name: guest.name, boot, data, format: 'qcow2', serial }))
    await expect.poll(said, patience).toMatch(/^\.\.\./)
    const xml = (await guest.xmlDesc({ migratable: true })).replaceAll(place.here, place.there)
    const more = { nonSharedDisk: false, nonSharedInc: true, disks: ['hdb'], unsafe: true } as const
    await guest.migrate(destination, await options({ ...more, xml }))
    await arrived(top)
    expect(statSync(join(place.there, top)).size).toBeLessThan(4 << 20)
  }, 60_000)

  /** The bitmaps of a guest's disks. */
  const bitmapsOf = async (domain: Domain): Promise<{ name: string; persistent: boolean; count: number }[]> => {
    const question = JSON.stringify({ execute: 'query-named-block-nodes', arguments: { flat: true } })
    const nodes = JSON.parse(await domain.qemuMonitorCommand(question)).return as {
      'dirty-bitmaps'?: { name: string; persistent: boolean; count: number }[]
    }[]
    // QEMU's own for copying have no names.
    return nodes.flatMap((node) => node['dirty-bitmaps'] ?? []).filter(({ name }) => name !== undefined)
  }
  /** A guest whose disk has a note of all that was written since a backup. */
  const beginMarked = async (): Promise<void> => {
    await begin({ format: 'qcow2' })
    await guest.destroy()
    execFileSync('qemu-img', ['bitmap', '--add', join(place.here, 'data.img.qcow2'), 'since'])
    const before = said().length
    guest = await source.domains.create(
      diskGuestXml({
        ...{ name: guest.name, boot: join(place.here, 'boot.img'), data: join(place.here, 'data.img.qcow2') },
        ...{ format: 'qcow2', serial },
      }),
    )
    await expect.poll(() => said().length, patience).toBeGreaterThan(before + 3)
  }

  it.each([{}, { postcopy: true }, { nonSharedSynchronousWrites: true }])(
    'has notes of what has changed taken along: %o',
    async (more) => {
      await beginMarked()
      const moved = await guest.migrate(destination, await options(more))
      const note = { name: 'since', persistent: true, count: expect.any(Number) }
      expect(await bitmapsOf(moved)).toEqual([expect.objectContaining(note)])
      expect((await bitmapsOf(moved))[0]?.count).toBeGreaterThanOrEqual(track)
      await expect.poll(said, patience).toMatch(/^\.+$/)
    },
    60_000,
  )

  describe('and stays', () => {
    /** A migration whose disks take their time. */
    const slow = async (): Promise<{ readonly job: DomainMigration; readonly over: Promise<unknown> }> => {
      const job = guest.migrate(destination, await options({ bandwidth: 8 }))
      const over = Promise.resolve(job).then(
        () => 'moved',
        (error: unknown) => error,
      )
      await expect
        .poll(async () => Number((await guest.jobStats().catch(() => undefined))?.params.diskProcessed ?? 0), patience)
        .toBeGreaterThan(1 << 20)
      return { job, over }
    }
    /** It runs here alone, and nothing is left of what was begun. */
    const stayed = async (): Promise<void> => {
      const left = await source.domains.byName(guest.name)
      await expect.poll(() => left.jobInfo(), patience).toMatchObject({ type: 'none' })
      expect((await left.state()).state).toBe('running')
      const before = said().length
      await expect.poll(() => said().length, patience).toBeGreaterThan(before + 3)
      expect(said()).toMatch(/^\.+$/)
      await expect.poll(() => there.guests(), patience).toEqual([])
      await expect.poll(() => readdirSync(place.there), patience).toEqual([])
      const asked = async (execute: string): Promise<string> =>
        JSON.stringify(JSON.parse(await left.qemuMonitorCommand(JSON.stringify({ execute }))).return)
      expect(await asked('query-jobs')).toBe('[]')
      expect(await asked('query-named-block-nodes')).not.toContain('migration-')
    }

    it('when it is told to', async () => {
      await begin()
      const { job, over } = await slow()
      await job.abort()
      expect(await over).toMatchObject({ code: 'operation-aborted' })
      await stayed()
      await guest.migrate(destination, await options())
      await arrived()
    }, 60_000)

    it('when it is told to, with notes of what has changed', async () => {
      await beginMarked()
      const { job, over } = await slow()
      const names = (await bitmapsOf(guest)).map(({ name }) => name)
      expect(names.sort()).toEqual(['libvirt-migration-libvirt-hdb-since', 'since'])
      await job.abort()
      expect(await over).toMatchObject({ code: 'operation-aborted' })
      await stayed()
      expect((await bitmapsOf(guest)).map(({ name }) => name)).toEqual(['since'])
    }, 60_000)

    it('when there is no room for what it writes, if that is asked for', async () => {
      await begin()
      await guest.destroy()
      const small = join(folder, guest.name, 'small')
      mkdirSync(small)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=777', 'virtd-small', small])
      const filler = openSync(join(small, 'filler'), 'w')
      try {
        const data = join(small, 'data.img')
        writeFileSync(data, '', { mode: 0o666 })
        chmodSync(data, 0o666)
        truncateSync(data, 8 << 20)
        const before = said().length
        guest = await source.domains.create(
          diskGuestXml({ name: guest.name, boot: join(place.here, 'boot.img'), data, serial }),
        )
        await expect.poll(() => said().length, patience).toBeGreaterThan(before + 3)
        const sending = new Promise<void>((resolve) => source.once('migrationIteration', () => resolve()))
        await source.subscribed('migrationIteration')
        const job = guest.migrate(destination, {
          ...{ live: true, unsafe: true, uri: 'tcp://127.0.0.1' },
          ...{ bandwidth: 1, abortOnError: true },
        })
        const over = Promise.resolve(job).catch((error: unknown) => error)
        await Promise.race([sending, over])
        const isFull = async (): Promise<string> => {
          // What the guest has written is gone, and so is the room for it.
          truncateSync(data, 0)
          truncateSync(data, 8 << 20)
          try {
            for (;;) writeSync(filler, Buffer.alloc(4096))
          } catch {}
          return (await guest.state()).reason
        }
        await expect.poll(isFull, patience).toBe('ioerror')
        const message = "job 'migration out' failed due to I/O error"
        expect(await over).toMatchObject({ code: 'operation-failed', message: expect.stringContaining(message) })
        expect(await guest.state()).toEqual({ state: 'paused', reason: 'ioerror' })
        await expect.poll(() => there.guests(), patience).toEqual([])
        await guest.destroy()
      } finally {
        closeSync(filler)
        execFileSync('umount', ['-l', small])
      }
    }, 60_000)

    it('when what takes its disks dies', async () => {
      await begin()
      const { over } = await slow()
      for (const pid of there.guests()) process.kill(pid, 'SIGKILL')
      expect(await over).toMatchObject({ code: 'operation-failed', message: expect.stringContaining('disk') })
      await stayed()
    }, 60_000)

    it('when the daemon that has them copied dies', async () => {
      await begin()
      const { over } = await slow()
      await here.kill()
      here.connection?.destroy()
      source = await here.start()
      await over
      await stayed()
    }, 60_000)

    it('when the daemon dies that has them copied, with notes of what has changed', async () => {
      await beginMarked()
      const { over } = await slow()
      expect((await bitmapsOf(guest)).length).toBe(2)
      await here.kill()
      here.connection?.destroy()
      source = await here.start()
      await over
      await stayed()
      expect((await bitmapsOf(await source.domains.byName(guest.name))).map(({ name }) => name)).toEqual(['since'])
    }, 60_000)

    it('when the daemon that takes them dies', async () => {
      await begin()
      const { over } = await slow()
      await there.kill()
      there.connection?.destroy()
      destination = await there.start()
      expect(await over).toBeInstanceOf(Error)
      const left = await source.domains.byName(guest.name)
      expect((await left.state()).state).toBe('running')
      expect(there.guests()).toEqual([])
    }, 60_000)
  })
})
