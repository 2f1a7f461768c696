// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever dies while a guest moves, and whenever: the guest runs on exactly one side, or it is told to be lost.
import { type Connection, connect, type Domain } from '@virt/core'
import { remote } from '@virt/remote'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { type Driver, Moving, patience } from './moving.js'
import { type Host, Way } from './two-hosts.js'

const qemu = await ensure('qemu')
const able = qemu.ok && process.getuid?.() === 0
if (!able) console.error('SKIPPED: deaths during migration (needs QEMU, and root for host names)')
const long = process.env.VIRT_LONG === '1'
const rounds = long ? 5 : 1

/** When: after Begin, after Prepare, while memory is sent, before Finish, before Confirm, in post-copy, and after that broke. */
type Phase = 'begun' | 'prepared' | 'sending' | 'sent' | 'finished' | 'between' | 'broken'
/** Who or what is gone. `end` is the job, `way` what QEMU sends over, `client` who asked for the migration. */
type Victim = 'daemon here' | 'daemon there' | 'guest here' | 'guest there' | 'job' | 'way' | 'link' | 'client'
/**
 * Where it runs in the end. `paused`: nowhere, until an administrator lets it go on here; `resumed`: over there, once it is taken up;
 * `lost`: the process died that had it, or one that had a part of it.
 */
type Outcome = 'here' | 'there' | 'paused' | 'resumed' | 'lost'

const byClient: Readonly<Record<Phase, Partial<Record<Victim, Outcome>>>> = {
  begun: { 'daemon here': 'here', 'daemon there': 'here', 'guest here': 'lost', job: 'here', client: 'here' },
  prepared: {
    'daemon here': 'here',
    'daemon there': 'here',
    'guest here': 'lost',
    'guest there': 'here',
    job: 'here',
    client: 'here',
  },
  sending: {
    'daemon here': 'here',
    'daemon there': 'here',
    'guest here': 'lost',
    'guest there': 'here',
    job: 'here',
    way: 'here',
    client: 'here',
  },
  sent: {
    'daemon here': 'there',
    'daemon there': 'here',
    'guest here': 'there',
    'guest there': 'here',
    job: 'there',
    client: 'paused',
  },
  finished: {
    'daemon here': 'there',
    'daemon there': 'there',
    'guest here': 'there',
    'guest there': 'lost',
    job: 'there',
    client: 'there',
  },
  between: {
    'daemon here': 'there',
    'daemon there': 'there',
    'guest here': 'lost',
    'guest there': 'lost',
    job: 'there',
    way: 'resumed',
    client: 'there',
  },
  broken: { 'daemon here': 'resumed', 'daemon there': 'resumed', 'guest here': 'lost', 'guest there': 'lost' },
}
/** The source's daemon goes on without whoever asked it. */
const bySource: typeof byClient = {
  begun: {},
  prepared: {},
  sending: { ...byClient.sending, link: 'here', client: 'there' },
  sent: { ...byClient.sent, link: 'here', client: 'there' },
  finished: {},
  between: { ...byClient.between, link: 'there' },
  broken: { ...byClient.broken, link: 'resumed' },
}
const tables: Readonly<Record<Driver, typeof byClient>> = { client: byClient, source: bySource }

type Row = readonly [driver: Driver, phase: Phase, victim: Victim, outcome: Outcome]
const rows: readonly Row[] = Object.entries(tables).flatMap(([driver, table]) =>
  Object.entries(table).flatMap(([phase, row]) =>
    Object.entries(row).map(([victim, outcome]): Row => [driver as Driver, phase as Phase, victim as Victim, outcome]),
  ),
)
/** Those that every run goes through. */
const few: readonly string[] = [
  'client begun daemon here',
  'client prepared guest there',
  'client sent daemon here',
  'client between daemon here',
  'client sent client',
  'client finished daemon here',
  'client between guest here',
  'client broken daemon there',
  'source sending daemon there',
  'source sending client',
  'source sent daemon here',
  'source sent link',
  'source between daemon there',
  'source between link',
  'source broken daemon here',
]
const chosen = long ? rows : rows.filter(([driver, phase, victim]) => few.includes(`${driver} ${phase} ${victim}`))

/** The call that is held to stay in a phase. */
const heldCalls: Partial<Record<Phase, string>> = {
  begun: 'domainMigratePrepare3Params',
  prepared: 'domainMigratePerform3Params',
  sent: 'domainMigrateFinish3Params',
  finished: 'domainMigrateConfirm3Params',
}

/** Holds a call of a client. @returns when it is about to be made, and what lets it go on */
function hold(connections: readonly Connection[], slot: string): { reached: Promise<void>; release(): void } {
  let reach = (): void => {}
  let release = (): void => {}
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  for (const connection of connections) {
    const invoke = connection.invoke.bind(connection)
    connection.invoke = async (info, options, run) => {
      if (info.name === slot) {
        reach()
        await released
      }
      return await invoke(info, options, run)
    }
  }
  return { reached, release }
}

describe.skipIf(!able)('a guest that moves', () => {
  let at: Moving
  /** The client that asks for the migration. */
  let client: readonly [source: Connection, destination: Connection] | undefined

  beforeAll(async () => {
    at = new Moving('north', 'south')
    await at.open()
  }, 60_000)
  afterEach(async () => {
    for (const connection of client ?? []) connection.destroy()
    at.link.go()
    await at.clear()
  })
  afterAll(async () => await at?.close())

  const states = async (connection: Connection): Promise<{ state: string; reason: string } | undefined> => {
    const found = await connection.domains.find({ name: at.guest.name })
    return await found?.state().catch(() => undefined)
  }
  const isPhase = async (host: Host, phase: string): Promise<void> => {
    await expect.poll(() => at.phase(host), patience).toBe(phase)
  }

  /** Brings a migration to a phase. @returns what lets it go on, and its end */
  const reach = async (phase: Phase): Promise<{ release(): void; over: Promise<unknown> }> => {
    const held = heldCalls[phase]
    if (phase === 'between' || phase === 'broken') {
      const { over } = await at.untilBetween()
      if (phase === 'broken') {
        at.way.cut()
        await over
        await at.bothBroken()
      }
      return { release: () => {}, over }
    }
    if (phase === 'sending' || at.driver === 'source') {
      const { over } = await at.untilSending()
      if (phase === 'sending') return { release: () => {}, over }
      at.link.stall()
      await at.guest.migrateSetMaxSpeed(1000)
      await isPhase(at.here, 'perform3_done')
      // With all that the other daemon has to be told: a ping is smaller.
      await expect.poll(() => at.link.held, patience).toBeGreaterThan(512)
      return { release: () => at.link.go(), over }
    }
    const { reached, release } = hold(client ?? [], held ?? '')
    const over = at.move().then(
      () => 'moved',
      (error: unknown) => error,
    )
    await reached
    return { release, over }
  }

  const kill = (host: Host): void => {
    for (const pid of host.guests()) process.kill(pid, 'SIGKILL')
  }
  const victims: Readonly<Record<Victim, () => Promise<void> | void>> = {
    'daemon here': async () => await at.restart(at.here),
    'daemon there': async () => await at.restart(at.there),
    'guest here': () => kill(at.here),
    'guest there': () => kill(at.there),
    job: async () => await at.guest.abortJob().catch(() => {}),
    way: () => at.way.cut(),
    link: () => at.link.cut(),
    client: () => {
      for (const connection of client ?? []) connection.destroy()
    },
  }

  /** Post-copy goes on as fast as it can, wherever somebody can still be asked. */
  const hasten = async (): Promise<void> => {
    const left = await at.source.domains.find({ name: at.guest.name })
    await left?.migrateSetMaxSpeed(64, { postcopy: true }).catch(() => {})
  }
  const found = async (connection: Connection): Promise<Domain> => await connection.domains.byName(at.guest.name)
  const outcomes: Readonly<Record<Outcome, () => Promise<void>>> = {
    here: async () => await at.stayed(),
    async there() {
      await expect
        .poll(() => states(at.destination), { ...patience, timeout: 90_000 })
        .toMatchObject({ state: 'running', reason: expect.not.stringMatching('postcopy') })
      await at.goesOn()
      expect((await states(at.source))?.state).not.toBe('running')
    },
    async paused() {
      await expect.poll(() => states(at.source), patience).toMatchObject({ state: 'paused' })
      await expect.poll(() => at.there.guests(), patience).toEqual([])
      const left = await found(at.source)
      await expect.poll(() => left.jobInfo(), patience).toMatchObject({ type: 'none' })
      await left.resume()
      await at.stayed()
    },
    async resumed() {
      at.guest = await found(at.source)
      await at.bothBroken()
      await at.resume()
      await at.arrived()
    },
    async lost() {
      const left = async (): Promise<unknown[]> => {
        const parts = [await states(at.source), await states(at.destination)]
        return parts.filter((part) => part !== undefined && part.reason !== 'postcopy-failed')
      }
      await expect.poll(left, { ...patience, timeout: 90_000 }).toEqual([])
    },
  }

  it.each(chosen)(
    'driven by the %s, %s, loses its %s: %s',
    async (driver, phase, victim, outcome) => {
      for (let i = 0; i < rounds; i++) {
        client = await Promise.all([
          connect(at.here.uri, { drivers: [remote()] }),
          connect(at.there.uri, { drivers: [remote()] }),
        ])
        await at.begin(driver)
        at.by = client
        const { release, over } = await reach(phase)
        await victims[victim]()
        release()
        if (phase === 'between' && outcome === 'there') await hasten()
        if (phase === 'sending' && outcome === 'there') await at.guest.migrateSetMaxSpeed(1000)
        await over
        at.by = undefined
        await outcomes[outcome]()
        await at.clear()
      }
    },
    180_000 * rounds,
  )

  describe.each(['client', 'source'] as const)('whose post-copy broke, taken up by the %s', (driver) => {
    const broken = async (): Promise<void> => {
      await at.begin(driver)
      await at.broken()
    }
    const resuming = (): Promise<unknown> =>
      at.resume().then(
        () => 'moved',
        (error: unknown) => error,
      )

    it('goes on after a daemon died in the Prepare of it', async () => {
      await broken()
      const [pid = 0] = at.there.guests()
      process.kill(pid, 'SIGSTOP')
      const over = resuming()
      await isPhase(at.there, 'prepare_resume')
      await at.there.kill()
      process.kill(pid, 'SIGCONT')
      await at.restart(at.there)
      expect(await over).toBeInstanceOf(Error)
      await at.bothBroken()
      await at.resume()
      await at.arrived()
    }, 180_000)

    it('refuses to be taken up a second time meanwhile', async () => {
      await broken()
      at.way.hold = 2000
      const over = resuming()
      await isPhase(at.here, 'perform_resume')
      await expect(at.resume()).rejects.toMatchObject({ code: 'operation-invalid' })
      // QEMU tells its two connections apart by which comes first: the second one must not overtake the one that is held.
      expect(await over).toBe('moved')
      at.way.hold = 0
      await at.arrived()
    }, 180_000)

    it('says when the other half is gone for good', async () => {
      await broken()
      kill(at.there)
      await expect.poll(() => at.destination.domains.all(), patience).toEqual([])
      // The first who asks is told why it ended.
      await expect(at.resume()).rejects.toBeInstanceOf(Error)
      await expect(at.resume()).rejects.toMatchObject({ code: 'no-domain' })
      expect(await at.guest.state()).toEqual({ state: 'paused', reason: 'postcopy-failed' })
      await at.guest.destroy()
      expect(await at.source.domains.all()).toEqual([])
    }, 180_000)

    // QEMU 7.2 says nothing of a connection that fails: half a minute goes by.
    it.runIf(long)(
      'can be taken up after nobody listened where it was sent to',
      async () => {
        await broken()
        const closed = await Way.open()
        closed.close()
        const elsewhere = at.resume({ uri: `tcp://${Way.from}:${closed.port}` })
        await expect(elsewhere).rejects.toMatchObject({
          code: 'operation-failed',
          message: /failed in post-copy phase/,
        })
        await at.bothBroken()
        await at.resume()
        await at.arrived()
      },
      180_000,
    )
  })
})
