// SPDX-License-Identifier: GPL-2.0-or-later
// Files of settings that are almost right: they are read, or refused with what is wrong, and nothing else happens.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isVirtError, type VirtError } from '@virt/core'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { loadConfig } from '../src/config.js'

const folder = mkdtempSync(join(tmpdir(), 'virtd-conf-'))
afterAll(() => rmSync(folder, { recursive: true }))

const key = fc.constantFrom(
  'listen_tls',
  'unix_sock_rw_perms',
  'access_drivers',
  'max_clients',
  'tls_priority',
  'log_level',
  'nothing',
)
const value = fc.oneof(
  fc.constantFrom(
    '1',
    '"0777"',
    '[ "polkit" ]',
    '[',
    '"',
    "'x'",
    '[ "a", ]',
    '[[]]',
    '-1',
    '99999999999999999999',
    '""',
    '[ 1, "a" ]',
  ),
  fc.string({ maxLength: 12, unit: 'binary' }),
)
const lines = fc.array(
  fc.oneof(
    fc.tuple(key, fc.constantFrom('=', ' = ', ' ', '=='), value).map((parts) => parts.join('')),
    fc.string({ maxLength: 20, unit: 'binary' }),
  ),
  { maxLength: 8 },
)

it('are read or refused', () => {
  const path = join(folder, 'virtd.conf')
  fc.assert(
    fc.property(lines, fc.constantFrom('\n', '\r\n', ' '), (all, end) => {
      writeFileSync(path, all.join(end))
      try {
        expect(loadConfig(folder, path).config).toBeTypeOf('object')
      } catch (error) {
        expect(isVirtError(error) ? undefined : error).toBeUndefined()
        // Where it is wrong is said, beside libvirt's words where those do not.
        const { message, details } = error as VirtError
        expect(`${message} ${details}`).toContain('virtd.conf')
      }
    }),
    { numRuns: process.env.VIRT_LONG === '1' ? 10_000 : 300 },
  )
})
