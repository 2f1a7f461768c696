// SPDX-License-Identifier: GPL-2.0-or-later
// The rules of CPU models against those of a real libvirt, both with the tables that this has installed.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuModels, guestCpu, hostCpu } from '@virt/conf'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { encode } from '../src/encode.mjs'
import { readMap } from '../src/map.mjs'

const folder = '/usr/share/libvirt/cpu_map'
const isThere = existsSync(join(folder, 'index.xml')) && spawnSync('virsh', ['--version']).status === 0
if (!isThere) console.warn('skipped: there is no virsh, or no tables of CPU models')

const system = vi.hoisted(() => ({ tables: {} }))
vi.mock('../../../packages/api/conf/src/cpu/tables.gen.js', () => system)

const scratch = mkdtempSync(join(tmpdir(), 'cpu-rules-'))
const file = join(scratch, 'cpus.xml')
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** What the real one says: a document, or why not. */
function real(flags) {
  try {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }
    return `${execFileSync('virsh', ['-c', 'test:///default', 'cpu-baseline', file, ...flags], options).trimEnd()}\n`
  } catch (error) {
    return error.stderr.trim().replace(/^error: /, '')
  }
}

function ours(texts, expand) {
  try {
    const found = cpuModels.baseline(
      undefined,
      texts.map((text) => hostCpu.parse(text)),
    )
    return guestCpu.print(expand ? cpuModels.expandFeatures('x86_64', found) : found)
  } catch (error) {
    if (error?.[Symbol.for('@virt/error')] !== true) throw error
    return error.message
  }
}

describe.skipIf(!isThere)('baselines', () => {
  let table
  beforeAll(() => {
    for (const one of readMap(folder)) {
      system.tables[one.name] = JSON.stringify(encode(one))
      if (one.name === 'x86') table = one
    }
  })

  it('are those of the real one (property)', () => {
    const feature = fc.constantFrom(...table.features.map(({ name }) => name))
    const host = fc.record({
      model: fc.constantFrom(...table.models),
      vendor: fc.constantFrom('none', 'own', 'Intel'),
      features: fc.uniqueArray(feature, { maxLength: 30 }),
    })
    const print = ({ model, vendor, features }) => {
      const name = vendor === 'own' ? model.vendor : vendor === 'none' ? undefined : vendor
      const parts = features.map((its) => `<feature name='${its}'/>`)
      if (name !== undefined) parts.unshift(`<vendor>${name}</vendor>`)
      return `<cpu><arch>x86_64</arch><model>${model.name}</model>${parts.join('')}</cpu>`
    }
    fc.assert(
      fc.property(fc.array(host, { minLength: 1, maxLength: 3 }), fc.boolean(), (hosts, expand) => {
        const texts = hosts.map(print)
        writeFileSync(file, texts.join('\n'))
        expect(ours(texts, expand)).toBe(real(expand ? ['--features'] : []))
      }),
      { numRuns: process.env.VIRT_LONG === '1' ? 500 : 25 },
    )
  })
})
