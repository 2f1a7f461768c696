// SPDX-License-Identifier: LGPL-2.1-or-later
// Moments as libvirt tells them: UTC calendar fields, time stamps of logs, and how far local time is from UTC.
import { ErrorDomain } from './error-table.gen.js'
import { systemError } from './errors.js'

/** A moment in the calendar of UTC. */
export interface TimeFields {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
  /** 0 is Sunday. */
  readonly weekDay: number
  /** Days since January 1st. */
  readonly yearDay: number
}

const dayLength = 86_400_000n
/** The first moment of the year 10000: libvirt counts no further. */
const end = 253_402_300_800_000n

/**
 * The UTC calendar fields of a moment.
 * @param ms milliseconds since 1970
 * @throws VirtError `system-error` after the year 9999 or before 1970
 * @since 0.1.0, `virTimeFieldsThen`
 */
export function timeFields(ms: number | bigint): TimeFields {
  const whole = typeof ms === 'bigint' ? ms : BigInt(Math.trunc(Number.isFinite(ms) ? ms : -1))
  if (whole < 0n || whole >= end)
    throw systemError(34, ErrorDomain.NONE, 'Unable to format time', 'Numerical result out of range')
  const days = Number(whole / dayLength)
  const rest = Number(whole % dayLength)
  const date = new Date(days * Number(dayLength))
  const year = date.getUTCFullYear()
  return {
    year,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: Math.floor(rest / 3_600_000),
    minute: Math.floor(rest / 60_000) % 60,
    second: Math.floor(rest / 1000) % 60,
    millisecond: rest % 1000,
    weekDay: (days + 4) % 7,
    yearDay: days - Date.UTC(year, 0, 1) / Number(dayLength),
  }
}

/**
 * A time stamp as in libvirt's logs: `2026-01-02 03:04:05.678+0000`.
 * @param ms milliseconds since 1970
 * @throws VirtError `system-error` after the year 9999 or before 1970
 * @since 0.1.0, `virTimeStringThen`
 */
export function formatTime(ms: number | bigint): string {
  const t = timeFields(ms)
  const two = (n: number): string => String(n).padStart(2, '0')
  const date = `${String(t.year).padStart(4, '0')}-${two(t.month)}-${two(t.day)}`
  return `${date} ${two(t.hour)}:${two(t.minute)}:${two(t.second)}.${String(t.millisecond).padStart(3, '0')}+0000`
}

/**
 * How far local time is ahead of UTC, in seconds.
 * @param zone as the variable TZ: a POSIX rule (`CET-1CEST,M3.5.0,M10.5.0/3`) or a zone's name; what is neither means UTC.
 *   Absent: the zone of this process.
 * @param ms the moment, in milliseconds since 1970
 * @since 0.1.0, `virTimeLocalOffsetFromUTC`
 */
export function localOffset(zone?: string, ms: number = Date.now()): number {
  if (zone === undefined) return -new Date(ms).getTimezoneOffset() * 60
  const rule = parseZone(zone)
  if (rule === undefined) return namedOffset(zone.replace(/^:/, ''), ms)
  if (rule.summer === undefined) return rule.offset
  const { offset, start, end } = rule.summer
  // Each change happens at a local time: summer begins by the clock of winter, and the other way round.
  const local = ms / 1000 + rule.offset
  const begin = moment(start, local) - rule.offset
  const finish = moment(end, local) - offset
  const now = ms / 1000
  const summer = begin < finish ? now >= begin && now < finish : now >= begin || now < finish
  return summer ? offset : rule.offset
}

/** The day of a change of clocks, and the second of that day. */
interface Change {
  readonly kind: 'J' | 'M' | 'N'
  readonly numbers: readonly number[]
  readonly second: number
}
interface Zone {
  /** Seconds east of UTC. */
  readonly offset: number
  readonly summer: { readonly offset: number; readonly start: Change; readonly end: Change } | undefined
}

const name = '(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)'
const clock = '(\\d{1,3})(?::(\\d\\d)(?::(\\d\\d))?)?'
const change = '([JM]?[\\d.]+)(?:/([+-]?[\\d:]+))?'
const zoneForm = new RegExp(`^${name}([+-]?[\\d:]+)(?:${name}([+-]?[\\d:]+)?,${change},${change})?$`)
const clockForm = new RegExp(`^([+-]?)${clock}$`)

function parseZone(text: string): Zone | undefined {
  const match = zoneForm.exec(text)
  const offset = seconds(match?.[1], 24)
  if (match === null || offset === undefined) return undefined
  const [, , summerOffset, start, startTime, end, endTime] = match
  if (start === undefined || end === undefined) return { offset: 0 - offset, summer: undefined }
  const ahead = summerOffset === undefined ? offset - 3600 : seconds(summerOffset, 24)
  const from = parseChange(start, startTime)
  const to = parseChange(end, endTime)
  if (ahead === undefined || from === undefined || to === undefined) return undefined
  return { offset: 0 - offset, summer: { offset: 0 - ahead, start: from, end: to } }
}

/** `[+-]hh[:mm[:ss]]` in seconds. */
function seconds(text: string | undefined, maxHours: number): number | undefined {
  const match = clockForm.exec(text ?? '')
  if (match === null) return undefined
  const [hours, minutes, rest] = match.slice(2).map((part) => Number(part ?? 0)) as [number, number, number]
  if (hours > maxHours || minutes > 59 || rest > 59) return undefined
  return (match[1] === '-' ? -1 : 1) * (hours * 3600 + minutes * 60 + rest)
}

const limits = {
  J: [[1, 365]],
  N: [[0, 365]],
  M: [
    [1, 12],
    [1, 5],
    [0, 6],
  ],
} as const

function parseChange(day: string, time: string | undefined): Change | undefined {
  const kind = /^[JM]/.exec(day)?.[0] === 'J' ? 'J' : day.startsWith('M') ? 'M' : 'N'
  const numbers = (kind === 'N' ? day : day.slice(1)).split('.').map((n) => (n === '' ? -1 : Number(n)))
  const second = time === undefined ? 7200 : seconds(time, 167)
  const ranges = limits[kind]
  const fits = numbers.length === ranges.length && ranges.every(([min, max], i) => within(numbers[i], min, max))
  return fits && second !== undefined ? { kind, numbers, second } : undefined
}

function within(n: number | undefined, min: number, max: number): boolean {
  return n !== undefined && n >= min && n <= max
}

/** When the change happens in the year that local time is in: seconds since 1970 by the local clock. */
function moment(when: Change, local: number): number {
  const year = new Date(local * 1000).getUTCFullYear()
  const day = (month: number, n: number): number => Date.UTC(year, month, n) / 86_400_000
  const [a = 0, b = 0, c = 0] = when.numbers
  let days: number
  if (when.kind === 'N') days = day(0, 1) + a
  else if (when.kind === 'J') {
    const leap = day(2, 1) - day(1, 1) === 29
    days = day(0, 1) + a - 1 + (leap && a >= 60 ? 1 : 0)
  } else {
    const first = day(a - 1, 1)
    const weekDay = (first + 4) % 7
    days = first + ((c - weekDay + 7) % 7) + (b - 1) * 7
    if (days >= day(a, 1)) days -= 7
  }
  return days * 86_400 + when.second
}

/** The offset of a zone of the time zone database; UTC when there is none of that name. */
function namedOffset(zone: string, ms: number): number {
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }).formatToParts(ms)
    const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((p) => p.type === type)?.value)
    const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
    return Math.round((local - Math.floor(ms / 1000) * 1000) / 1000)
  } catch {
    return 0
  }
}
