// SPDX-License-Identifier: GPL-2.0-or-later
// What the unit for systemd leaves to root is enough: nothing where there is no driver of QEMU, what it lists where there is.
// A daemon that was started with more gives up the rest by itself.
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@virt/core'
import { remote } from '@virt/remote'
import { expect, it } from 'vitest'
import { rightsToKeep } from '../../../src/rights.js'

const program = join(import.meta.dirname, '../../../dist/main.cjs')
const unit = readFileSync(join(import.meta.dirname, '../../../systemd/virtd.service'), 'utf8')
const listed = (/^CapabilityBoundingSet=(.*)$/m.exec(unit)?.[1] ?? '').toLowerCase().replaceAll('cap_', '+').split(' ')
const able = process.getuid?.() === 0 && existsSync('/usr/bin/setpriv')
if (!able) console.warn('SKIPPED: rights of a daemon (needs root and setpriv)')

/** What this machine gives to root at all. */
const mine = BigInt(`0x${/^CapBnd:\t(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`)

/** All rights of a process, and whether it can gain some. */
function rightsOf(pid: number | undefined) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const set = (name: string): bigint => BigInt(`0x${new RegExp(`^${name}:\\t(\\w+)$`, 'm').exec(status)?.[1]}`)
  return { effective: set('CapEff'), bounding: set('CapBnd'), gains: !/^NoNewPrivs:\t1$/m.test(status) }
}
const count = (bits: bigint): number => bits.toString(2).replaceAll('0', '').length

it('the unit takes as much as the daemon by itself', () => {
  const kept = rightsToKeep({ only: undefined, drivers: [] })?.keep.map((name) => `+${name}`)
  expect(kept?.toSorted()).toEqual(listed.toSorted())
})

it.skipIf(!able).each([
  { name: 'none', bounding: ['-all'], only: 'test', uri: 'test+unix:///default' },
  { name: 'those of the unit', bounding: ['-all', ...listed], only: 'qemu,test', uri: 'qemu+unix:///system' },
  { name: 'all, for test guests', bounding: ['+all'], only: 'test', uri: 'test+unix:///default' },
  { name: 'all, for guests of QEMU', bounding: ['+all'], only: 'qemu,test', uri: 'qemu+unix:///system' },
])('a daemon with rights of root: $name', async ({ bounding, only, uri }) => {
  const root = mkdtempSync(join(tmpdir(), 'virt-rights-'))
  chmodSync(root, 0o755)
  // Rights that are not to be had cannot be kept.
  const has = bounding.filter((right) => /all$/.test(right) || mine === (1n << 41n) - 1n || right !== '+sys_resource')
  const all = bounding[0] === '+all'
  const args = [
    ...(all ? [] : [`--bounding-set=${has.join(',')}`, '--inh-caps=-all']),
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
    const rights = rightsOf(daemon.pid)
    expect(rights.gains).toBe(only !== 'test')
    if (bounding[0] === '-all') expect(rights.effective === 0n).toBe(bounding.length === 1)
    if (all) {
      const kept = rightsToKeep({ only: only.split(','), drivers: [] })?.keep.filter(
        (name) => name !== 'sys_resource' || ((mine >> 24n) & 1n) === 1n,
      )
      expect([rights.effective, count(rights.bounding)]).toEqual([rights.bounding, kept?.length])
    }
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
