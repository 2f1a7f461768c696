// SPDX-License-Identifier: GPL-2.0-or-later
// Descriptors over the protocol: our client with a real libvirtd and a guest of QEMU, libvirt's client with virtd.
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@virt/core'
import { load } from '@virt/native'
import { remote } from '@virt/remote'
import { expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startLibvirtd, startVirtd } from '../peers.mjs'
import { runProgram } from '../place.mjs'
import { guestXml } from '../qemu/guest.js'
import { libvirtIsThere } from './clients.js'

const native = load()
const able = process.getuid?.() === 0 && native !== undefined
const qemu = able && (await ensure('libvirtd')).ok && (await ensure('qemu')).ok
if (!qemu) console.warn('SKIPPED: descriptors with a real libvirtd (needs root, @virt/native, libvirt-daemon and QEMU)')
if (!(able && libvirtIsThere))
  console.warn('SKIPPED: descriptors with virtd (needs root, @virt/native, python3-libvirt)')

/** The first bytes that come. */
async function greeting(fd: number): Promise<string> {
  const socket = native?.sockets.adopt(fd)
  const message = await socket?.receive({ size: 12, signal: AbortSignal.timeout(10_000) })
  socket?.close()
  return Buffer.from(message?.bytes ?? []).toString()
}

it.skipIf(!qemu)('ours passes them to libvirtd, and is passed some', { timeout: 60_000 }, async () => {
  await using daemon = await startLibvirtd()
  await using conn = await connect(`qemu+unix:///system?socket=${daemon.socket}`, { drivers: [remote()] })
  const dom = await conn.domains.create(
    guestXml({ devices: "<graphics type='vnc' autoport='yes'/><video><model type='vga'/></video>" }),
  )
  try {
    const { fds } = await dom.openGraphicsFd(0)
    expect(fds).toHaveLength(1)
    expect(await greeting(fds[0] as number)).toBe('RFB 003.008\n')

    const [ours, theirs] = native?.sockets.pair() ?? []
    await dom.openGraphics(0, [theirs?.fd as number])
    theirs?.close()
    expect(await greeting(native?.sockets.duplicate(ours?.fd as number) as number)).toBe('RFB 003.008\n')
    ours?.close()

    const path = join(tmpdir(), `virt-add-fd-${process.pid}`)
    writeFileSync(path, '')
    const file = openSync(path, 'r')
    await dom.fdAssociate('disk', [file])
    const added = await dom.qemuMonitorCommandWithFiles('{"execute":"add-fd","arguments":{"fdset-id":77}}', [file])
    expect(JSON.parse(added.result)).toMatchObject({ return: { 'fdset-id': 77 } })
    closeSync(file)
  } finally {
    await dom.destroy()
  }
})

it.skipIf(!(able && libvirtIsThere))('libvirt’s passes them to ours, and is passed some', async () => {
  await using daemon = await startVirtd({
    settings: 'auth_unix_rw = "none"\n',
    args: ['--driver', join(import.meta.dirname, 'fds-driver.mjs')],
  })
  const { stdout, stderr } = await runProgram('/usr/bin/python3', [
    join(import.meta.dirname, 'pass-fds.py'),
    `fds+unix:///system?socket=${daemon.socket}`,
  ])
  expect({ stderr, answer: JSON.parse(stdout || '{}') as unknown }).toMatchObject({
    stderr: '',
    answer: { file: 'the screen', seen: expect.stringMatching(/^graphics 2 one; create two,three(; disk four)?$/) },
  })
})
