// SPDX-License-Identifier: GPL-2.0-or-later
// Guests that pass from a real libvirtd to virtd and back, while they run.
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection, Domain } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { bootDisk, guestXml } from './guest.js'
import { PrivateHost } from './private-host.js'

const qemu = await ensure('qemu')
const libvirtd = await ensure('libvirtd')
if (!qemu.ok || !libvirtd.ok) console.error('SKIPPED: guests that pass between libvirtd and virtd')

const agent = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
const other = 'f1f2f3f4-0000-4000-8000-000000000002'

/** States of all guests, and what is told of one of them until something has come. */
async function states(conn: Connection): Promise<Record<string, string>> {
  const rows: [string, string][] = []
  for await (const domain of conn.domains.list()) {
    const { state, reason } = await domain.state()
    rows.push([domain.name, `${state}/${reason}`])
  }
  return Object.fromEntries(rows.sort())
}

const told = (conn: Connection): string[] => {
  const lines: string[] = []
  conn.on('lifecycle', (domain: Domain, { type, detail }) => lines.push(`${domain.name} ${type} ${detail}`))
  return lines
}

/**
 * Takes those capabilities out of a guest's state that the other daemon does not know: it is of an older level, and its own
 * successors' states are as foreign to it.
 */
function toLevelOf(known: string, path: string): void {
  const names = new Set([...known.matchAll(/<flag name='([^']+)'/g)].map(([, name]) => name))
  const text = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    text.replace(/ *<flag name='([^']+)'\/>\n/g, (line, name: string) => (names.has(name) ? line : '')),
  )
}

describe.skipIf(!qemu.ok || !libvirtd.ok)('guests', () => {
  it('run on from libvirtd to virtd, and back', async () => {
    await using host = await PrivateHost.make()
    const disk = bootDisk(host.root)
    const status = (name: string): string => join(host.root, `run/qemu/${name}.xml`)
    const pid = (name: string): number => Number(readFileSync(join(host.root, `run/qemu/${name}.pid`), 'utf8'))
    const theirs = await host.start('libvirtd')
    const first = await theirs.conn.domains.define(guestXml({ disk, devices: agent }))
    await first.create()
    const transient = await theirs.conn.domains.create(guestXml({ name: 'transient', uuid: other }))
    await transient.suspend()
    const xml = [await first.xmlDesc(), await transient.xmlDesc()]
    const known = readFileSync(status('guest'), 'utf8')
    const pids = [pid('guest'), pid('transient')]
    expect(statSync(disk).uid).not.toBe(0)
    await theirs.stop()

    const ours = await host.start('virtd')
    const events = told(ours.conn)
    expect(await states(ours.conn)).toEqual({ guest: 'running/booted', transient: 'paused/user' })
    const again = await ours.conn.domains.byName('guest')
    const paused = await ours.conn.domains.byName('transient')
    expect([await again.xmlDesc(), await paused.xmlDesc()]).toEqual(xml)
    expect([await again.isPersistent(), await paused.isPersistent()]).toEqual([true, false])
    await paused.resume()
    await again.suspend()
    await again.resume()
    const made = await ours.conn.domains.define(guestXml({ name: 'ours', uuid: other.replace(/2$/, '3') }))
    await made.create()
    expect(events).toEqual([
      'transient resumed unpaused',
      'guest suspended paused',
      'guest resumed unpaused',
      'ours defined added',
      'ours resumed unpaused',
      'ours started booted',
    ])
    const own = await made.xmlDesc()
    await ours.stop()
    for (const name of ['guest', 'transient', 'ours']) toLevelOf(known, status(name))

    const last = await host.start('libvirtd')
    const ends = told(last.conn)
    expect(await states(last.conn)).toEqual({
      guest: 'running/unpaused',
      ours: 'running/booted',
      transient: 'running/unpaused',
    })
    // libvirtd tells of guests before it has taken them up, and then answers wrongly to who destroys one.
    for (const name of ['guest', 'transient', 'ours']) await (await last.conn.domains.byName(name)).memoryStats()
    expect([pid('guest'), pid('transient')]).toEqual(pids)
    expect(await (await last.conn.domains.byName('guest')).xmlDesc()).toBe(xml[0])
    expect(await (await last.conn.domains.byName('ours')).xmlDesc()).toBe(own)
    for (const name of ['guest', 'transient', 'ours']) await (await last.conn.domains.byName(name)).destroy()
    expect(await states(last.conn)).toEqual({ guest: 'shutoff/destroyed', ours: 'shutoff/destroyed' })
    const stopped = ends.filter((line) => line.includes('stopped'))
    expect(stopped).toEqual(['guest', 'transient', 'ours'].map((name) => `${name} stopped destroyed`))
    expect(statSync(disk).uid).toBe(0)
    await last.stop()
  })
})
