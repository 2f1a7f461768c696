// SPDX-License-Identifier: LGPL-2.1-or-later
import { isVirtError } from '@virt/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distinguishedName, globMatches, tlsPriority } from '../src/tls/index.js'

describe('names of certificates', () => {
  it.each([
    ['C=GB\nO=Virt\nCN=host', 'C=GB,O=Virt,CN=host'],
    ['O=Virt\\, Ltd\nCN=\\ lead', 'O=Virt\\, Ltd,CN=\\ lead'],
    ['emailAddress=a@b\nCN=x=y', 'EMAIL=a@b,CN=x=y'],
    ['CN=a + O=b\nC=GB', 'CN=a+O=b,C=GB'],
    ['', ''],
  ])('%j is %j', (subject, name) => {
    expect(distinguishedName(subject)).toBe(name)
  })

  it('match patterns of * and ? as an expression would, and nothing else is special', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '[', '.', '*', '?'), maxLength: 12 })
    fc.assert(
      fc.property(letters, letters, (pattern, text) => {
        const source = [...pattern].map((c) =>
          c === '*' ? '.*' : c === '?' ? '.' : `\\u{${c.charCodeAt(0).toString(16)}}`,
        )
        expect(globMatches(pattern, text)).toBe(new RegExp(`^${source.join('')}$`, 'su').test(text))
      }),
    )
  })
})

describe('priority strings', () => {
  it.each([
    ['NORMAL', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' }],
    ['NORMAL:-VERS-ALL:+VERS-TLS1.2', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }],
    ['NORMAL:-VERS-TLS1.2', { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' }],
    ['SECURE256:%SERVER_PRECEDENCE', { honorCipherOrder: true, ciphers: 'AES256:CHACHA20:!aNULL:!eNULL' }],
  ])('%s', (text, meaning) => {
    expect(tlsPriority(text)).toMatchObject(meaning)
  })

  it.each(['FOO', 'NORMAL:+FOO', 'NORMAL:-VERS-ALL', ''])('%j is refused, naming the setting', (text) => {
    expect(() => tlsPriority(text)).toThrow(`Failed to set TLS session priority to ${text}: `)
    try {
      tlsPriority(text)
    } catch (error) {
      expect((error as { details: string }).details).toContain('tls_priority')
    }
  })

  it('are understood or refused, whatever they are', () => {
    const word = fc.constantFrom('NORMAL', 'PFS', '+VERS-TLS1.3', '-VERS-ALL', '!RSA', '%COMPAT', '-', '', ' ')
    fc.assert(
      fc.property(fc.array(word), (words) => {
        try {
          expect(tlsPriority(words.join(':')).minVersion).toMatch(/^TLSv1/)
        } catch (error) {
          expect(isVirtError(error)).toBe(true)
        }
      }),
    )
  })
})
