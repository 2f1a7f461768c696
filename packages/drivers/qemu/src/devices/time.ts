// SPDX-License-Identifier: LGPL-2.1-or-later
// What time it is for the guest, and how its timers keep up.
import type { Clock, Domain, Timer, TimerName } from '@virt/conf'
import { timeFields } from '@virt/core'
import type { Build } from '../command/build.js'
import { isX86 } from '../command/machine.js'

function timer(clock: Clock | undefined, name: TimerName): Timer | undefined {
  return clock?.timers.find((one) => one.name === name)
}

/** `YYYY-MM-DDTHH:MM:SS` */
function stamp(seconds: number): string {
  const { year, month, day, hour, minute, second } = timeFields(BigInt(Math.trunc(seconds)) * 1000n)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`
}

/** Seconds that a guest's clock is moved by when it starts, where its document moves it. */
function movedBy({ clock }: Domain, now: number, utcOffset: (at: number) => number): number {
  return Number(clock?.adjustment ?? '0') + (clock?.basis === 'localtime' ? utcOffset(now) : 0)
}

/** The document of a guest that starts: by how much its clock was moved then has to be known when it is moved again. @param now milliseconds */
export function withMovedClock(document: Domain, now: number, utcOffset: (at: number) => number): Domain {
  const { clock } = document
  if (clock?.offset !== 'variable') return document
  return { ...document, clock: { ...clock, adjustment0: BigInt(movedBy(document, now, utcOffset)) } }
}

function base(build: Build): string {
  const { clock } = build.domain
  const { host } = build.context
  const now = Math.trunc(host.now / 1000)
  switch (clock?.offset) {
    case 'localtime':
      return 'localtime'
    case 'variable':
      return stamp(now + movedBy(build.domain, host.now, (at) => host.utcOffset(at)))
    case 'timezone':
      return 'localtime'
    case 'absolute':
      return stamp(Number(clock.start ?? 0n))
    default:
      return 'utc'
  }
}

/** `-rtc` and the timer that PCs have. */
export function clock(build: Build): void {
  const { clock } = build.domain
  const rtc = timer(clock, 'rtc')
  const tracks: Readonly<Record<string, string>> = { guest: 'vm', wall: 'host', realtime: 'rt' }
  const track = rtc?.track === undefined ? undefined : tracks[rtc.track]
  const drift = rtc?.tickpolicy === 'catchup' ? 'slew' : undefined
  const parts = [`base=${base(build)}`]
  if (track !== undefined) parts.push(`clock=${track}`)
  if (drift !== undefined) parts.push(`driftfix=${drift}`)
  build.add('-rtc', parts.join(','))
  for (const { name, tickpolicy } of clock?.timers ?? [])
    if (name === 'pit' && (tickpolicy === 'delay' || tickpolicy === 'discard') && build.has('kvm-pit-lost-tick-policy'))
      build.global('kvm-pit', 'lost_tick_policy', tickpolicy)
  const hpet = timer(clock, 'hpet')
  if (hpet?.present === false && isX86(build.domain) && !build.has('machine-hpet')) build.add('-no-hpet')
}
