// SPDX-License-Identifier: GPL-2.0-or-later
// Secrets by libvirt's own Python binding and virsh, with virtd and a real libvirtd: the same answers, errors, events, files.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startLibvirtd, startVirtd } from '../peers.mjs'
import { runProgram } from '../place.mjs'

const parts = await Promise.all(['libvirtd', 'python', 'virsh', 'qemu'].map((part) => ensure(part)))
const { ok: tpms } = await ensure('helpers')
const ready = parts.every(({ ok }) => ok)
if (!ready) console.error(`SKIPPED: secrets compared with libvirtd's`)

type Line = readonly [name: string, ...what: unknown[]]

async function calls(name: string, ...args: readonly string[]): Promise<Line[]> {
  const script = join(import.meta.dirname, name)
  const { stdout, stderr, code } = await runProgram('/usr/bin/python3', [script, ...args], { timeout: 120_000 })
  if (code !== 0) throw new Error(stderr)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

/** What libvirt 11.3 answers otherwise than the 9.0 that is installed, and what it leaves on the disk. */
const others: ReadonlySet<string> = new Set(
  [
    ...[
      'nothing',
      'no XML',
      'open',
      'ephemeral',
      'private',
      'usage without type',
      'usage of no type',
      'volume without path',
      'ceph without name',
    ],
    ...['iscsi without target', 'tls without name', 'vtpm without name'],
  ].map((what) => `define ${what}`),
).add('files of it')

describe.skipIf(!ready)('secrets', () => {
  it('are as with libvirtd', async () => {
    await using theirs = await startLibvirtd()
    await using ours = await startVirtd()
    const [expected, found] = await Promise.all([
      calls('calls.py', theirs.socket, join(theirs.root, 'etc/secrets')),
      calls('calls.py', ours.socket, join(ours.root, 'etc/libvirt/secrets')),
    ])
    expect(expected.length).toBeGreaterThan(150)
    const same = (lines: readonly Line[]): readonly Line[] => lines.filter(([name]) => !others.has(name))
    expect(same(found)).toEqual(same(expected))
  }, 240_000)

  it('open the disks and TPMs of guests as with libvirtd', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'virtd-keys-'))
    chmodSync(folder, 0o777)
    try {
      await using theirs = await startLibvirtd()
      await using ours = await startVirtd()
      const tpm = tpms ? ['tpm'] : []
      const expected = await calls('guests.py', theirs.socket, folder, ...tpm)
      expect(await calls('guests.py', ours.socket, folder, ...tpm)).toEqual(expected)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }, 240_000)
})
