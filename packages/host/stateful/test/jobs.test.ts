// SPDX-License-Identifier: LGPL-2.1-or-later
import { type Call, slots } from '@virt/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asyncKind, type JobKind } from '../src/job-kinds.js'
import { Jobs } from '../src/jobs.js'
import { FakeClock, settle } from './fake-clock.js'

/** A gate that a job waits at until it is opened. */
function gate(): { promise: Promise<void>; open: () => void } {
  let open = (): void => {}
  const promise = new Promise<void>((resolve) => {
    open = resolve
  })
  return { promise, open }
}

function callOf(slot: keyof typeof slots, signal?: AbortSignal): Call {
  return {
    connection: { identity: {}, readOnly: false, onClose: () => ({ [Symbol.dispose]() {} }) },
    slot: slots[slot],
    signal: signal ?? new AbortController().signal,
  }
}

const save = asyncKind('save', ['query'])
const migration = asyncKind<'begin' | 'perform' | 'done' | 'broken'>(
  'migration out',
  ['query', 'suspend', 'migrationOp', 'modifyMigrationSafe', 'abort'],
  { order: ['begin', 'perform', 'done', 'broken'], anyTime: ['broken'] },
)

const short: readonly JobKind[] = [
  'query',
  'destroy',
  'suspend',
  'modify',
  'abort',
  'migrationOp',
  'modifyMigrationSafe',
]

describe('short jobs', () => {
  it.each(short.flatMap((first) => short.map((second) => [first, second] as const)))(
    '%s keeps %s waiting',
    async (first, second) => {
      const jobs = new Jobs({ clock: new FakeClock() })
      const held = gate()
      const order: string[] = []
      const one = jobs.run(undefined, first, async () => {
        await held.promise
        order.push('first')
      })
      const two = jobs.run(undefined, second, () => void order.push('second'))
      await settle()
      expect(order).toEqual([])
      held.open()
      await Promise.all([one, two])
      expect(order).toEqual(['first', 'second'])
      expect(jobs.idle).toBe(true)
    },
  )

  it('come first, are served first', async () => {
    const jobs = new Jobs({ clock: new FakeClock() })
    const order: number[] = []
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        jobs.run(undefined, i % 2 === 0 ? 'modify' : 'query', async () => {
          order.push(i)
          await settle()
        }),
      ),
    )
    expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })

  it('go on after one that has failed', async () => {
    const jobs = new Jobs({ clock: new FakeClock() })
    const bad = jobs.run(undefined, 'modify', () => {
      throw new Error('no')
    })
    await expect(bad).rejects.toThrow('no')
    expect(await jobs.run(undefined, 'modify', () => 1)).toBe(1)
  })

  it('wait 30 seconds, then fail with 68, the holder and its age', async () => {
    const clock = new FakeClock()
    const jobs = new Jobs({ clock })
    const held = gate()
    const holder = jobs.run(callOf('domainSuspend'), 'suspend', () => held.promise)
    await clock.pass(5_000)
    const late = jobs.run(callOf('domainResume'), 'modify', () => 1)
    const caught = late.catch((error: unknown) => error)
    await clock.pass(29_999)
    expect(await Promise.race([caught, Promise.resolve('waits')])).toBe('waits')
    await clock.pass(1)
    expect(await caught).toMatchObject({
      number: 68,
      message:
        'Timed out during operation: cannot acquire state change lock (held by monitor=remoteDispatchDomainSuspend)',
      details: 'remoteDispatchDomainSuspend (suspend) has held it for 35 s',
    })
    held.open()
    await holder
    expect(clock.pending).toBe(0)
  })

  it('are refused when too many wait', async () => {
    const jobs = new Jobs({ clock: new FakeClock(), queueLimit: 2 })
    const held = gate()
    const all = Array.from({ length: 3 }, () => jobs.run(undefined, 'modify', () => held.promise))
    await expect(jobs.run(undefined, 'query', () => 1)).rejects.toMatchObject({
      number: 9,
      message: 'operation failed: cannot acquire state change lock due to max_queued limit',
    })
    held.open()
    await Promise.all(all)
  })

  it('that nobody awaits any more do not begin, and those that have begun go on', async () => {
    const jobs = new Jobs({ clock: new FakeClock() })
    const [gone, stays] = [new AbortController(), new AbortController()]
    const held = gate()
    let begun = false
    let finished = false
    const first = jobs.run(callOf('domainSuspend', stays.signal), 'modify', async () => {
      await held.promise
      finished = true
    })
    const second = jobs.run(callOf('domainSuspend', gone.signal), 'modify', () => {
      begun = true
    })
    gone.abort(new Error('client left'))
    await expect(second).rejects.toThrow('client left')
    stays.abort(new Error('client left'))
    held.open()
    await first
    expect([begun, finished]).toEqual([false, true])
    expect(jobs.idle).toBe(true)
  })

  it('learn that the object they waited for has ended', async () => {
    const jobs = new Jobs({ clock: new FakeClock() })
    const held = gate()
    const job = jobs.run(undefined, 'modify', async (own) => {
      await own.wait(held.promise)
    })
    jobs.newLife()
    held.open()
    await expect(job).rejects.toMatchObject({ number: 9, message: 'operation failed: domain is no longer running' })
  })

  it('that begin a life go on in it', async () => {
    const jobs = new Jobs({ clock: new FakeClock() })
    await jobs.run(undefined, 'modify', async (job) => {
      job.newLife()
      await job.wait(settle())
    })
  })
})

describe('the lane of the guest agent', () => {
  it('is beside the other, and in order', async () => {
    const clock = new FakeClock()
    const jobs = new Jobs({ clock })
    const [held, agent] = [gate(), gate()]
    const monitor = jobs.run(undefined, 'modify', () => held.promise)
    const first = jobs.runAgent(callOf('domainFSFreeze'), 'agentModify', () => agent.promise)
    const second = jobs.runAgent(undefined, 'agentQuery', () => 2).catch((error: unknown) => error)
    await clock.pass(30_000)
    expect(await second).toMatchObject({
      number: 68,
      message:
        'Timed out during operation: cannot acquire state change lock (held by agent=remoteDispatchDomainFSFreeze)',
    })
    agent.open()
    await first
    expect(await jobs.runAgent(undefined, 'agentQuery', () => 3)).toBe(3)
    held.open()
    await monitor
  })
})

describe('long jobs', () => {
  const rows = [
    { kind: save, passes: ['query', 'destroy'] },
    { kind: migration, passes: ['query', 'destroy', 'suspend', 'migrationOp', 'modifyMigrationSafe', 'abort'] },
  ] as const
  it.each(
    rows.flatMap(({ kind, passes }) =>
      short.map((one) => [kind.name, one, (passes as readonly string[]).includes(one), kind] as const),
    ),
  )('%s lets %s run beside it: %s', async (_name, one, passes, kind) => {
    const jobs = new Jobs({ clock: new FakeClock() })
    const held = gate()
    const long = jobs.runAsync(undefined, kind, () => held.promise)
    let ran = false
    const beside = jobs.run(undefined, one, () => {
      ran = true
    })
    await settle()
    expect(ran).toBe(passes)
    held.open()
    await Promise.all([long, beside])
    expect(ran).toBe(true)
    expect(jobs.async).toBeUndefined()
  })

  it('do not let those pass that they mask, but let others pass those', async () => {
    const jobs = new Jobs({ clock: new FakeClock() })
    const held = gate()
    const order: string[] = []
    const long = jobs.runAsync(undefined, save, () => held.promise)
    const masked = jobs.run(undefined, 'modify', () => void order.push('modify'))
    const passing = jobs.run(undefined, 'query', () => void order.push('query'))
    await passing
    held.open()
    await Promise.all([long, masked])
    expect(order).toEqual(['query', 'modify'])
  })

  it('wait for one another, and name the one that runs', async () => {
    const clock = new FakeClock()
    const jobs = new Jobs({ clock })
    const held = gate()
    const first = jobs.runAsync(callOf('domainSave'), save, () => held.promise)
    const second = jobs.runAsync(undefined, save, () => 1).catch((error: unknown) => error)
    await clock.pass(30_000)
    expect(await second).toMatchObject({
      number: 68,
      message:
        'Timed out during operation: cannot acquire state change lock (held by monitor=remoteDispatchDomainSave)',
      details: 'remoteDispatchDomainSave (save) has held it for 30 s',
    })
    held.open()
    await first
  })

  it('do steps that nothing comes between', async () => {
    const jobs = new Jobs({ clock: new FakeClock() })
    const order: string[] = []
    const long = jobs.runAsync(undefined, save, async (job) => {
      await job.step(async () => {
        order.push('step begins')
        await settle()
        order.push('step ends')
      })
    })
    const query = jobs.run(undefined, 'query', () => void order.push('query'))
    await Promise.all([long, query])
    expect(order).toEqual(['step begins', 'step ends', 'query'])
  })

  it('tell what changes of them, and go through phases forward only', async () => {
    let told = 0
    const jobs = new Jobs({ clock: new FakeClock() }, () => {
      told++
    })
    await jobs.runAsync(undefined, migration, (job) => {
      expect(told).toBe(1)
      job.enter('perform')
      expect(told).toBe(2)
      expect(() => job.enter('begin')).toThrow(/cannot go from phase 'perform' to 'begin'/)
      expect(job.phase).toBe('perform')
      job.enter('broken')
    })
    expect(told).toBe(4)
  })

  it('outlast the call that began them, and are taken up again', async () => {
    const jobs = new Jobs({ clock: new FakeClock() })
    await jobs.runAsync(callOf('domainMigrateBegin3Params'), migration, (job) => {
      job.enter('begin')
      job.release()
    })
    const { async: long } = jobs
    expect(long).toMatchObject({ phase: 'begin', owner: undefined })
    let ran = false
    const waiting = jobs.run(undefined, 'modify', () => {
      ran = true
    })
    await settle()
    expect(ran).toBe(false)
    await long?.own('remoteDispatchDomainMigrateConfirm3Params', () => {
      expect(jobs.async?.owner).toBe('remoteDispatchDomainMigrateConfirm3Params')
      return expect(long.own('another', () => 1)).rejects.toMatchObject({ number: 55 })
    })
    await waiting
    expect(ran).toBe(true)
  })

  it('come back from a status file', async () => {
    const jobs = new Jobs({ clock: new FakeClock() })
    const job = jobs.restore(migration, { phase: 'perform', started: 5, info: { flags: 1 } })
    expect(jobs.async).toMatchObject({ phase: 'perform', started: 5, info: { flags: 1 }, owner: undefined })
    job.end()
    expect(jobs.idle).toBe(true)
  })

  it('give up when they are told to', async () => {
    const jobs = new Jobs({ clock: new FakeClock() })
    const told: unknown[] = []
    const long = jobs.runAsync(undefined, save, async (job) => {
      job.onAbort((reason) => told.push(reason))
      await job.until(() => false)
    })
    jobs.async?.abort()
    await expect(long).rejects.toMatchObject({
      number: 78,
      message: 'operation aborted: save job: canceled by client',
    })
    expect(told).toEqual([undefined])
    expect(jobs.idle).toBe(true)
  })

  it('can mask less while they run', async () => {
    const jobs = new Jobs({ clock: new FakeClock() })
    const held = gate()
    const long = jobs.runAsync(undefined, save, () => held.promise)
    const modify = jobs.run(undefined, 'modify', () => 'ran')
    jobs.async?.allow(['modify'])
    expect(await modify).toBe('ran')
    held.open()
    await long
  })
})

describe('conditions', () => {
  it('are looked at after each event, until they hold', async () => {
    const clock = new FakeClock()
    const jobs = new Jobs({ clock })
    let state = 0
    let looks = 0
    const reached = jobs.run(undefined, 'modify', (job) =>
      job.until(() => {
        looks++
        return state > 1 ? `state ${state}` : undefined
      }),
    )
    for (state = 0; state < 3; state++) jobs.poke()
    expect(await reached).toBe('state 2')
    expect(looks).toBe(4)
    expect(clock.pending).toBe(0)
  })

  it.each([
    ['the time is over', { deadline: 100 }, { number: 68 }],
    [
      'the time is over, with an error of their own',
      { deadline: 100, late: () => new Error('too late') },
      { message: 'too late' },
    ],
  ])('end when %s', async (_name, limits, error) => {
    const clock = new FakeClock()
    const caught = new Jobs({ clock }).until(() => false, limits).catch((thrown: unknown) => thrown)
    await clock.pass(100)
    expect(await caught).toMatchObject(error)
  })

  it('end with the signal, with what they throw, and with the life of the object', async () => {
    const jobs = new Jobs({ clock: new FakeClock() })
    const stop = new AbortController()
    const signalled = jobs.until(() => false, { signal: stop.signal })
    stop.abort(new Error('stop'))
    await expect(signalled).rejects.toThrow('stop')
    const thrown = jobs.until(() => {
      throw new Error('broken')
    })
    await expect(thrown).rejects.toThrow('broken')
    const ended = jobs.run(undefined, 'modify', (job) => job.until(() => false))
    jobs.newLife()
    await expect(ended).rejects.toMatchObject({ number: 9 })
  })
})

it('settles every job, and never runs two that exclude each other, in any order of any kinds', async () => {
  const kinds = [...short, 'async', 'agent', 'leave'] as const
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...kinds), fc.nat(3)), { maxLength: 30 }), async (plan) => {
      const jobs = new Jobs({ clock: new FakeClock() })
      let running = 0
      let long = 0
      let agents = 0
      const all = plan.map(async ([kind, steps]) => {
        const work = async (): Promise<void> => {
          for (let i = 0; i < steps; i++) await settle()
        }
        if (kind === 'agent')
          return await jobs.runAgent(undefined, 'agentModify', async () => {
            expect(++agents).toBe(1)
            await work()
            agents--
          })
        if (kind === 'async')
          return await jobs.runAsync(undefined, migration, async (job) => {
            expect(++long).toBe(1)
            expect(running).toBe(0)
            await job.step(async () => {
              expect(++running).toBe(1)
              await work()
              running--
            })
            long--
          })
        const leave = new AbortController()
        const done = jobs.run(callOf('domainSuspend', leave.signal), kind === 'leave' ? 'modify' : kind, async () => {
          expect(++running).toBe(1)
          if (kind === 'modify') expect(long).toBe(0)
          await work()
          running--
        })
        if (kind === 'leave') {
          await Promise.resolve()
          leave.abort(new Error('left'))
        }
        return await done
      })
      const ends = await Promise.allSettled(all)
      for (const [i, end] of ends.entries())
        if (end.status === 'rejected') expect([plan[i]?.[0], (end.reason as Error).message]).toEqual(['leave', 'left'])
      expect(jobs.idle).toBe(true)
    }),
    { numRuns: process.env.VIRT_LONG === '1' ? 2000 : 60 },
  )
})
