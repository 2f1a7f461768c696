// SPDX-License-Identifier: GPL-2.0-or-later
// What the unit for systemd leaves to root is enough: nothing where there is no driver of QEMU, what it lists where there is.
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@virt/core'
import { remote } from '@virt/remote'
import { expect, it } from 'vitest'

const program = join(import.meta.dirname, '../../../dist/main.cjs')
const unit = readFileSync(join(import.meta.dirname, '../../../systemd/virtd.service'), 'utf8')
const listed = (/^CapabilityBoundingSet=(.*)$/m.exec(unit)?.[1] ?? '').toLowerCase().replaceAll('cap_', '+').split(' ')
const able = process.getuid?.() === 0 && existsSync('/usr/bin/setpriv')
if (!able) console.warn('SKIPPED: rights of a daemon (needs root and setpriv)')

/** What this machine gives to root at all. */
const mine = BigInt(`0x${/^CapBnd:\t(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`)

it.skipIf(!able).each([
  { name: 'none', bounding: ['-all'], only: 'test', uri: 'test+unix:///default' },
  { name: 'those of the unit', bounding: ['-all', ...listed], only: 'qemu,test', uri: 'qemu+unix:///system' },
])('a daemon with rights of root: $name', async ({ bounding, only, uri }) => {
  const root = mkdtempSync(join(tmpdir(), 'virt-rights-'))
  chmodSync(root, 0o755)
  // Rights that are not to be had cannot be kept.
  const has = bounding.filter((right) => right === '-all' || mine === (1n << 41n) - 1n || right !== '+sys_resource')
  const args = [
    `--bounding-set=${has.join(',')}`,
    '--inh-caps=-all',
    process.execPath,
    program,
    '--root',
    root,
    '--only',
    only,
  ]
  const daemon = spawn('setpriv', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  daemon.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const ended = new Promise((resolve) => daemon.once('exit', resolve))
  try {
    await Promise.race([new Promise((resolve) => daemon.stdout.once('data', resolve)), ended])
    const socket = join(root, 'run/libvirt/libvirt-sock')
    expect({ there: existsSync(socket), said }).toEqual({ there: true, said: expect.any(String) })
    const effective = BigInt(`0x${/^CapEff:\t(\w+)$/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1]}`)
    expect(effective === 0n).toBe(bounding.length === 1)
    await using conn = await connect(`${uri}?socket=${socket}`, { drivers: [remote()] })
    expect(await conn.capabilities()).toContain('<capabilities>')
    const names: string[] = []
    for await (const dom of conn.domains.list()) names.push(dom.name)
    expect(names).toEqual(only === 'test' ? ['test'] : [])
  } finally {
    daemon.kill()
    await ended
    rmSync(root, { recursive: true, force: true })
  }
})
