// SPDX-License-Identifier: LGPL-2.1-or-later
// Clocks and timers: what each can be told.
import type { Pass } from '../../runtime/context.js'
import type { Domain, Timer } from '../types.gen.js'
import { pass } from './devices.js'
import { unsupported, xmlError } from './report.js'

const ticking: ReadonlySet<string> = new Set(['platform', 'pit', 'rtc', 'hpet', 'tsc', 'armvtimer'])
const tracked: ReadonlySet<string> = new Set(['platform', 'rtc'])

function checkTimer(timer: Timer): void {
  const { name } = timer
  const cannot = (what: string): never => unsupported(`timer ${name} doesn't support setting of timer ${what}`)
  if (timer.tickpolicy !== undefined && !ticking.has(name)) cannot('tickpolicy')
  if (timer.catchup !== undefined && timer.tickpolicy !== 'catchup')
    xmlError("setting of timer catchup policies is only supported with tickpolicy='catchup'")
  if (timer.frequency !== undefined && timer.frequency !== 0n && name !== 'tsc') cannot('frequency')
  if (timer.mode !== undefined && name !== 'tsc') cannot('mode')
  if (timer.track !== undefined && !tracked.has(name)) cannot('track')
}

const clock = pass('clock', ({ clock }) => {
  for (const timer of clock?.timers ?? []) checkTimer(timer)
})

export const clockEarly: readonly Pass<Domain>[] = [clock]
