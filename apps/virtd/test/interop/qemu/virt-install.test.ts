// SPDX-License-Identifier: GPL-2.0-or-later
// virt-install and virt-xml as Debian has them, which make guests and change them.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { connect } from '@virt/core'
import { remote } from '@virt/remote'
import { describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startVirtd } from '../peers.mjs'
import { bootDisk } from './guest.js'

const qemu = await ensure('qemu')
const clients = await ensure('clients')
if (!qemu.ok || !clients.ok) console.error('SKIPPED: guests made by virt-install')

describe.skipIf(!qemu.ok || !clients.ok)('virt-install', () => {
  it('makes a guest that runs, and virt-xml changes it', async () => {
    await using daemon = await startVirtd()
    const uri = `qemu+unix:///system?socket=${daemon.socket}`
    const run = (name: string, ...args: string[]): string => {
      const { stdout, stderr, status } = spawnSync(name, ['--connect', uri, ...args], {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C', XDG_CACHE_HOME: join(daemon.root, 'cache') },
      })
      if (status !== 0) throw new Error(`${name} ${args.join(' ')}: ${stdout}${stderr}`)
      return stdout + stderr
    }
    const disk = `type=file,source.file=${bootDisk(daemon.root)},driver.type=raw,target.bus=ide`
    const made = ['--name', 'made', '--memory', '64', '--import', '--disk', disk, '--osinfo', 'generic']
    expect(run('virt-install', ...made, '--network', 'user', '--graphics', 'vnc', '--noautoconsole')).toContain(
      'Domain creation completed.',
    )
    const conn = await connect(uri, { drivers: [remote()] })
    const guest = await conn.domains.byName('made')
    expect(await guest.state()).toMatchObject({ state: 'running' })
    expect(await guest.isPersistent()).toBe(true)
    const changed = 'defined successfully.'
    expect(run('virt-xml', 'made', '--edit', '--vcpus', '2')).toContain(changed)
    expect(run('virt-xml', 'made', '--edit', '--metadata', 'title=by virt-xml')).toContain(changed)
    expect(
      run('virt-xml', 'made', '--add-device', '--channel', 'unix,target.type=virtio,target.name=org.virt'),
    ).toContain(changed)
    expect(run('virt-xml', 'made', '--remove-device', '--network', 'all')).toContain(changed)
    const xml = await guest.xmlDesc({ inactive: true })
    for (const part of ["<vcpu placement='static'>2</vcpu>", '<title>by virt-xml</title>', "name='org.virt'"])
      expect(xml).toContain(part)
    expect(xml).not.toContain('<interface')
    await guest.destroy()
    await guest.create()
    await guest.destroy()
    await guest.undefine()
    const again = ['--name', 'once', '--memory', '64', '--import', '--disk', 'none', '--osinfo', 'generic']
    run('virt-install', ...again, '--network', 'none', '--graphics', 'none', '--transient', '--noautoconsole')
    const once = await conn.domains.byName('once')
    expect(await once.isPersistent()).toBe(false)
    await once.destroy()
    expect(await conn.domains.all()).toEqual([])
    await conn.close()
  })
})
