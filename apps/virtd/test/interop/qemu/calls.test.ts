// SPDX-License-Identifier: GPL-2.0-or-later
// Hundreds of calls of one guest by libvirt's own Python binding and virsh, to virtd and to a real libvirtd with the same QEMU: the
// same answers, errors, events in their order, states. Images that one saves the other restores.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@virt/core'
import { remote } from '@virt/remote'
import { afterAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startLibvirtd, startVirtd } from '../peers.mjs'
import { bootDisk, guestXml } from './guest.js'
import { type Step, stepsOf } from './steps.js'

const parts = await Promise.all(['qemu', 'libvirtd', 'python', 'virsh'].map((part) => ensure(part)))
const ready = parts.every(({ ok }) => ok)
if (!ready) console.error(`SKIPPED: calls of guests compared with libvirtd's`)
const folder = mkdtempSync(join(tmpdir(), 'virtd-calls-'))
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What libvirt 11.3 answers otherwise than the 9.0 that is installed. */
const newer: ReadonlySet<string> = new Set([
  'dom.setMetadata(2, "<a", "k", "http://x", 3)',
  'dom.setIOThreadParams(1, {"poll_max_ns": 1 << 40}, 1)',
])

describe.skipIf(!ready)('calls of a guest', () => {
  it('answer as with libvirtd', async () => {
    await using theirs = await startLibvirtd()
    await using ours = await startVirtd()
    const [expected = [], found = []] = await Promise.all(
      [theirs, ours].map(({ socket }) => stepsOf('calls.py', socket, folder)),
    )
    const same = (steps: readonly Step[]): readonly Step[] => steps.filter(([name]) => !newer.has(name))
    expect(expected.length).toBeGreaterThan(400)
    expect(same(found)).toEqual(same(expected))
  }, 300_000)

  it('restore what the other has saved', async () => {
    await using theirs = await startLibvirtd()
    await using ours = await startVirtd()
    const disk = bootDisk(folder)
    const daemons = [theirs, ours]
    for (const [from, to] of [daemons, daemons.toReversed()]) {
      const image = join(folder, 'image')
      const xml = guestXml({ disk })
      const source = await connect(`qemu+unix:///system?socket=${from?.socket}`, { drivers: [remote()] })
      const target = await connect(`qemu+unix:///system?socket=${to?.socket}`, { drivers: [remote()] })
      try {
        await (await source.domains.create(xml)).save(image)
        await target.domains.restore(image)
        const guest = await target.domains.byName('guest')
        expect(await guest.state()).toMatchObject({ state: 'running', reason: 'restored' })
        await guest.destroy()
      } finally {
        await source.close()
        await target.close()
      }
    }
  }, 120_000)

  it('restore processors as the other has noted them beside the document', async () => {
    await using theirs = await startLibvirtd()
    await using ours = await startVirtd()
    const disk = bootDisk(folder)
    const image = join(folder, 'noted')
    const told: unknown[] = []
    const daemons = [theirs, ours]
    for (const [from, to] of [daemons, daemons.toReversed()]) {
      const source = await connect(`qemu+unix:///system?socket=${from?.socket}`, { drivers: [remote()] })
      const target = await connect(`qemu+unix:///system?socket=${to?.socket}`, { drivers: [remote()] })
      const cpuOf = (text: string): string => /<cpu .*<\/cpu>/s.exec(text)?.[0] ?? ''
      try {
        const guest = await source.domains.create(guestXml({ disk }))
        const before = [cpuOf(await guest.xmlDesc()), cpuOf(await guest.xmlDesc({ migratable: true }))]
        await guest.save(image)
        const saved = readFileSync(image)
        const cookie = /<cookie>.*<\/cookie>\n\0/s.exec(saved.toString('latin1'))?.[0] ?? ''
        // It has another feature fewer: only the cookie says so.
        const at = saved.indexOf("policy='require' name='lahf_lm'", saved.indexOf('<cookie>'))
        saved.write('disable', at + "policy='".length)
        writeFileSync(image, saved)
        await target.domains.restore(image)
        const moved = await target.domains.byName('guest')
        told.push([before, cookie, cpuOf(await moved.xmlDesc()), cpuOf(await moved.xmlDesc({ migratable: true }))])
        await moved.destroy()
      } finally {
        await source.close()
        await target.close()
      }
    }
    expect(told[0]).toEqual(told[1])
    const [[[live, asked], cookie, then, askedThen]] = told as [[[string, string], string, string, string]]
    expect(cookie).toContain("<feature policy='require' name='lahf_lm'/>")
    expect(live).toContain("<feature policy='require' name='lahf_lm'/>")
    expect(then).toContain("<feature policy='disable' name='lahf_lm'/>")
    expect(askedThen).toBe(asked)
  }, 120_000)
})
