// SPDX-License-Identifier: GPL-2.0-or-later
// `--driver FILE.mjs`: the daemon serves a driver that it has never heard of.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { allSuites, missingSlots, runTest, type Target } from '@virt/compliance'
import { connect, processServices } from '@virt/core'
import { remote } from '@virt/remote'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { driver } from '../../../docs/examples/one-file-driver.mjs'
import { loadDrivers } from '../src/drivers.js'
import { startVirtd } from './interop/peers.mjs'

const file = join(import.meta.dirname, '../../../docs/examples/one-file-driver.mjs')
const built = existsSync(new URL('../dist/main.cjs', import.meta.url))
if (!built) console.warn('SKIPPED: a third party driver behind virtd (needs `npm run build`)')

describe.skipIf(!built)('virtd --driver', () => {
  let daemon: Awaited<ReturnType<typeof startVirtd>>
  beforeAll(async () => {
    daemon = await startVirtd({ args: ['--driver', file] })
  }, 30_000)
  afterAll(() => daemon?.stop())
  const open = (uri: string, readOnly = false) =>
    connect(`${uri}?socket=${readOnly ? daemon.readOnlySocket : daemon.socket}`, { readOnly, drivers: [remote()] })
  const target: Target = {
    name: 'shelf',
    supports: driver(processServices()).supports,
    templates: {
      domain: (name) =>
        `<domain type='test'><name>${name}</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>`,
    },
    open: (options = {}) => open('shelf+unix:///system', options.readOnly),
  }
  for (const suite of allSuites)
    for (const test of suite.tests)
      if (missingSlots(test, target).length === 0) it(`${suite.name}: ${test.name}`, () => runTest(test, target))

  it('serves its own drivers beside it', async () => {
    const conn = await open('test+unix:///default')
    expect(await conn.type()).toBe('TEST')
    await conn.close()
  })

  it('hands on what the driver says of a URI', async () => {
    await expect(open('shelf+unix:///session')).rejects.toMatchObject({
      code: 'internal-error',
      message: "internal error: unexpected path '/session', try shelf:///system",
    })
  })
})

describe('a module given with --driver', () => {
  it('is refused when it exports no driver', async () => {
    const empty = join(import.meta.dirname, '../src/paths.ts')
    await expect(loadDrivers([], [empty], () => processServices())).rejects.toMatchObject({
      message: expect.stringContaining("exports no 'driver' function"),
    })
  })

  it('comes before the built-in drivers', async () => {
    const drivers = await loadDrivers(['test'], [file], () => processServices())
    expect(drivers.map((d) => d.name)).toEqual(['shelf', 'test'])
  })
})
