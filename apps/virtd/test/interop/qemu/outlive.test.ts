// SPDX-License-Identifier: GPL-2.0-or-later
// Guests outlive the daemon. However suddenly it ends, the next one knows each guest that runs, and no process is left that nobody knows.
import { chownSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { bootDisk, guestXml, openFolder } from './guest.js'
import { OwnDaemon } from './own-daemon.js'

const qemu = await ensure('qemu')
if (!qemu.ok) console.error(`SKIPPED: guests that outlive the daemon`)
const superuser = process.getuid?.() === 0
const kills = process.env.VIRT_LONG === '1' ? 60 : 6

const folder = openFolder('virtd-outlive-disk-')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(!qemu.ok)('guests', () => {
  let daemon: OwnDaemon
  beforeEach(() => {
    daemon = new OwnDaemon('virtd-outlive-')
  })
  afterEach(() => daemon.end())

  it('run on without a daemon, and the next one takes them up', async () => {
    let conn = await daemon.start()
    const guest = await conn.domains.create(guestXml({ disk: bootDisk(folder) }))
    const before = await guest.xmlDesc()
    await daemon.kill()
    conn.destroy?.()
    expect(daemon.guests()).toHaveLength(1)
    conn = await daemon.start()
    const again = await conn.domains.byName('guest')
    expect(await again.xmlDesc()).toBe(before)
    expect(await again.state()).toEqual({ state: 'running', reason: 'booted' })
    expect(await again.isPersistent()).toBe(false)
    await again.suspend()
    await again.destroy()
    expect(daemon.guests()).toEqual([])
    expect(await conn.domains.all()).toEqual([])
    await conn.close()
  })

  it('that end meanwhile are known to have ended', async () => {
    let conn = await daemon.start()
    const guest = await conn.domains.define(guestXml({ disk: bootDisk(folder) }))
    await guest.create()
    await daemon.kill()
    for (const pid of daemon.guests()) process.kill(pid, 'SIGKILL')
    conn = await daemon.start()
    const again = await conn.domains.byName('guest')
    expect(await again.state()).toEqual({ state: 'shutoff', reason: 'crashed' })
    await again.create()
    await again.destroy()
    await conn.close()
  })

  it(`that are about to start run or are gone, ${kills} times`, async () => {
    let conn = await daemon.start()
    await conn.domains.define(guestXml({ disk: bootDisk(folder) }))
    for (let i = 0; i < kills; i++) {
      const guest = await conn.domains.byName('guest')
      const started = guest.create().then(
        () => true,
        () => false,
      )
      // From the first moment of a start to some time after it.
      await new Promise((resolve) => setTimeout(resolve, (i * 90) / kills))
      await daemon.kill()
      const answered = await started
      conn = await daemon.start()
      const again = await conn.domains.byName('guest')
      const { state } = await again.state()
      expect(['running', 'shutoff']).toContain(state)
      if (answered) expect(state).toBe('running')
      expect(daemon.guests()).toHaveLength(state === 'running' ? 1 : 0)
      if (state === 'running') await again.destroy()
      expect(
        readdirSync(join(daemon.root, 'var/lib/libvirt/qemu')).filter((name) => name.startsWith('domain-')),
      ).toEqual([])
    }
    await conn.close()
  })

  it.skipIf(!superuser)('give their images back when their start is cut short with their daemon', async () => {
    // It is never heard of again: of its start no more is on disk than what was noted before it.
    const program = join(daemon.root, 'silent')
    const script =
      '#!/bin/sh\ncase "$*" in *guest=*) exec python3 -c "import time; time.sleep(600)" "$@" ;; esac\nexec qemu-system-x86_64 "$@"\n'
    writeFileSync(program, script, { mode: 0o755 })
    const disk = bootDisk(daemon.root)
    chownSync(disk, 1234, 1235)
    let conn = await daemon.start()
    const xml = guestXml({ disk }).replace('/usr/bin/qemu-system-x86_64', program)
    await conn.domains.define(xml)
    const started = (await conn.domains.byName('guest')).create().catch((error: Error) => error.message)
    await expect.poll(() => statSync(disk).uid, { timeout: 20_000 }).not.toBe(1234)
    await daemon.kill()
    await started
    expect(statSync(disk).uid).not.toBe(1234)
    conn = await daemon.start()
    expect(statSync(disk)).toMatchObject({ uid: 1234, gid: 1235 })
    const again = await conn.domains.byName('guest')
    expect(await again.isActive()).toBe(false)
    for (const path of ['var/lib/libvirt/qemu', 'run/libvirt/qemu', 'run/libvirt/qemu/channel'])
      expect(readdirSync(join(daemon.root, path)).filter((name) => /guest/.test(name))).toEqual([])
    await conn.domains.define(guestXml({ disk }))
    await again.create()
    expect(statSync(disk).uid).not.toBe(1234)
    await again.destroy()
    expect(statSync(disk)).toMatchObject({ uid: 1234, gid: 1235 })
    await conn.close()
  })

  it('start by themselves once after the machine has', async () => {
    let conn = await daemon.start()
    const guest = await conn.domains.define(guestXml({ disk: bootDisk(folder) }))
    await guest.setAutostart(true)
    await daemon.kill()
    conn = await daemon.start()
    const again = await conn.domains.byName('guest')
    expect(await again.autostart()).toBe(true)
    // The daemon has started before since the boot.
    expect(await again.isActive()).toBe(false)
    await daemon.kill()
    // What a boot does.
    rmSync(join(daemon.root, 'run/libvirt/qemu/autostarted'))
    conn = await daemon.start()
    const started = await conn.domains.byName('guest')
    await expect.poll(async () => (await started.state()).state, { timeout: 20_000 }).toBe('running')
    await started.destroy()
    await conn.close()
  })

  it('are refused what the driver cannot give them', async () => {
    const conn = await daemon.start()
    const devices = "<interface type='network'><source network='default'/></interface>"
    await expect(conn.domains.create(guestXml({ devices }))).rejects.toThrow('no connection driver available')
    expect(await conn.domains.all()).toEqual([])
    await conn.close()
  })

  it('that cannot start say why in the words of QEMU, and leave nothing', async () => {
    const conn = await daemon.start()
    const xml = guestXml({ disk: join(folder, 'not-there.img') })
    await expect(conn.domains.create(xml)).rejects.toThrow(
      /Cannot access storage file '.*not-there\.img.*No such file or directory/s,
    )
    expect(daemon.guests()).toEqual([])
    expect(await conn.domains.all()).toEqual([])
    for (const path of ['var/lib/libvirt/qemu', 'run/libvirt/qemu', 'run/libvirt/qemu/channel'])
      expect(readdirSync(join(daemon.root, path)).filter((name) => /guest/.test(name))).toEqual([])
    await conn.close()
  })
})
