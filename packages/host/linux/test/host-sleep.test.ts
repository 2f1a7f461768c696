// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Clock } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { HostSleep } from '../src/index.js'

/** A host that answers to programs as it is told; nothing really runs. */
function hostOf(answers: Readonly<Record<string, { code: number; stdout?: string }>>) {
  const ran: string[] = []
  const limits: (number | undefined)[] = []
  const timers: { after: number; run: () => void }[] = []
  const clock = {
    now: () => 0,
    after(after: number, run: () => void) {
      timers.push({ after, run })
      return { [Symbol.dispose]() {} }
    },
  } as unknown as Clock
  const sleep = new HostSleep(async (file, args, limit) => {
    limits.push(limit)
    const line = [file, ...args].join(' ')
    ran.push(line)
    const found = Object.entries(answers).find(([part]) => line.includes(part))?.[1]
    return found && { code: found.code, stdout: found.stdout ?? '' }
  }, clock)
  return { sleep, ran, limits, timers }
}
const alarm = { rtcwake: { code: 0 } }
const number = async (work: Promise<void>) =>
  await work.then(
    () => 0,
    (error: { number: number }) => error.number,
  )

describe('the sleep of a host', () => {
  it('is what the login manager says, and pm-utils where it is not there', async () => {
    const managed = hostOf({
      CanSuspend: { code: 0, stdout: 's "yes"\n' },
      CanHibernate: { code: 0, stdout: 's "na"\n' },
    })
    expect([...(await managed.sleep.targets())]).toEqual(['mem'])
    expect(managed.ran).not.toContain('pm-is-supported --hibernate')
    const old = hostOf({ 'pm-is-supported --suspend-hybrid': { code: 0 }, 'pm-is-supported': { code: 1 } })
    expect([...(await old.sleep.targets())]).toEqual(['hybrid'])
    expect([...(await hostOf({}).sleep.targets())]).toEqual([])
  })

  it('refuses what it cannot do before it does anything', async () => {
    const { sleep, ran } = hostOf({ CanSuspend: { code: 0, stdout: 's "yes"' }, ...alarm })
    expect(await number(sleep.suspend(7, 60n))).toBe(8)
    expect(await number(sleep.suspend(1, 60n))).toBe(74)
    expect(await number(sleep.suspend(0, 59n))).toBe(8)
    expect(ran.some((line) => line.startsWith('rtcwake'))).toBe(false)
  })

  it('sets the alarm at once and sleeps later, one at a time', async () => {
    const { sleep, ran, limits, timers } = hostOf({
      CanHibernate: { code: 0, stdout: 's "yes"' },
      ...alarm,
      'pm-hibernate': { code: 0 },
    })
    await sleep.suspend(1, 3600n)
    expect(ran.at(-1)).toBe('rtcwake -m no -s 3600')
    expect(await number(sleep.suspend(1, 3600n))).toBe(55)
    expect(timers.map(({ after }) => after)).toEqual([10_000])
    timers[0]?.run()
    expect(ran.at(-1)).toBe('pm-hibernate')
    // However long it sleeps, nobody ends what makes it sleep.
    expect(limits.at(-1)).toBeUndefined()
    expect(limits.slice(0, -1).every((one) => one === 10_000)).toBe(true)
    await new Promise((resolve) => setImmediate(resolve))
    expect(await number(sleep.suspend(1, 60n))).toBe(0)
  })

  it('does not sleep without an alarm', async () => {
    const { sleep, timers } = hostOf({ CanSuspend: { code: 0, stdout: 's "yes"' } })
    expect(await number(sleep.suspend(0, 60n))).toBe(1)
    expect(await number(sleep.suspend(0, 60n))).toBe(1)
    expect(timers).toEqual([])
  })
})
