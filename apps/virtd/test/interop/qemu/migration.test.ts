// SPDX-License-Identifier: GPL-2.0-or-later
// Guests move between two hosts while they run, also when the way between the hosts breaks meanwhile.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection, Domain, MigrateOptions } from '@virt/core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { openFolder } from './guest.js'
import { memoryDisk, memoryGuestXml } from './memory-guest.js'
import { Host, Way } from './two-hosts.js'

const qemu = await ensure('qemu')
const able = qemu.ok && process.getuid?.() === 0
if (!able) console.error('SKIPPED: migration between two hosts (needs QEMU, and root for host names)')
const rounds = process.env.VIRT_LONG === '1' ? 20 : 1
const patience = { timeout: 20_000, interval: 20 }

describe.skipIf(!able)('a guest that moves', () => {
  const [here, there] = able ? [new Host('here'), new Host('there')] : ([] as unknown as [Host, Host])
  const folder = openFolder('virtd-migration-')
  let source: Connection
  let destination: Connection
  let way: Way
  let number = 0
  let guest: Domain
  let serial: string

  beforeAll(async () => {
    way = await Way.open()
    ;[source, destination] = await Promise.all([here.start(), there.start()])
  }, 60_000)
  afterEach(async () => {
    for (const connection of [source, destination])
      for (const domain of await connection.domains.all()) await domain.destroy().catch(() => {})
  })
  afterAll(async () => {
    way?.close()
    await Promise.all([here?.end(), there?.end()])
    rmSync(folder, { recursive: true, force: true })
  })

  /** A guest that has begun to look at its memory. */
  const begin = async (): Promise<void> => {
    const name = `guest${number++}`
    serial = join(folder, name)
    guest = await source.domains.create(memoryGuestXml(name, memoryDisk(folder), serial))
    await expect.poll(said, patience).toMatch(/^\.\.\./)
  }
  const said = (): string => (existsSync(serial) ? readFileSync(serial, 'utf8') : '')
  const options = (more: MigrateOptions = {}): MigrateOptions => ({
    live: true,
    unsafe: true,
    uri: `tcp://${Way.from}:${way.port}`,
    listenAddress: Way.to,
    ...more,
  })
  /** It runs over there alone, and its memory is as it wrote it. */
  const arrived = async (): Promise<void> => {
    const moved = await destination.domains.byName(guest.name)
    expect(await moved.state()).toEqual({ state: 'running', reason: 'migrated' })
    const before = said().length
    await expect.poll(() => said().length, patience).toBeGreaterThan(before + 3)
    expect(said()).toMatch(/^\.+$/)
    expect(await source.domains.all()).toEqual([])
    expect([here.guests().length, there.guests().length]).toEqual([0, 1])
  }
  /** Until the guest runs over there, and most of its memory is still here. */
  const untilBetween = async (): Promise<{ readonly over: Promise<unknown> }> => {
    const iteration = new Promise<void>((resolve) => source.once('migrationIteration', () => resolve()))
    await source.subscribed('migrationIteration')
    const over = Promise.resolve(
      guest.migrate(destination, options({ postcopy: true, bandwidth: 4, postcopyBandwidth: 2 })),
    ).then(
      () => 'moved',
      (error: unknown) => error,
    )
    await iteration
    await guest.migrateStartPostCopy()
    await expect.poll(() => there.told(guest.name).includes('resumed postcopy'), patience).toBe(true)
    return { over }
  }
  const broken = async (): Promise<void> => {
    const { over } = await untilBetween()
    way.cut()
    expect(await over).toMatchObject({ code: 'operation-failed' })
    await expect.poll(() => guest.state(), patience).toEqual({ state: 'paused', reason: 'postcopy-failed' })
    const moved = await destination.domains.byName(guest.name)
    await expect.poll(() => moved.state(), patience).toEqual({ state: 'running', reason: 'postcopy-failed' })
  }
  const resume = async (more: MigrateOptions = {}): Promise<Domain> =>
    await guest.migrate(destination, options({ postcopy: true, postcopyResume: true, postcopyBandwidth: 64, ...more }))

  it('runs on over there, and ends here', async () => {
    await begin()
    const moved = await guest.migrate(destination, options())
    expect(moved.name).toBe(guest.name)
    await arrived()
    expect(there.told(guest.name)).toEqual(['started migrated', 'resumed migrated'])
    expect(here.told(guest.name).slice(-3)).toEqual(['suspended migrated', 'shutdown host', 'stopped migrated'])
  }, 60_000)

  it('runs over there before its memory is there', async () => {
    await begin()
    const { over } = await untilBetween()
    expect(await guest.state()).toEqual({ state: 'paused', reason: 'postcopy' })
    await guest.migrateSetMaxSpeed(64, { postcopy: true })
    expect(await over).toBe('moved')
    await arrived()
    expect(there.told(guest.name)).toEqual(['started migrated', 'resumed postcopy', 'resumed migrated'])
  }, 60_000)

  const hindrances: readonly (readonly [string, (round: () => Promise<Domain>) => Promise<Domain>])[] = [
    ['', (round) => round()],
    [
      ' when the connection is held for a second',
      async (round) => {
        way.hold = 1000
        return await round().finally(() => {
          way.hold = 0
        })
      },
    ],
    [
      ' when its process over there stands still for a second',
      async (round) => {
        const [pid = 0] = there.guests()
        const going = round()
        // From when it listens anew: before that it has to answer.
        await expect.poll(() => way.connections, patience).toBeGreaterThan(0)
        process.kill(pid, 'SIGSTOP')
        setTimeout(() => process.kill(pid, 'SIGCONT'), 1000)
        return await going
      },
    ],
  ]
  it.each(hindrances)(
    `is taken up again after its way was cut%s`,
    async (_name, hinder) => {
      for (let i = 0; i < rounds; i++) {
        await begin()
        await broken()
        await hinder(() => resume())
        await arrived()
        const moved = await destination.domains.byName(guest.name)
        await moved.destroy()
      }
    },
    60_000 * rounds,
  )

  describe('and loses a daemon', () => {
    const restart = async (host: Host): Promise<void> => {
      await host.kill()
      host.connection?.destroy()
      const connection = await host.start()
      if (host === here) source = connection
      else destination = connection
    }
    /** Until its memory is on the way. */
    const untilSending = async (): Promise<{ readonly over: Promise<unknown> }> => {
      const iteration = new Promise<void>((resolve) => source.once('migrationIteration', () => resolve()))
      await source.subscribed('migrationIteration')
      const over = Promise.resolve(guest.migrate(destination, options({ bandwidth: 1 }))).then(
        () => 'moved',
        (error: unknown) => error,
      )
      await iteration
      return { over }
    }
    /** It runs here alone, as if nothing had been. */
    const stayed = async (): Promise<void> => {
      const left = await source.domains.byName(guest.name)
      await expect.poll(async () => (await left.state()).state, patience).toBe('running')
      await expect.poll(() => there.guests(), patience).toEqual([])
      const before = said().length
      await expect.poll(() => said().length, patience).toBeGreaterThan(before + 3)
      expect(said()).toMatch(/^\.+$/)
      expect(await left.jobInfo()).toMatchObject({ type: 'none' })
    }

    it('here before it runs over there: it stays', async () => {
      await begin()
      const { over } = await untilSending()
      await restart(here)
      await over
      await stayed()
    }, 60_000)

    it('over there before it runs there: it stays', async () => {
      await begin()
      const { over } = await untilSending()
      await restart(there)
      expect(await over).toBeInstanceOf(Error)
      await stayed()
    }, 60_000)

    it('here while its memory follows it: both sides come to the end by themselves', async () => {
      await begin()
      const { over } = await untilBetween()
      await restart(here)
      const left = await source.domains.byName(guest.name)
      expect(await left.state()).toEqual({ state: 'paused', reason: 'postcopy' })
      await left.migrateSetMaxSpeed(64, { postcopy: true })
      await over
      await expect.poll(() => source.domains.all(), { ...patience, timeout: 50_000 }).toEqual([])
      await arrived()
    }, 90_000)

    it('over there while its memory follows it: both sides come to the end by themselves', async () => {
      await begin()
      const { over } = await untilBetween()
      await restart(there)
      expect(await over).toBeInstanceOf(Error)
      const moved = await destination.domains.byName(guest.name)
      expect((await moved.state()).state).toBe('running')
      await guest.migrateSetMaxSpeed(64, { postcopy: true })
      await expect.poll(() => source.domains.all(), { ...patience, timeout: 50_000 }).toEqual([])
      await expect.poll(() => moved.state(), patience).toEqual({ state: 'running', reason: 'migrated' })
      await arrived()
    }, 90_000)
  })
})
