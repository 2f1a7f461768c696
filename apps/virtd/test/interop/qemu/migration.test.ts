// SPDX-License-Identifier: GPL-2.0-or-later
// Guests move between two hosts while they run, also when the way between the hosts breaks meanwhile.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { runProgram } from '../place.mjs'
import { type Driver, Moving, patience } from './moving.js'

const qemu = await ensure('qemu')
const python = await ensure('python')
const able = qemu.ok && process.getuid?.() === 0
if (!able) console.error('SKIPPED: migration between two hosts (needs QEMU, and root for host names)')
const long = process.env.VIRT_LONG === '1'
const rounds = long ? 20 : 1
const drivers: readonly Driver[] = ['client', 'source']

describe.skipIf(!able)('a guest that moves', () => {
  let at: Moving
  beforeAll(async () => {
    at = new Moving('here', 'there')
    await at.open()
  }, 180_000)
  afterEach(async () => await at.clear())
  afterAll(async () => await at?.close())

  describe.each(drivers)('driven by the %s', (driver) => {
    it('runs on over there, and ends here', async () => {
      await at.begin(driver)
      await at.move()
      await at.arrived()
      const { here, there, guest } = at
      expect(there.told(guest.name)).toEqual(['started migrated', 'resumed migrated'])
      expect(here.told(guest.name).slice(-2)).toEqual(['suspended migrated', 'stopped migrated'])
    }, 180_000)

    it('runs over there before its memory is there', async () => {
      await at.begin(driver)
      const { over } = await at.untilBetween()
      expect(await at.guest.state()).toEqual({ state: 'paused', reason: 'postcopy' })
      await at.guest.migrateSetMaxSpeed(64, { postcopy: true })
      expect(await over).toBe('moved')
      await at.arrived()
      expect(at.there.told(at.guest.name)).toEqual(['started migrated', 'resumed postcopy', 'resumed migrated'])
    }, 180_000)

    const hindrances: readonly (readonly [string, (round: () => Promise<void>) => Promise<void>])[] = [
      ['', (round) => round()],
      [
        ' when the connection is held for a second',
        async (round) => {
          at.way.hold = 1000
          await round().finally(() => {
            at.way.hold = 0
          })
        },
      ],
      [
        ' when its process over there stands still for a second',
        async (round) => {
          const [pid = 0] = at.there.guests()
          const going = round()
          // From when it listens anew: before that it has to answer.
          await expect.poll(() => at.way.connections, patience).toBeGreaterThan(0)
          process.kill(pid, 'SIGSTOP')
          setTimeout(() => process.kill(pid, 'SIGCONT'), 1000)
          await going
        },
      ],
    ]
    it.each(hindrances)(
      `is taken up again after its way was cut%s`,
      async (_name, hinder) => {
        for (let i = 0; i < rounds; i++) {
          await at.begin(driver)
          await at.broken()
          await hinder(() => at.resume())
          await at.arrived()
          await at.clear()
        }
      },
      180_000 * rounds,
    )
  })

  const losses: readonly (readonly [driver: Driver, what: string, lose: () => Promise<void>])[] = [
    ['client', '', async () => {}],
    ['source', ' when the daemon here has died', async () => await at.restart(at.here)],
    ['client', ' when the daemon over there has died', async () => await at.restart(at.there)],
    ['client', ' when the daemon here has died', async () => await at.restart(at.here)],
    ['source', '', async () => {}],
  ]
  it.each(long ? losses : losses.slice(0, 2))(
    'is taken up again by itself, driven by the %s%s',
    async (driver, _what, lose) => {
      await at.begin(driver)
      // Its own connections: ours are lost with a daemon and opened anew for looking on.
      const own = await Promise.all([at.here.connect(), at.there.connect()])
      at.by = own
      const errors: Error[] = []
      const recover = { delay: 200, onAttempt: (_attempt: number, error: Error) => errors.push(error) }
      const { over } = await at.untilSending({ postcopy: true, bandwidth: 4, postcopyBandwidth: 6, recover })
      await at.guest.migrateStartPostCopy()
      await expect.poll(() => at.there.told(at.guest.name).includes('resumed postcopy'), patience).toBe(true)
      at.way.cut()
      await lose()
      expect(await over).toBe('moved')
      at.by = undefined
      expect(errors.length).toBeGreaterThan(0)
      await at.arrived()
      for (const connection of own) connection.destroy()
    },
    180_000,
  )

  it.each([
    ['client', 'source'],
    ['source', 'client'],
  ] as const)(
    'is taken up by the other: begun by the %s, resumed by the %s',
    async (first, second) => {
      await at.begin(first)
      await at.broken()
      at.driver = second
      await at.resume()
      await at.arrived()
    },
    180_000,
  )

  it('takes its definition along, driven by the source', async () => {
    await at.begin('source')
    const defined = await at.source.domains.define(await at.guest.xmlDesc({ inactive: true }))
    await at.move({ persistDest: true, undefineSource: true })
    await at.arrived()
    const moved = await at.destination.domains.byName(at.guest.name)
    expect(await moved.isPersistent()).toBe(true)
    await moved.destroy()
    await moved.migrate(at.back, { offline: true, persistDest: true, undefineSource: true })
    expect(await at.destination.domains.all()).toEqual([])
    const back = await at.source.domains.byName(defined.name)
    expect(await back.state()).toMatchObject({ state: 'shutoff' })
    await back.undefine()
  }, 180_000)

  const asked: readonly (readonly [call: string, args: string])[] = [
    ['migrateToURI', 'peer, flags | libvirt.VIR_MIGRATE_TUNNELLED, None, 0'],
    ['migrateToURI2', "peer, 'tcp://127.0.0.1', None, flags, None, 0"],
    ['migrateToURI3', "peer, {libvirt.VIR_MIGRATE_PARAM_URI: 'tcp://127.0.0.1'}, flags"],
  ]
  it.skipIf(!python.ok).each(asked)(
    "moves when libvirt's own client asks: %s",
    async (call, args) => {
      await at.begin()
      const script = [
        'import libvirt, sys',
        'uri, name, peer = sys.argv[1:]',
        `flags = ${['LIVE', 'UNSAFE', 'PEER2PEER'].map((flag) => `libvirt.VIR_MIGRATE_${flag}`).join(' | ')}`,
        `libvirt.open(uri).lookupByName(name).${call}(${args})`,
      ].join('\n')
      const words = ['-c', script, at.here.uri, at.guest.name, at.peer]
      expect(await runProgram('/usr/bin/python3', words, { timeout: 120_000 })).toMatchObject({ code: 0, stderr: '' })
      await at.arrived()
    },
    180_000,
  )

  describe('through a tunnel', () => {
    it('runs on over there, and ends here', async () => {
      await at.begin('source')
      await at.move({ tunnelled: true })
      await at.arrived()
      expect(at.way.connections).toBe(0)
      expect(at.there.told(at.guest.name)).toEqual(['started migrated', 'resumed migrated'])
    }, 180_000)

    it('stays when the tunnel breaks', async () => {
      await at.begin('source')
      const { over } = await at.untilSending({ tunnelled: true, bandwidth: 1 })
      at.link.cut()
      expect(await over).toMatchObject({ code: 'operation-failed', message: /Lost connection to destination host/ })
      await at.stayed()
    }, 180_000)

    it('stays when it is told to', async () => {
      await at.begin('source')
      const { over } = await at.untilSending({ tunnelled: true, bandwidth: 1 })
      await at.guest.abortJob()
      expect(await over).toMatchObject({ code: 'operation-aborted' })
      await at.stayed()
    }, 180_000)

    it('stays when its process over there dies', async () => {
      await at.begin('source')
      const { over } = await at.untilSending({ tunnelled: true, bandwidth: 1 })
      for (const pid of at.there.guests()) process.kill(pid, 'SIGKILL')
      expect(await over).toBeInstanceOf(Error)
      await at.stayed()
    }, 180_000)

    it.each([
      [{ uri: 'tcp://127.0.0.1' }, 'migration URI is not supported by tunnelled migration'],
      [{ listenAddress: '127.0.0.1' }, 'listen address is not supported by tunnelled migration'],
      [{ disksPort: 1 }, 'disk port address is not supported by tunnelled migration'],
      [{ postcopy: true }, 'post-copy is not supported with tunnelled migration'],
      [{ nonSharedDisk: true }, 'migration of non-shared storage is not supported with tunnelled migration'],
    ])(
      'is not to have %o',
      async (more, text) => {
        await at.begin('source')
        await expect(at.move({ tunnelled: true, ...more })).rejects.toThrow(text)
        await at.stayed()
      },
      180_000,
    )
  })

  describe('and loses a daemon', () => {
    it('here before it runs over there: it stays', async () => {
      await at.begin()
      const { over } = await at.untilSending()
      await at.restart(at.here)
      await over
      await at.stayed()
    }, 180_000)

    it('over there before it runs there: it stays', async () => {
      await at.begin()
      const { over } = await at.untilSending()
      await at.restart(at.there)
      expect(await over).toBeInstanceOf(Error)
      await at.stayed()
    }, 180_000)

    it('here while its memory follows it: both sides come to the end by themselves', async () => {
      await at.begin()
      const { over } = await at.untilBetween()
      await at.restart(at.here)
      const left = await at.source.domains.byName(at.guest.name)
      expect(await left.state()).toEqual({ state: 'paused', reason: 'postcopy' })
      await left.migrateSetMaxSpeed(64, { postcopy: true })
      await over
      await expect.poll(() => at.source.domains.all(), { ...patience, timeout: 90_000 }).toEqual([])
      await at.arrived()
    }, 180_000)

    it('over there while its memory follows it: both sides come to the end by themselves', async () => {
      await at.begin()
      const { over } = await at.untilBetween()
      await at.restart(at.there)
      expect(await over).toBeInstanceOf(Error)
      const moved = await at.destination.domains.byName(at.guest.name)
      expect((await moved.state()).state).toBe('running')
      await at.guest.migrateSetMaxSpeed(64, { postcopy: true })
      await expect.poll(() => at.source.domains.all(), { ...patience, timeout: 90_000 }).toEqual([])
      await expect.poll(() => moved.state(), patience).toEqual({ state: 'running', reason: 'migrated' })
      await at.arrived()
    }, 180_000)
  })
})
