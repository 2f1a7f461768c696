// SPDX-License-Identifier: LGPL-2.1-or-later
// The forms a piece of text can have: how it is read, printed, typed and described. One object per form.

import { ErrorNumber } from '@virt/core'

/** A form of text in an attribute or element. */
export interface Value {
  /** TypeScript type of the read value, as the generated interfaces spell it. */
  readonly ts: string
  /** JSON Schema of the read value. */
  readonly json: Readonly<Record<string, unknown>>
  /** Reads the text; `undefined` when it is not of this form. */
  readonly parse: (text: string) => unknown
  /** Reads the text where no `finish` follows that refuses what cannot be. Absent: `parse`. */
  readonly settled?: (text: string) => unknown
  /** Prints a value; escaped afterwards unless `plain`. Absent: `String(value)`. */
  readonly print?: (value: never) => string
  /** The printed text never holds a character that XML escapes. */
  readonly plain?: boolean
  /** How libvirt's error text about a bad value ends. */
  readonly expected?: string | ((raw: string) => string)
  /** libvirt's own error for a text that is not of this form: number and message. */
  readonly fault?: { readonly number: number; readonly message: string }
  /** Members, for `oneOf`. */
  readonly members?: readonly string[]
  /** Whether strict checking takes the text, where it does not take what `parse` does. */
  readonly strict?: (raw: string) => boolean
}

function define(value: Value): Value {
  return value
}

/** Any text, kept as it is. */
export const text: Value = define({ ts: 'string', json: { type: 'string' }, parse: (raw) => raw })

/** Text that must not be empty; empty reads as absent. */
export const token: Value = define({
  ts: 'string',
  json: { type: 'string', minLength: 1 },
  parse: (raw) => (raw === '' ? undefined : raw),
})

/** One of the given words. Words of the wire are the values of the program. */
export function oneOf(...members: string[]): Value {
  const known = new Set(members)
  return {
    ts: members.map((member) => `'${member}'`).join(' | '),
    json: { enum: members },
    parse: (raw) => (known.has(raw) ? raw : undefined),
    plain: true,
    members,
  }
}

/** No text is of this form: what must not be there. */
export const never: Value = define({
  ts: 'undefined',
  json: { not: {} },
  strict: () => false,
  parse: () => undefined,
})

function bool(on: string, off: string): Value {
  return {
    ts: 'boolean',
    json: { type: 'boolean' },
    parse: (raw) => (raw === on ? true : raw === off ? false : undefined),
    print: (value: boolean) => (value ? on : off),
    plain: true,
    members: [on, off],
  }
}

/** `yes` or `no`. */
export const yesNo: Value = bool('yes', 'no')
/** `on` or `off`. */
export const onOff: Value = bool('on', 'off')

const decimal = /^[ \t\n\r\f\v]*([+-]?)(\d+)$/
const hexadecimal = /^[ \t\n\r\f\v]*([+-]?)(?:0[xX])?([0-9a-fA-F]+)$/

/** Reads as C's strtoull: leading blanks, sign, base 10, 16 or 0 (by prefix). */
export function readInteger(raw: string, base: 10 | 16 | 0): bigint | undefined {
  let radix = base
  if (base === 0) radix = /^\s*[+-]?0[xX]/.test(raw) ? 16 : 10
  const match = (radix === 16 ? hexadecimal : decimal).exec(raw)
  if (!match?.[2]) return undefined
  const digits = match[2]
  let value: bigint
  if (radix === 16) value = BigInt(`0x${digits}`)
  else if (base === 0 && digits.length > 1 && digits.startsWith('0')) {
    if (!/^[0-7]+$/.test(digits)) return undefined
    value = BigInt(`0o${digits}`)
  } else value = BigInt(digits)
  return match[1] === '-' ? -value : value
}

const nonNegative = '. Expected non-negative integer value'

/** A number of a few digits of the base; `-1` when the text is anything else. */
function fewDigits(raw: string, hexadecimal: boolean): number {
  const { length } = raw
  const start = hexadecimal ? 2 : 0
  if (length === start || length > start + (hexadecimal ? 8 : 9)) return -1
  if (hexadecimal && !(raw.charCodeAt(0) === 48 && raw.charCodeAt(1) === 120)) return -1
  let value = 0
  for (let i = start; i < length; i++) {
    const c = raw.charCodeAt(i)
    if (c >= 48 && c <= 57) value = value * (hexadecimal ? 16 : 10) + c - 48
    else if (hexadecimal && c >= 97 && c <= 102) value = value * 16 + c - 87
    else if (hexadecimal && c >= 65 && c <= 70) value = value * 16 + c - 55
    else return -1
  }
  return value
}

function small(min: number, max: number, base: 10 | 16 | 0, expected: string | ((raw: string) => string)): Value {
  return {
    ts: 'number',
    json: { type: 'integer', minimum: min, maximum: max },
    parse: (raw) => {
      const quick = fewDigits(raw, base !== 10)
      if (quick >= 0) return quick <= max ? quick : undefined
      const value = readInteger(raw, base)
      return value === undefined || value < min || value > max ? undefined : Number(value)
    },
    plain: true,
    expected,
    ...(min === 0 && base === 10 ? { strict: (raw: string) => /^[0-9]{1,10}$/.test(raw) && Number(raw) <= max } : {}),
  }
}

function large(min: bigint, max: bigint, base: 10 | 16 | 0, expected: string): Value {
  return {
    ts: 'bigint',
    json: { type: 'integer', minimum: Number(min), maximum: Number(max) },
    parse: (raw) => {
      const quick = fewDigits(raw, base !== 10)
      const value = quick >= 0 ? BigInt(quick) : readInteger(raw, base)
      return value === undefined || value < min || value > max ? undefined : value
    },
    plain: true,
    expected,
    ...(min === 0n && base === 10 ? { strict: (raw: string) => /^[0-9]{1,20}$/.test(raw) && BigInt(raw) <= max } : {}),
  }
}

/** Signed 32 bit. */
export const int: Value = small(-0x80000000, 0x7fffffff, 10, '. Expected integer value')
/** Signed 32 bit, also accepted in hexadecimal and octal. */
export const intAny: Value = small(-0x80000000, 0x7fffffff, 0, '. Expected integer value')
/** Whether a text is a number of 32 bits. */
function isInt(raw: string): boolean {
  return int.parse(raw) !== undefined
}
/** Signed 32 bit in which only zero and above is allowed; libvirt's text for a negative one differs. */
export const natural: Value = small(0, 0x7fffffff, 10, (raw) =>
  isInt(raw) ? '. Expected non-negative value' : '. Expected integer value',
)
/** The same, also accepted in hexadecimal and octal. */
export const naturalAny: Value = small(0, 0x7fffffff, 0, (raw) =>
  intAny.parse(raw) === undefined ? '. Expected integer value' : '. Expected non-negative value',
)
/** Unsigned 32 bit. */
export const uint: Value = small(0, 0xffffffff, 10, nonNegative)
/** Unsigned 32 bit, also accepted in hexadecimal and octal. */
export const uintAny: Value = small(0, 0xffffffff, 0, nonNegative)
/** Unsigned 8 and 16 bit. */
export const byte: Value = small(0, 0xff, 10, nonNegative)
export const port: Value = small(0, 0xffff, 10, nonNegative)
/** Signed 64 bit: bigint, always. */
export const long: Value = large(-(2n ** 63n), 2n ** 63n - 1n, 10, '. Expected integer value')
/** Unsigned 64 bit: bigint, always. */
export const ulong: Value = large(0n, 2n ** 64n - 1n, 10, nonNegative)
/** Unsigned 64 bit, also accepted in hexadecimal and octal, printed in decimal. */
export const ulongAny: Value = large(0n, 2n ** 64n - 1n, 0, nonNegative)

/** Unsigned 32 bit written as `0x…` with at least `digits` digits. */
export function hex(digits: number): Value {
  return {
    ...small(0, 0xffffffff, 16, nonNegative),
    print: (value: number) => `0x${value.toString(16).padStart(digits, '0')}`,
    json: { type: 'integer', minimum: 0, description: 'printed in hexadecimal' },
  }
}

/** As `hex`, but reads decimal and octal too (by prefix). */
export function hexAny(digits: number): Value {
  return { ...hex(digits), parse: uintAny.parse }
}

/** Unsigned 64 bit written as `0x…`. */
export function hexLong(digits = 1, base: 0 | 16 = 0): Value {
  return {
    ...large(0n, 2n ** 64n - 1n, base, nonNegative),
    print: (value: bigint) => `0x${value.toString(16).padStart(digits, '0')}`,
  }
}

/** A number with a fraction, printed with `places` digits after the point. */
export function decimalNumber(places: number): Value {
  return {
    ts: 'number',
    json: { type: 'number' },
    parse: (raw) => (/^\s*[+-]?\d+(\.\d*)?$/.test(raw) ? Number(raw) : undefined),
    print: (value: number) => value.toFixed(places),
    plain: true,
  }
}

const canonicalUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Reads a UUID as libvirt does (hyphens and blanks anywhere between the hex pairs); 36 characters, lower case. */
export function readUuid(raw: string): string | undefined {
  if (canonicalUuid.test(raw)) return raw
  const packed = raw.replace(/^\s+/, '')
  const digits: string[] = []
  for (let i = 0; i < packed.length; ) {
    const c = packed.charAt(i)
    if (digits.length === 16) {
      if (!/\s/.test(c)) return undefined
      i++
      continue
    }
    if (c === '-') {
      i++
      continue
    }
    const pair = packed.slice(i, i + 2)
    if (!/^[0-9a-fA-F]{2}$/.test(pair)) return undefined
    digits.push(pair.toLowerCase())
    i += 2
  }
  if (digits.length !== 16) return undefined
  const all = digits.join('')
  return `${all.slice(0, 8)}-${all.slice(8, 12)}-${all.slice(12, 16)}-${all.slice(16, 20)}-${all.slice(20)}`
}

/** UUID: the 36-character string in lower case. */
export const uuid: Value = define({
  ts: 'string',
  json: { type: 'string', format: 'uuid' },
  parse: readUuid,
  plain: true,
  expected: '. Expected UUID',
  strict: (raw) => /^([a-f0-9]{32}|[a-f0-9]{8}-([a-f0-9]{4}-){3}[a-f0-9]{12})$/i.test(raw),
})

const canonicalMac = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/

/** Reads a MAC address (`6` groups of one or two hex digits); lower case with colons. What follows a space does not count. */
export function readMac(raw: string): string | undefined {
  if (canonicalMac.test(raw)) return raw
  const groups = (raw.split(/[ \t-\r]/, 1)[0] ?? '').split(':')
  if (groups.length !== 6 || !groups.every((group) => /^[0-9a-fA-F]{1,2}$/.test(group))) return undefined
  return groups.map((group) => group.toLowerCase().padStart(2, '0')).join(':')
}

/** MAC address in lower case. */
export const mac: Value = define({
  ts: 'string',
  json: { type: 'string', pattern: '^([0-9a-f]{2}:){5}[0-9a-f]{2}$' },
  parse: readMac,
  plain: true,
  strict: (raw) => /^[a-f0-9]{2}(:[a-f0-9]{2}){5}$/i.test(raw),
})

/** A value of another form with a rule on top: `narrow(uint, (n) => n > 0, '. Expected non-zero value')`. */
export function narrow(value: Value, holds: (value: never) => boolean, expected?: string): Value {
  const parse = (raw: string): unknown => {
    const read = value.parse(raw)
    return read !== undefined && holds(read as never) ? read : undefined
  }
  const { strict } = value
  return {
    ...value,
    ...(expected === undefined ? {} : { expected }),
    ...(strict === undefined ? {} : { strict: (raw) => strict(raw) && parse(raw) !== undefined }),
    parse,
  }
}

/** One more than the largest number of a set. */
const mostMembers = 16384

/** Reads a set of numbers (`0-3,^2,8`); ascending, without repeats. `undefined` when it is none. */
export function readSet(raw: string): number[] | undefined {
  const set = new Set<number>()
  for (const part of raw.trim().split(',')) {
    const match = /^\s*(\^?)\s*(\d+)\s*(?:-\s*(\d+))?\s*$/.exec(part)
    if (!match) return undefined
    const first = Number(match[2])
    const last = match[3] === undefined ? first : Number(match[3])
    if (last < first || last >= mostMembers) return undefined
    if (match[1] && match[3] !== undefined) return undefined
    for (let i = first; i <= last; i++) {
      if (match[1]) set.delete(i)
      else set.add(i)
    }
  }
  return [...set].sort((a, b) => a - b)
}

/** Prints an ascending set of numbers as ranges. */
export function printSet(set: readonly number[]): string {
  const parts: string[] = []
  for (let i = 0; i < set.length; ) {
    let end = i
    while (end + 1 < set.length && set[end + 1] === (set[end] ?? 0) + 1) end++
    parts.push(end === i ? String(set[i]) : `${set[i]}-${set[end]}`)
    i = end + 1
  }
  return parts.join(',')
}

/** A set of CPUs or NUMA nodes, kept as text in canonical ranges (`0-1,3`). */
export const numberSet: Value = define({
  ts: 'string',
  json: { type: 'string', pattern: '^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$' },
  fault: { number: ErrorNumber.INVALID_ARG, message: "Failed to parse bitmap '%s'" },
  parse: (raw) => {
    if (/^(0|[1-9]\d{0,3})$/.test(raw)) return raw
    const set = readSet(raw)
    return set && printSet(set)
  },
  plain: true,
  strict: (raw) => /^([0-9]+(-[0-9]+)?|\^[0-9]+)(,([0-9]+(-[0-9]+)?|\^[0-9]+))*$/.test(raw),
})
