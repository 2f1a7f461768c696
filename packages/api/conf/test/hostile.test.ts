// SPDX-License-Identifier: LGPL-2.1-or-later
// Texts made to hurt, for every kind of document: one clear error, and soon. What takes the square of a text's length
// would not end before the test does.
import { isVirtError, type VirtError } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { parseTree } from '../src/index.js'
import { kinds } from './documents.js'

const mega = 1 << 20
const letters = 'abcdefghijklmnopqrstuvwxyz'

/** By what they are, what makes them, and what the error says. */
const texts: readonly [string, (root: string) => string | Uint8Array, RegExp][] = [
  [
    'a billion laughs',
    (root) => {
      const entities = [...letters].map((name, i) => `<!ENTITY ${name} "${`&${letters[i - 1] ?? 'lol'};`.repeat(10)}">`)
      return `<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY lol "lol">${entities.join('')}]>\n<${root} a='&z;'>&z;</${root}>`
    },
    /at line 3: Entity 'z' not defined/,
  ],
  [
    'a file of the host',
    (root) => `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>\n<${root}><name>&f;</name></${root}>`,
    /Entity 'f' not defined/,
  ],
  [
    '20,000 levels',
    (root) => `<${root}>${'<a>'.repeat(20_000)}${'</a>'.repeat(20_000)}</${root}>`,
    /Excessive depth in document: 256/,
  ],
  ['20,000 levels that never end', (root) => `<${root}>${'<a b="">'.repeat(20_000)}`, /Excessive depth|Premature end/],
  ['50 MB of text', (root) => `<${root}><name>${'x'.repeat(50 * mega)}</name></${root}>`, /Huge input lookup/],
  ['11 MB of an attribute', (root) => `<${root} a='${'x'.repeat(11 * mega)}'/>`, /Huge input lookup/],
  ['11 MB of bytes', (root) => Buffer.from(`<${root}>${' '.repeat(11 * mega)}</${root}>`), /Huge input lookup/],
  ['invalid UTF-8', (root) => Buffer.from(`<${root}><name>\xc3\x28</name></${root}>`, 'latin1'), /UTF-8/],
  ['half a character', (root) => Buffer.from(`<${root}>\xe2\x82`, 'latin1'), /UTF-8/],
  ['a NUL', (root) => `<${root}><name>a\0b</name></${root}>`, /invalid Char value 0|Premature end/],
  [
    '100,000 attributes',
    (root) => `<${root} ${Array.from({ length: 100_000 }, (_, i) => `a${i}=''`).join(' ')} a7=''/>`,
    /Attribute a7 redefined/,
  ],
  ['an unended comment', (root) => `<${root}><!--${'- '.repeat(mega)}`, /Comment not terminated/],
  ['nothing but opening', () => '<'.repeat(mega), /invalid element name/],
  ['a million references that are none', (root) => `<${root}>${'&lt'.repeat(mega)}</${root}>`, /expecting ';'/],
  ['a million lines', (root) => `${'\n'.repeat(mega)}<${root}`, /at line 1048577/],
]

describe.each(Object.entries(kinds))('a hostile %s', (name, { kind, hooks }) => {
  it.each(texts)('of %s gets one clear error', (_, make, message) => {
    const text = make(name)
    const runs = [
      () => kind.parse(text, { hooks }),
      () => kind.parse(text, { validate: true, hooks }),
      () => kind.checkText(text, { hooks }),
    ]
    for (const run of runs) {
      let caught: unknown
      try {
        run()
      } catch (error) {
        caught = error
      }
      expect(isVirtError(caught)).toBe(true)
      const { message: said, details = '' } = caught as VirtError
      expect(said).toMatch(message)
      expect(said.length + details.length).toBeLessThan(50_000)
    }
  })
})

describe('a hostile text', () => {
  it.each(texts)('of %s is no tree', (_, make, message) => {
    const made = make('any')
    if (typeof made === 'string') expect(() => parseTree(made, 0)).toThrow(message)
  })

  it('is not edited', async () => {
    const [, laughs] = texts[0]
    await expect(kinds.domain.kind.edit(laughs('domain') as string, () => undefined)).rejects.toThrow('not defined')
  })
})
