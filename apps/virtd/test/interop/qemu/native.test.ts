// SPDX-License-Identifier: GPL-2.0-or-later
// Command lines of definitions that are not started, beside a real libvirtd with the same QEMU.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startLibvirtd, startVirtd } from '../peers.mjs'
import { stepsOf } from './steps.js'

const parts = await Promise.all(['qemu', 'libvirtd', 'python', 'virsh'].map((part) => ensure(part)))
const ready = parts.every(({ ok }) => ok)
if (!ready) console.error(`SKIPPED: command lines of definitions compared with libvirtd's`)
const folder = mkdtempSync(join(tmpdir(), 'virtd-native-'))
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(!ready)('a definition as a command line', () => {
  it("is libvirtd's", async () => {
    await using theirs = await startLibvirtd()
    await using ours = await startVirtd()
    const [expected = [], found] = await Promise.all(
      [theirs, ours].map(({ socket }) => stepsOf('native.py', socket, folder)),
    )
    expect(expected.length).toBeGreaterThan(20)
    expect(found).toEqual(expected)
  }, 120_000)
})
