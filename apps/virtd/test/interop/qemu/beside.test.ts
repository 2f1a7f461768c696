// SPDX-License-Identifier: GPL-2.0-or-later
// Command lines of definitions that are not started, processors that come and go, and files that clients open, beside a real libvirtd with the same QEMU.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startLibvirtd, startVirtd } from '../peers.mjs'
import { stepsOf } from './steps.js'

const parts = await Promise.all(['qemu', 'libvirtd', 'python', 'virsh'].map((part) => ensure(part)))
const ready = parts.every(({ ok }) => ok)
if (!ready) console.error(`SKIPPED: command lines and processors compared with libvirtd's`)
const folder = mkdtempSync(join(tmpdir(), 'virtd-beside-'))
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(!ready)('step by step', () => {
  it.each([
    ['definitions are told as command lines', 'native.py', 20],
    ['processors come and go', 'processors.py', 250],
    ['files that clients have opened are disks', 'files.py', 14],
  ] as const)(
    '%s as with libvirtd',
    async (_what, script, least) => {
      await using theirs = await startLibvirtd()
      await using ours = await startVirtd()
      const [expected = [], found] = await Promise.all(
        [theirs, ours].map(({ socket }) => stepsOf(script, socket, folder)),
      )
      expect(expected.length).toBeGreaterThan(least)
      expect(found).toEqual(expected)
    },
    120_000,
  )
})
