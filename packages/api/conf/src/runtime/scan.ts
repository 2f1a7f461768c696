// SPDX-License-Identifier: LGPL-2.1-or-later
// A pull-free XML scanner for documents of libvirt's kind: no entities but the five, no external anything, and the
// errors libxml2 would give, word for word. It hands names, attribute lists and text to a handler and keeps no tree.
// saxes was measured first: it costs more than all of our reading, and its errors are not libxml2's.
import { codesOf, release } from './codes.js'
import { nameIn, short, valueIn } from './interned.js'

/** Nesting libxml2 allows. */
const maxDepth = 256
/** Longest document libxml2 reads without being asked to be generous. */
const maxLength = 10_000_000
/** Attributes of a tag from which on their names are kept in a set. */
const many = 32

/** Attributes of one tag as `[name, value, name, value …]`; reused for the next tag. */
export class Attributes {
  /** Never empty, so that V8 sees one kind of array. */
  readonly list: string[] = ['', '']
  /** Used length of `list`. */
  length = 0
  #names = new Set<string>()

  get(name: string): string | undefined {
    const { list, length } = this
    for (let i = 0; i < length; i += 2) if (list[i] === name) return list[i + 1]
    return undefined
  }

  /** Whether a tag has an attribute already. Of many, looking through the list would take the square of their number. */
  has(name: string): boolean {
    if (this.length < 2 * many) return this.get(name) !== undefined
    if (this.length === 2 * many) this.#names = new Set(this.list.slice(0, this.length).filter((_, i) => i % 2 === 0))
    const known = this.#names.has(name)
    this.#names.add(name)
    return known
  }

  toObject(): Record<string, string> {
    const out: Record<string, string> = {}
    for (let i = 0; i < this.length; i += 2) out[this.list[i] as string] = this.list[i + 1] as string
    return out
  }
}

/** Takes what the scanner finds. */
export interface ScanHandler {
  open(name: string, attributes: Attributes): void
  close(): void
  text(chunk: string): void
  /** Whether blank text between tags matters at this moment. */
  wantsText: boolean
  /** Throws; `at` is the offset libxml2 would point to. */
  malformed(message: string, at: number): never
}

const lt = 60
const gt = 62
const amp = 38
const slash = 47
const equals = 61

function isBlank(c: number): boolean {
  return c === 32 || c === 10 || c === 9 || c === 13
}

// 1: may start a name, 2: may stand in one. Everything beyond ASCII may.
const nameTable = new Uint8Array(128)
for (let c = 0; c < 128; c++) {
  const letter = (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c === 58
  nameTable[c] = letter ? 3 : (c >= 48 && c <= 57) || c === 45 || c === 46 ? 2 : 0
}

function startsName(c: number): boolean {
  return c < 128 ? ((nameTable[c] as number) & 1) !== 0 : c >= 128
}

function inName(c: number): boolean {
  return c < 128 ? (nameTable[c] as number) !== 0 : c >= 128
}

// Characters that stand for themselves in an attribute's value, whichever quote ends it.
const plainTable = new Uint8Array(128)
for (let c = 32; c < 128; c++) plainTable[c] = c === 34 || c === 39 || c === amp || c === lt ? 0 : 1

const predefined: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function isChar(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 10 || code === 13
  return code < 0xd800 || (code >= 0xe000 && code < 0xfffe) || (code >= 0x10000 && code <= 0x10ffff)
}

/** Checks a text's form alone. @throws what `malformed` throws */
export function checkForm(text: string, malformed: (message: string, at: number) => never): void {
  const ignore = () => {}
  new Scanner(text, { open: ignore, close: ignore, text: ignore, wantsText: false, malformed }).run()
}

const nothing = new Uint16Array(0)

/** Scans a whole document. */
export class Scanner {
  /** Offset of the scan, for errors the handler raises itself. */
  at = 0
  private readonly text: string
  private codes: Uint16Array = nothing
  private readonly handler: ScanHandler
  private readonly attributes = new Attributes()
  /** Names of the elements that are open, and where their tags begin; the first entry is outside of all. */
  private readonly names: string[] = ['']
  private readonly lines: number[] = [0]

  constructor(text: string, handler: ScanHandler) {
    this.text = text
    this.handler = handler
  }

  run(): void {
    const { text, handler } = this
    if (text.length === 0) handler.malformed('Document is empty\n', 0)
    if (text.length > maxLength) handler.malformed('internal error: Huge input lookup', 0)
    if (text.charCodeAt(0) === 0xfeff) this.at = 1
    if (text.startsWith('<?xml', this.at) && isBlank(text.charCodeAt(this.at + 5))) this.declaration()
    this.misc(true)
    if (text.charCodeAt(this.at) !== lt) handler.malformed("Start tag expected, '<' not found", this.at)
    this.codes = codesOf(text)
    try {
      this.element()
      while (this.names.length > 1) this.content()
    } finally {
      release(this.codes)
      this.codes = nothing
    }
    this.misc(false)
    if (this.at < text.length) handler.malformed('Extra content at the end of the document', this.at)
  }

  private lineAt(offset: number): number {
    let line = 1
    for (let i = this.text.indexOf('\n'); i >= 0 && i < offset; i = this.text.indexOf('\n', i + 1)) line++
    return line
  }

  private declaration(): void {
    const end = this.text.indexOf('?>', this.at)
    if (end < 0) this.handler.malformed('Blank needed here', this.text.length - 1)
    const inside = this.text.slice(this.at + 5, end)
    if (!/^\s+version\s*=\s*("[^"]*"|'[^']*')/.test(inside))
      this.handler.malformed('Malformed declaration expecting version', this.at + 6)
    this.at = end + 2
  }

  /** Blanks, comments, instructions and, before the root, a document type (which is skipped). */
  private misc(beforeRoot: boolean): void {
    const { text } = this
    for (;;) {
      while (isBlank(text.charCodeAt(this.at))) this.at++
      if (text.startsWith('<!--', this.at)) this.comment()
      else if (text.startsWith('<?', this.at)) this.instruction()
      else if (beforeRoot && text.startsWith('<!DOCTYPE', this.at)) this.doctype()
      else return
    }
  }

  private doctype(): void {
    const { text } = this
    let depth = 0
    for (let i = this.at + 9; i < text.length; i++) {
      const c = text.charCodeAt(i)
      if (c === 34 || c === 39) {
        const end = text.indexOf(c === 34 ? '"' : "'", i + 1)
        if (end < 0) break
        i = end
      } else if (c === 91) depth++
      else if (c === 93) depth--
      else if (c === gt && depth === 0) {
        this.at = i + 1
        return
      }
    }
    this.handler.malformed('DOCTYPE improperly terminated', text.length)
  }

  private comment(): void {
    const { text, handler } = this
    const start = this.at + 4
    const end = text.indexOf('--', start)
    if (end < 0) handler.malformed('Comment not terminated', text.length)
    if (text.charCodeAt(end + 2) !== gt)
      handler.malformed(`Double hyphen within comment: <!--${text.slice(start, Math.min(end, start + 50))}`, end)
    this.at = end + 3
  }

  private instruction(): void {
    const { text, handler } = this
    const start = this.at + 2
    if (!startsName(text.charCodeAt(start))) handler.malformed('xmlParsePI : no target name', start)
    let i = start
    while (inName(text.charCodeAt(i))) i++
    const target = text.slice(start, i)
    if (target.toLowerCase() === 'xml')
      handler.malformed('XML declaration allowed only at the start of the document', i)
    const end = text.indexOf('?>', i)
    if (end < 0) handler.malformed(`ParsePI: PI ${target} never end ...`, text.length)
    this.at = end + 2
  }

  /** Everything up to and including the next tag inside an element. */
  private content(): void {
    const { text, codes, handler } = this
    const start = this.at
    let i = start
    // The usual case: blanks up to the next tag.
    while (isBlank(codes[i] as number)) i++
    if (codes[i] === lt) {
      if (handler.wantsText && i > start) handler.text(this.plain(start, i))
    } else {
      i = text.indexOf('<', i)
      const end = i < 0 ? text.length : i
      this.characters(start, end)
      if (i < 0) {
        const depth = this.names.length - 1
        const name = this.names[depth] as string
        handler.malformed(
          `Premature end of data in tag ${name} line ${this.lineAt(this.lines[depth] as number)}`,
          text.length,
        )
      }
    }
    this.at = i
    const next = codes[i + 1] as number
    if (next === slash) this.endTag()
    else if (next === 33) {
      if (text.startsWith('<!--', i)) this.comment()
      else if (text.startsWith('<![CDATA[', i)) this.cdata()
      else handler.malformed('StartTag: invalid element name', i + 1)
    } else if (next === 63) this.instruction()
    else this.element()
  }

  private cdata(): void {
    const { text, handler } = this
    const start = this.at + 9
    const end = text.indexOf(']]>', start)
    if (end < 0)
      handler.malformed(
        `CData section not finished\n${text.slice(start, Math.max(start, text.length - 2)).slice(0, 50)}`,
        text.length,
      )
    handler.text(this.plain(start, end))
    this.at = end + 3
  }

  private plain(start: number, end: number): string {
    const raw = this.text.slice(start, end)
    return raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw
  }

  /** Text with references. */
  private characters(start: number, end: number): void {
    const { text, codes, handler } = this
    let special = false
    for (let i = start; i < end; i++) {
      const c = codes[i] as number
      if (c === amp || c === 93 || c < 32 || c >= 0xd800) {
        special = true
        break
      }
    }
    if (!special) {
      handler.text(text.slice(start, end))
      return
    }
    const broken = text.indexOf(']]>', start)
    let out = ''
    let from = start
    for (let i = start; i < end; i++) {
      const c = codes[i] as number
      if (i === broken) handler.malformed("Sequence ']]>' not allowed in content", i)
      if (c === amp) {
        out += this.plain(from, i)
        this.at = i
        out += this.reference()
        from = this.at
        i = from - 1
      } else if ((c < 32 || c >= 0xd800) && !this.allowed(c, i)) {
        handler.malformed(`PCDATA invalid Char value ${c}`, i)
      }
    }
    handler.text(out + this.plain(from, end))
  }

  /** Whether the character at an offset may stand in XML; halves of pairs only with the other half. */
  private allowed(c: number, at: number): boolean {
    if (c >= 0xd800 && c <= 0xdfff) {
      const other = this.text.charCodeAt(c < 0xdc00 ? at + 1 : at - 1)
      return c < 0xdc00 ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other < 0xdc00
    }
    return isChar(c)
  }

  /** A reference at `at`; leaves `at` behind it. */
  private reference(): string {
    const { text, handler } = this
    let i = this.at + 1
    if (text.charCodeAt(i) === 35) return this.charReference()
    const start = i
    if (!startsName(text.charCodeAt(i))) handler.malformed('xmlParseEntityRef: no name', i)
    while (inName(text.charCodeAt(i))) i++
    const name = text.slice(start, i)
    if (text.charCodeAt(i) !== 59) handler.malformed("EntityRef: expecting ';'", i)
    const value: string | undefined = predefined[name]
    if (value === undefined) handler.malformed(`Entity '${name}' not defined`, i + 1)
    this.at = i + 1
    return value ?? ''
  }

  private charReference(): string {
    const { text, handler } = this
    const hex = text.charCodeAt(this.at + 2) === 120
    const start = this.at + (hex ? 3 : 2)
    let i = start
    let value = 0
    for (; text.charCodeAt(i) !== 59; i++) {
      const digit = Number.parseInt(text.charAt(i), hex ? 16 : 10)
      if (Number.isNaN(digit)) handler.malformed(`CharRef: invalid ${hex ? 'hexadecimal' : 'decimal'} value`, i)
      value = Math.min(value * (hex ? 16 : 10) + digit, 0x110000)
    }
    if (value >= 0x110000) handler.malformed('xmlParseCharRef: character reference out of bounds', i + 1)
    if (!isChar(value) || i === start) handler.malformed(`xmlParseCharRef: invalid xmlChar value ${value}`, i + 1)
    this.at = i + 1
    return String.fromCodePoint(value)
  }

  /** A start tag at `at`. */
  private element(): void {
    const { text, codes, handler, attributes } = this
    let i = this.at + 1
    const tagAt = this.at
    if (!startsName(codes[i] as number)) handler.malformed('StartTag: invalid element name', i)
    const start = i
    while (inName(codes[i] as number)) i++
    const name = nameIn(text, codes, start, i)
    attributes.length = 0
    for (;;) {
      const before = i
      let c = codes[i] as number
      while (isBlank(c)) c = codes[++i] as number
      if (c === gt || (c === slash && codes[i + 1] === gt)) break
      if (i >= text.length) handler.malformed(`Couldn't find end of Start Tag ${name} line ${this.lineAt(tagAt)}`, i)
      if (before === i && attributes.length > 0) handler.malformed('attributes construct error', i)
      i = this.attribute(i)
    }
    if (this.names.length > maxDepth)
      handler.malformed(`Excessive depth in document: ${maxDepth} use XML_PARSE_HUGE option`, i + 1)
    this.names.push(name)
    this.lines.push(tagAt)
    if (codes[i] === slash) {
      this.at = i + 2
      handler.open(name, attributes)
      handler.close()
      this.names.pop()
      this.lines.pop()
      return
    }
    this.at = i + 1
    handler.open(name, attributes)
  }

  /** An attribute at `i`; returns the offset behind it. */
  private attribute(from: number): number {
    const { text, codes, handler, attributes } = this
    let i = from
    if (!startsName(codes[i] as number)) {
      handler.malformed('error parsing attribute name', i)
    }
    while (inName(codes[i] as number)) i++
    const name = nameIn(text, codes, from, i)
    while (isBlank(codes[i] as number)) i++
    if (codes[i] !== equals) handler.malformed(`Specification mandates value for attribute ${name}`, i)
    i++
    while (isBlank(codes[i] as number)) i++
    const quote = codes[i] as number
    if (quote !== 34 && quote !== 39) handler.malformed(`AttValue: " or ' expected`, i)
    const start = ++i
    let special = false
    for (;;) {
      const c = codes[i] as number
      if (c < 128 && plainTable[c] === 1) {
        i++
        continue
      }
      if (c === quote) break
      if (c === amp || c < 32 || c >= 0xd800) special = true
      if (c === lt) handler.malformed("Unescaped '<' not allowed in attributes values", i)
      if (i >= text.length) handler.malformed(`AttValue: ' expected`, i)
      i++
    }
    let value: string
    if (special) value = this.attributeValue(start, i)
    else if (i - start <= short) value = valueIn(text, codes, start, i)
    else value = text.slice(start, i)
    i++
    if (attributes.has(name)) handler.malformed(`Attribute ${name} redefined`, i)
    attributes.list[attributes.length++] = name
    attributes.list[attributes.length++] = value
    return i
  }

  private attributeValue(start: number, end: number): string {
    const { text, handler } = this
    let out = ''
    for (let i = start; i < end; ) {
      const c = text.charCodeAt(i)
      if (c === amp) {
        this.at = i
        out += this.reference()
        i = this.at
        continue
      }
      if (isBlank(c)) {
        out += ' '
        if (c === 13 && text.charCodeAt(i + 1) === 10) i++
      } else {
        if (!this.allowed(c, i)) handler.malformed('invalid character in attribute value', i)
        out += text.charAt(i)
      }
      i++
    }
    return out
  }

  private endTag(): void {
    const { text, codes, handler } = this
    const depth = this.names.length - 1
    const name = this.names[depth] as string
    const start = this.at + 2
    const opened = (this.lines[depth] as number) + 1
    let i = start
    while (i - start < name.length && codes[i] === codes[opened + i - start]) i++
    const same = i - start === name.length && !inName(codes[i] as number)
    while (inName(codes[i] as number)) i++
    const found = i
    while (isBlank(codes[i] as number)) i++
    if (codes[i] !== gt) handler.malformed("expected '>'", i)
    i++
    if (!same)
      handler.malformed(
        `Opening and ending tag mismatch: ${name} line ${this.lineAt(opened - 1)} and ${text.slice(start, found) || 'unparsable'}`,
        i,
      )
    this.at = i
    this.names.pop()
    this.lines.pop()
    handler.close()
  }
}
