// SPDX-License-Identifier: GPL-2.0-or-later
// Migrations that are refused, and what tunes them, by libvirt's own Python binding and virsh: virtd refuses what a real libvirtd refuses, in
// its order, with its codes and words.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startLibvirtd, startVirtd } from '../peers.mjs'
import { stepsOf } from './steps.js'

const parts = await Promise.all(['qemu', 'libvirtd', 'python', 'virsh'].map((part) => ensure(part)))
const ready = parts.every(({ ok }) => ok) && process.getuid?.() === 0
if (!ready) console.error(`SKIPPED: refusals of migrations compared with libvirtd's`)
const folder = mkdtempSync(join(tmpdir(), 'virtd-refusals-'))
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A call and its answer. */
type Step = readonly [name: string, answer: unknown]

async function refusals(socket: string): Promise<Step[]> {
  const steps = await stepsOf('migration-refusals.py', socket, folder)
  return steps.map(([name, answer]) => [name, answer])
}

const sameHost = '1/10 internal error: Attempt to migrate guest to the same host UUID'
const invalid = (text: string): string => `8/10 invalid argument: ${text}`

/** What libvirt 11.3 answers otherwise than the 9.0 that is installed, and why. */
const newer: Readonly<Record<string, readonly [answer: string, why: string]>> = {
  'compressed over several connections': [
    invalid('No compression algorithm selected for parallel migration'),
    '9.4: compression of several connections',
  ],
  'xbzrle over several connections': [
    invalid("Compression method 'xbzrle' isn't supported with parallel migration"),
    '9.4: compression of several connections',
  ],
  'mt over several connections': [
    invalid("Compression method 'mt' isn't supported with parallel migration"),
    '9.4: compression of several connections',
  ],
  zlib: [
    invalid("Compression method 'zlib' is only supported with parallel migration"),
    '9.4: compression of several connections',
  ],
  'zlib over several connections': [sameHost, '9.4: compression of several connections'],
  'disks of no copy': [
    "84/10 Operation not supported: use of 'VIR_MIGRATE_PARAM_MIGRATE_DISKS' requires use of 'VIR_MIGRATE_NON_SHARED_DISK' or 'VIR_MIGRATE_NON_SHARED_INC' flag",
    '9.5: lists of disks without a copy are refused',
  ],
  'no name': ['8/20 string dname in virDomainMigrateBegin3Params must not be empty', '11: checked by the daemon too'],
  'with another address': [
    '67/20 unsupported configuration: Target device PCI address 0000:00:09.0 does not match source 0000:00:03.0',
    'a blank was missing in the text',
  ],
  'with a watchdog': [
    '67/20 unsupported configuration: Target domain watchdog device count 1 does not match source 0',
    '9.1: guests can have several',
  ],
  'with another emulator': [
    "67/10 unsupported configuration: Emulator '/usr/bin/qemu-system-i386' does not support arch 'x86_64'",
    '11: looks at the emulator before it compares',
  ],
  'of another kind': [
    "67/10 unsupported configuration: Emulator '/usr/bin/qemu-system-x86_64' does not support virt type 'kvm'",
    '11: looks at the emulator before it compares',
  ],
}

describe.skipIf(!ready)('migrations', () => {
  it('are refused as by libvirtd', async () => {
    // One that looks for no KVM: it would look again at each step.
    await using theirs = await startLibvirtd({ name: 'theirs' })
    await using own = await startVirtd()
    const [expected, found] = (await Promise.all([theirs, own].map(({ socket }) => refusals(socket)))) as [
      Step[],
      Step[],
    ]
    const answers = expected.map(([name, answer]): Step => [name, newer[name]?.[0] ?? answer])
    expect(found).toEqual(answers)
    expect(expected.length).toBeGreaterThan(380)
    // Nothing is listed as different that is the same.
    const same = expected.filter(([name, answer]) => newer[name]?.[0] === answer)
    expect(same).toEqual([])
  }, 300_000)
})
