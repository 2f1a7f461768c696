// SPDX-License-Identifier: LGPL-2.1-or-later
// libvirt's configuration files: `name = value` lines, strings, numbers, lists, comments.
import { ErrorDomain, ErrorNumber } from './error-table.gen.js'
import { type VirtError, virtError } from './errors.js'

/** A value of a configuration file. */
export type ConfValue = bigint | string | readonly string[]
/** A line of a configuration file; comments are kept for writing. */
export interface ConfEntry {
  readonly name?: string
  readonly value?: ConfValue
  readonly comment?: string
  readonly line: number
}

/** A configuration file that was read. */
export class ConfFile {
  readonly entries: readonly ConfEntry[]
  readonly file: string
  readonly #byName: ReadonlyMap<string, ConfEntry>

  constructor(entries: readonly ConfEntry[], file: string) {
    this.entries = entries
    this.file = file
    this.#byName = new Map(entries.filter((e) => e.name !== undefined).map((e) => [e.name as string, e]))
  }

  /** Names in the order of the file. */
  get names(): string[] {
    return [...this.#byName.keys()]
  }

  entry(name: string): ConfEntry | undefined {
    return this.#byName.get(name)
  }

  /** A string. @throws VirtError `internal-error` naming file and setting when it is none */
  string(name: string): string | undefined {
    return this.#typed(name, 'expected a string', (v) => (typeof v === 'string' ? v : undefined))
  }

  /** A number that is not negative, at most `max`. */
  unsigned(name: string, max = 0xffffffff): number | undefined {
    const value = this.#typed(name, 'expected an unsigned integer', (v) =>
      typeof v === 'bigint' && v >= 0n ? v : undefined,
    )
    return this.#within(name, value, 0, max)
  }

  /** A whole number of 32 bits. */
  integer(name: string): number | undefined {
    const value = this.#typed(name, 'expected a signed integer', (v) => (typeof v === 'bigint' ? v : undefined))
    return this.#within(name, value, -0x80000000, 0x7fffffff)
  }

  /** 0 or 1. */
  bool(name: string): boolean | undefined {
    const value = this.#typed(name, 'expected a boolean', (v) => (typeof v === 'bigint' && v >= 0n ? v : undefined))
    if (value === undefined) return undefined
    if (value > 1n) throw this.#wrong(name, `value for '${name}' parameter must be 0 or 1`)
    return value === 1n
  }

  /** A list of strings. */
  strings(name: string): readonly string[] | undefined {
    return this.#typed(name, 'expected a string list', (v) => (Array.isArray(v) ? v : undefined))
  }

  #typed<T>(name: string, expected: string, take: (value: ConfValue) => T | undefined): T | undefined {
    const value = this.#byName.get(name)?.value
    if (value === undefined) return undefined
    const taken = take(value)
    if (taken === undefined) throw this.#wrong(name, `${expected} for '${name}' parameter`)
    return taken
  }

  #within(name: string, value: bigint | undefined, min: number, max: number): number | undefined {
    if (value === undefined) return undefined
    if (value < BigInt(min) || value > BigInt(max))
      throw this.#wrong(name, `value for '${name}' parameter must be in range ${min}:${max}`)
    return Number(value)
  }

  #wrong(name: string, what: string): VirtError {
    return virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.CONF, `${this.file}: ${what}`, {
      details: `${this.file}:${this.#byName.get(name)?.line}`,
    })
  }
}

/**
 * Reads a configuration file.
 * @param file its name, for errors
 * @throws VirtError `conf-syntax` with file and line
 * @since 0.1.0, `virConfReadString`
 */
export function parseConf(text: string, file = 'memory conf'): ConfFile {
  const reader = new Reader(text, file)
  const entries: ConfEntry[] = []
  const seen = new Map<string, number>()
  for (;;) {
    reader.skip(/\s*/y)
    if (reader.done) break
    const line = reader.line
    const comment = reader.take(/#([^\n]*)/y)
    if (comment !== undefined) {
      entries.push({ comment: comment[1] ?? '', line })
      continue
    }
    const name = reader.take(/[A-Za-z_][A-Za-z0-9_.-]*/y)
    if (name === undefined) throw reader.error('expecting a name')
    reader.skip(/[ \t]*/y)
    if (reader.take(/=/y) === undefined) throw reader.error('expecting an assignment')
    reader.skip(/[ \t]*/y)
    const value = reader.value()
    reader.skip(/[ \t]*/y)
    const tail = reader.take(/#([^\n]*)/y)
    if (!reader.done && reader.take(/\r?\n/y) === undefined) throw reader.error('expecting a separator')
    const at = seen.get(name[0])
    const entry = { name: name[0], value, line, ...(tail === undefined ? {} : { comment: tail[1] ?? '' }) }
    // The last assignment of a name counts, in the place of the first.
    if (at === undefined) seen.set(name[0], entries.push(entry) - 1)
    else entries[at] = entry
  }
  return new ConfFile(entries, file)
}

class Reader {
  readonly #text: string
  readonly #file: string
  #at = 0

  constructor(text: string, file: string) {
    this.#text = text
    this.#file = file
  }

  get done(): boolean {
    return this.#at >= this.#text.length
  }

  get line(): number {
    return this.#text.slice(0, this.#at).split('\n').length
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#at += match[0].length
    return match
  }

  skip(pattern: RegExp): void {
    this.take(pattern)
  }

  error(detail: string): VirtError {
    return virtError(ErrorNumber.CONF_SYNTAX, ErrorDomain.CONF, `${this.#file}:${this.line}: ${detail}`)
  }

  value(): ConfValue {
    const text = this.text()
    if (text !== undefined) return text
    if (this.take(/\[/y) !== undefined) return this.list()
    const number = this.take(/-?[0-9]+/y)
    if (number === undefined) throw this.error('expecting a value')
    const value = BigInt(number[0])
    if (BigInt.asIntN(64, value) !== value) throw this.error('number out of range')
    return value
  }

  /** A string in single, double or triple quotes; there are no escapes. */
  text(): string | undefined {
    const long = this.take(/"""([\s\S]*?)"""/y)
    if (long !== undefined) return long[1] ?? ''
    const open = this.take(/["']/y)
    if (open === undefined) return undefined
    const rest = this.take(open[0] === '"' ? /([^"\n]*)"/y : /([^'\n]*)'/y)
    if (rest === undefined) throw this.error('unterminated string')
    return rest[1] ?? ''
  }

  list(): string[] {
    const items: string[] = []
    const blank = /(?:\s|#[^\n]*)*/y
    for (;;) {
      this.skip(blank)
      if (this.take(/\]/y) !== undefined) return items
      const item = this.text()
      if (item === undefined) throw this.error(this.done ? 'list is not closed with ]' : 'expecting a value')
      items.push(item)
      this.skip(blank)
      if (this.take(/,/y) !== undefined) continue
      if (this.take(/\]/y) !== undefined) return items
      throw this.error(this.done ? 'list is not closed with ]' : 'expecting a separator in list')
    }
  }
}

/** Writes a configuration file: comments and settings, one after the other. @since 0.1.0, `virConfWriteMem` */
export function formatConf(conf: ConfFile): string {
  return conf.entries
    .map((e) => {
      if (e.name === undefined) return `#${e.comment}\n`
      return `${e.name} = ${formatValue(e.value as ConfValue)}${e.comment === undefined ? '' : ` #${e.comment}`}\n`
    })
    .join('')
}

function formatValue(value: ConfValue): string {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string') return value.includes('\n') || value.includes('"') ? `"""${value}"""` : `"${value}"`
  return `[ ${value.map(formatValue).join(', ')} ]`
}
