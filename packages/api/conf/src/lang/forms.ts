// SPDX-License-Identifier: LGPL-2.1-or-later
// Texts and numbers that strict checking wants of a narrower form than the parser does.
import { text, type Value } from './value.js'

/** A value that strict checking takes only in this form; the pattern is of the whole text. */
export function form(value: Value, pattern: RegExp): Value {
  const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags)
  return { ...value, strict: (raw) => whole.test(raw) }
}

/** A word, which strict checking takes only if it is none of these. */
export function except(value: Value, ...words: string[]): Value {
  return { ...value, strict: (raw) => !words.includes(raw.trim()) && value.parse(raw.trim()) !== undefined }
}

/** A whole number, which strict checking takes only between these bounds. */
export function within(value: Value, min: bigint | number, max: bigint | number): Value {
  return { ...value, strict: (raw) => /^[0-9]{1,20}$/.test(raw) && BigInt(raw) >= min && BigInt(raw) <= max }
}

/** A number with or without sign, blanks around it. */
export function integer(value: Value, min: number, max: number): Value {
  return { ...value, strict: (raw) => /^\s*[+-]?[0-9]{1,20}\s*$/.test(raw) && Number(raw) >= min && Number(raw) <= max }
}

const path = /.+/
export const filePath: Value = form(text, path)
export const absolutePath: Value = form(text, /(\/|[a-zA-Z]:\\).+/)
export const absoluteFolder: Value = form(text, /\/.*/)
/** Name of a domain, network, pool … */
export const objectName: Value = form(text, /[^/\n]+/)
export const nameWithSlash: Value = form(text, /[^\n]+/)
export const genericName: Value = form(text, /[a-zA-Z0-9_+-]+/)
export const dnsName: Value = form(text, /[a-zA-Z0-9.-]+/)
/** Name of a device of the host, or a path to it. */
export const deviceName: Value = form(text, /[a-zA-Z0-9_.\-\\:/]+/)
export const zoneName: Value = form(text, /[a-zA-Z0-9_-]+/)
export const wwn: Value = form(text, /(0x)?[0-9a-fA-F]{16}/)
/** Whether a text is a world wide name. */
export const isWwn = (raw: string): boolean => /^(0x)?[0-9a-fA-F]{16}$/.test(raw)
/** Name of an XML element, as some names have to be. */
export const plainName: Value = form(text, /[\p{L}_][\p{L}\p{N}\p{M}._·-]*/u)
/** Name of a disk as the guest has it, or of its image. */
export const diskName: Value = form(text, /(ioemu:)?(fd|hd|sd|vd|xvd|ubd)[a-zA-Z0-9_]+|(\/|[a-zA-Z]:\\).+/)
export const volumeName: Value = { ...text, strict: (raw) => /^[^/]+$/.test(raw) && raw !== '.' && raw !== '..' }
/** MAC address of one interface: not a group's. */
export const unicast = (mac: Value): Value => form(mac, /[a-fA-F0-9][02468aAcCeE](:[a-fA-F0-9]{2}){5}/)

const hexOr = (digits: number, max: number) => (raw: string) =>
  new RegExp(`^0x[0-9a-fA-F]{1,${digits}}$`).test(raw) || (/^\s*\+?[0-9]+\s*$/.test(raw) && Number(raw) <= max)
export const pciDomain = (value: Value): Value => form(value, /(0x)?[0-9a-fA-F]{1,8}/)
export const pciBus = (value: Value): Value => ({ ...value, strict: hexOr(2, 255) })
export const pciSlot = (value: Value): Value => ({
  ...value,
  strict: (raw) => /^(0x)?[01]?[0-9a-fA-F]$/.test(raw) || (/^\s*\+?[0-9]+\s*$/.test(raw) && Number(raw) <= 31),
})
export const pciFunction = (value: Value): Value => form(value, /\s*\+?(0x)?0*[0-7]\s*/)

/** Architectures that grammars know. */
export const architecture: Value = form(
  text,
  /\s*(aarch64|alpha|armv[67]l|cris|i686|ia64|lm32|loongarch64|m68k|microblaze(el)?|mips(64)?(el)?|openrisc|parisc(64)?|ppc(emb|64(le)?)?|riscv(32|64)|s390x?|sh4(eb)?|sparc(64)?|unicore32|x86_64|xtensa(eb)?)\s*/,
)

/** Keeps what cannot be read as it is: a check that comes later knows more to say about it. */
export const later = (value: Value): Value => ({
  ...value,
  json: { type: 'string' },
  strict: value.strict ?? ((raw) => value.parse(raw) !== undefined),
  parse: (raw) => value.parse(raw) ?? raw,
})

/** The same until the element has been read: its `finish` refuses what cannot be, so the value is of its own type after that. */
export const untilFinish = (value: Value): Value => ({ ...later(value), json: value.json, settled: value.parse })
