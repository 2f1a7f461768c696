// SPDX-License-Identifier: GPL-2.0-or-later
// Recorded sessions of real clients with the real test driver, replayed against virtd.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Connection, connect } from '@virt/core'
import { remote } from '@virt/remote'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startVirtd } from '../peers.mjs'
import { levels, notReplayed } from './free.js'
import { replay } from './replay.js'

const folder = join(process.env.VIRT_SHARED ?? resolve(import.meta.dirname, '../../../../../../shared'), 'spec/traces')
const built = existsSync(new URL('../../../dist/main.cjs', import.meta.url))
const sessions = existsSync(folder)
  ? readdirSync(folder)
      .filter((name) => /^(test-|bad-driver|probe-uri|raw-).*\.jsonl$/.test(name))
      .map((name) => name.slice(0, -6))
      .filter((name) => !(name in notReplayed))
  : []
if (sessions.length === 0) console.warn(`SKIPPED: no recorded sessions in ${folder}`)

/** What the other client did during a recording. */
const bystanders: Readonly<Record<string, (c: Connection) => Promise<void>>> = {
  async 'test-events'(c) {
    const dom = await c.domains.byName('test')
    await dom.suspend()
    await dom.resume()
    await dom.destroy()
    await dom.create()
    await dom.setMetadata('element', '<m/>', 'm', 'http://example.org/m')
  },
  async 'test-event-domain'(c) {
    const dom = await c.domains.byName('test')
    await dom.suspend()
    await dom.resume()
  },
  async 'test-net-event'(c) {
    const net = await c.networks.byName('default')
    await net.destroy()
    await net.create()
  },
  async 'test-pool-event'(c) {
    const pool = await c.pools.byName('default-pool')
    await pool.destroy()
    await pool.create()
  },
  async 'test-pool-refresh-event'(c) {
    await (await c.pools.byName('default-pool')).refresh()
  },
}

const recordedFolder = '/srv/spec-data-------'

describe.skipIf(sessions.length === 0 || !built)('recorded sessions', () => {
  let daemon: Awaited<ReturnType<typeof startVirtd>>
  let scratch = ''
  beforeEach(async () => {
    daemon = await startVirtd()
    // As long as the recorded one, so that no length changes.
    scratch = mkdtempSync('/tmp/'.padEnd(recordedFolder.length - 6, 'virt-replay-'))
  })
  afterEach(async () => {
    await daemon.stop()
    rmSync(scratch, { recursive: true, force: true })
  })

  it.each(sessions)('%s', async (name) => {
    const { differences, compared } = await replay(
      join(folder, `${name}.jsonl`),
      daemon,
      new Map([[recordedFolder, scratch]]),
      async () => {
        const c = await connect(`test+unix:///default?socket=${daemon.socket}`, { drivers: [remote()] })
        await bystanders[name]?.(c)
        await c.close()
      },
    )
    expect(compared).toBeGreaterThan(0)
    const known = levels[name] ?? {}
    expect(differences.filter(({ seq }) => !(seq in known))).toEqual([])
    // A difference that is gone must go from the list too.
    expect(
      Object.keys(known)
        .map(Number)
        .filter((seq) => !differences.some((one) => one.seq === seq)),
    ).toEqual([])
  })
})
