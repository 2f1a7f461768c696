// SPDX-License-Identifier: GPL-2.0-or-later
// What becomes of guests that switch themselves off, reset, panic, whose watchdog barks, whose disks fail or are full: as their documents
// say, and as with a real libvirtd with the same QEMU.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { bootDisk } from './guest.js'
import { PrivateHost } from './private-host.js'
import { linesOf } from './steps.js'

const parts = await Promise.all(['qemu', 'libvirtd', 'python', 'virsh'].map((part) => ensure(part)))
const ready = parts.every(({ ok }) => ok)
if (!ready) console.error(`SKIPPED: policies of guests compared with libvirtd's`)

async function fates(which: 'libvirtd' | 'virtd'): Promise<Record<string, unknown>> {
  await using host = await PrivateHost.make()
  await using _daemon = await host.start(which)
  const folder = join(host.root, 'images')
  const small = join(folder, 'small')
  mkdirSync(small, { recursive: true })
  await host.run('mount', '-t', 'tmpfs', '-o', 'size=1200k,mode=777', 'small', small)
  const script = join(import.meta.dirname, 'policies.py')
  const name = which === 'virtd' ? 'ours' : 'real'
  const said = await host.run('/usr/bin/python3', script, '/run/libvirt/libvirt-sock', folder, bootDisk(folder), name)
  return Object.fromEntries(linesOf<[string, unknown]>(said))
}

describe.skipIf(!ready)('what happens to a guest', () => {
  it('ends as its document says', async () => {
    const [expected, found] = await Promise.all([fates('libvirtd'), fates('virtd')])
    console.info(`${Object.keys(expected).length} fates of guests as with libvirtd`)
    expect(found).toEqual(expected)
    for (const [name, why] of [
      ['read-1', 'io-error-reason'],
      ['full-stop', 'enospc'],
      ['bark-pause', 'watchdog'],
    ] as const)
      expect(JSON.stringify(expected[name])).toContain(why)
  }, 200_000)
})
