// SPDX-License-Identifier: GPL-2.0-or-later
// A guest of Linux with QEMU's agent in it lives one life with virtd and one with a real libvirtd, with the same QEMU: the same answers,
// events in their order, states.
import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { guestKernel } from '../../../../../tools/setup/guest-kernel.mjs'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startLibvirtd, startVirtd } from '../peers.mjs'
import { runProgram } from '../place.mjs'
import { openFolder } from './guest.js'
import { type LinuxImage, linuxImage } from './linux-guest.js'
import { linesOf, type Step } from './steps.js'

const parts = await Promise.all(['qemu', 'libvirtd', 'python', 'virsh', 'agent'].map((part) => ensure(part)))
const kernel = guestKernel()
/** Each way to begin anew and to crash takes a boot of its own. */
const long = process.env.VIRT_LONG === '1'
const ready = parts.every(({ ok }) => ok) && kernel.ok
if (!ready)
  console.error(`SKIPPED: guests of Linux compared with libvirtd's: ${kernel.ok ? 'parts are missing' : kernel.why}`)
const folder = openFolder('virtd-linux-')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function steps(socket: string, image: LinuxImage): Promise<Step[]> {
  const own = openFolder('virtd-linux-one-')
  try {
    // Each daemon notes on files whose they are: both cannot have the same.
    copyFileSync(image.kernel, join(own, 'vmlinuz'))
    copyFileSync(image.initrd, join(own, 'initrd'))
    const script = join(import.meta.dirname, 'linux.py')
    const { stdout, stderr, code } = await runProgram(
      '/usr/bin/python3',
      [script, socket, own, own, ...(long ? ['whole'] : [])],
      {
        timeout: 280_000,
      },
    )
    if (code !== 0) throw new Error(`${stderr}${stdout.slice(-500)}`)
    return linesOf<Step>(stdout)
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

/** How the dumps begin that a daemon has made unasked. */
function dumpsBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\/dump\/\d+-linux-\d{4}-\d\d-\d\d-\d\d:\d\d:\d\d$/.test(path))
    .map((path) => readFileSync(join(root, path)).toString('hex', 0, 4))
    .sort()
}

describe.skipIf(!ready)('a guest of Linux', () => {
  it('lives as with libvirtd', async () => {
    if (!kernel.ok) return
    const image = linuxImage(folder, kernel)
    await using theirs = await startLibvirtd()
    await using ours = await startVirtd()
    const [expected, found] = await Promise.all([steps(theirs.socket, image), steps(ours.socket, image)])
    expect(found).toEqual(expected)
    console.info(`a guest of Linux: ${expected.length} steps as with libvirtd`)
    expect(expected.length).toBeGreaterThan(long ? 200 : 150)
    // Of the crash.
    for (const { root } of [theirs, ours]) expect(dumpsBelow(root)).toEqual(['7f454c46'])
  }, 300_000)
})
