// SPDX-License-Identifier: LGPL-2.1-or-later
// Cuts a node file into its sections, so that each is read once, by the reader of its own kind.

/** A child element of an XML text, still text. */
export interface Section {
  readonly name: string
  /** Start of the element in the text. */
  readonly start: number
  /** End of its start tag. */
  readonly inner: number
  /** Start of its end tag; equals `inner` for an empty element. */
  readonly innerEnd: number
  readonly end: number
}

const closers: readonly (readonly [string, string])[] = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
  ['<!', '>'],
]

/** End of a tag that starts at `at`, past its `>`; quotes may hold one. */
function tagEnd(text: string, at: number): number {
  let end = text.indexOf('>', at)
  if (end < 0) return -1
  for (let quote = firstQuote(text, at, end); quote >= 0; quote = firstQuote(text, at, end)) {
    const close = text.indexOf(text[quote] as string, quote + 1)
    if (close < 0) return -1
    at = close + 1
    end = text.indexOf('>', at)
    if (end < 0) return -1
  }
  return end + 1
}

function firstQuote(text: string, from: number, to: number): number {
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i)
    if (c === 34 || c === 39) return i
  }
  return -1
}

/**
 * The children of the root element of `text`; with `within`, those of that section.
 * It trusts the text; undefined when the tags do not match up (the real reader then says what is wrong).
 */
export function sections(text: string, within?: Section): Section[] | undefined {
  const found: Section[] = []
  const walk = walkSections(text, within)
  let step = walk.next()
  for (; step.done !== true; step = walk.next()) found.push(step.value)
  return step.value ? found : undefined
}

/** The same one after the other, for texts of many; returns whether the tags match up. */
export function* walkSections(text: string, within?: Section): Generator<Section, boolean> {
  const base = within === undefined ? 0 : 1
  const to = within?.innerEnd ?? text.length
  let level = base
  let start = 0
  let inner = 0
  for (let at = text.indexOf('<', within?.inner ?? 0); at >= 0 && at < to; at = text.indexOf('<', at)) {
    const next = text.charCodeAt(at + 1)
    if (next === 33 || next === 63) {
      const [opener, closer] = closers.find(([open]) => text.startsWith(open, at)) as readonly [string, string]
      const end = text.indexOf(closer, at + opener.length)
      if (end < 0) return false
      at = end + closer.length
      continue
    }
    const end = tagEnd(text, at)
    if (end < 0) return false
    if (next === 47) {
      level--
      if (level < base) return false
      if (level === 1) yield { name: nameAt(text, start + 1), start, inner, innerEnd: at, end }
    } else if (text.charCodeAt(end - 2) === 47) {
      if (level === 1) yield { name: nameAt(text, at + 1), start: at, inner: end, innerEnd: end, end }
    } else {
      level++
      if (level === 2) {
        start = at
        inner = end
      }
    }
    at = end
  }
  return level === base
}

function nameAt(text: string, at: number): string {
  return /[^\s/>]*/y.exec(text.slice(at, at + 256))?.[0] ?? ''
}

/** The raw text of an attribute in the start tag of a section. */
export function attributeOf(text: string, section: Section, name: string): string | undefined {
  const tag = text.slice(section.start, section.inner)
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:'([^']*)'|"([^"]*)")`).exec(tag)
  return match ? unescapeXml(match[1] ?? match[2] ?? '') : undefined
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex?: string, dec?: string, name?: string) =>
    hex !== undefined
      ? String.fromCodePoint(Number.parseInt(hex, 16))
      : dec !== undefined
        ? String.fromCodePoint(Number(dec))
        : (entities[name ?? ''] ?? all),
  )
}
