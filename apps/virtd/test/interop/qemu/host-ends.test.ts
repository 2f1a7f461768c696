// SPDX-License-Identifier: GPL-2.0-or-later
// What a guest has of its host beside files: links, and the administrator's scripts.
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { guestXml } from './guest.js'
import { PrivateHost } from './private-host.js'

const qemu = await ensure('qemu')
const root = process.getuid?.() === 0
if (!qemu.ok || !root) console.error('SKIPPED: links and scripts of guests')

/** What a program on the host says. */
async function said(host: PrivateHost, command: string, ...args: string[]): Promise<string> {
  const child = host.spawn(command, args)
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  await once(child, 'close')
  return text
}

describe.skipIf(!qemu.ok || !root)('a guest', () => {
  it('has taps on the bridges of its document, which go with it', async () => {
    await using host = await PrivateHost.make()
    await said(host, 'ip', 'link', 'add', 'br0', 'mtu', '1400', 'type', 'bridge')
    await using daemon = await host.start('virtd')
    const nic = (type: string, more: string): string =>
      `<interface type='${type}'><mac address='52:54:00:11:22:33'/>${more}</interface>`
    const bridge = nic('bridge', "<source bridge='br0'/><model type='virtio'/>")
    const guest = await daemon.conn.domains.create(
      guestXml({ devices: bridge + nic('ethernet', "<target dev='own0'/>") }),
    )
    const links = await said(host, 'ip', '-o', 'link')
    expect(links).toMatch(/vnet0: <[^>]*UP[^>]*> mtu 1400 .* master br0 .* fe:54:00:11:22:33/)
    expect(links).toMatch(/own0: <[^>]*UP/)
    expect(await guest.xmlDesc()).toContain("<target dev='vnet0'/>")
    await guest.destroy()
    expect(await said(host, 'ip', '-o', 'link')).not.toMatch(/vnet0|own0/)
    const nowhere = guestXml({ devices: nic('bridge', "<source bridge='br9'/>") })
    await expect(daemon.conn.domains.create(nowhere)).rejects.toThrow(
      "Cannot get interface MTU on 'br9': No such device",
    )
    expect(await daemon.conn.domains.all()).toEqual([])
  })

  it('begins and ends with the scripts of the administrator, which can keep it from beginning', async () => {
    await using host = await PrivateHost.make()
    const log = join(host.root, 'log/hooks')
    const refusal = join(host.root, 'refuse')
    mkdirSync(join(host.root, 'etc/hooks/qemu.d'), { recursive: true })
    const script = (name: string, text: string): void => {
      const path = join(host.root, 'etc/hooks', name)
      writeFileSync(path, `#!/bin/sh\n${text}\n`)
      chmodSync(path, 0o755)
    }
    const note = (name: string): string => `grep -q '<name>guest</name>' && echo "${name} $*" >>${log}`
    script('qemu', `${note('first')}\n[ "$2" = prepare ] && [ -e ${refusal} ] && { echo no >&2; exit 3; }; exit 0`)
    script('qemu.d/10', note('second'))
    await using daemon = await host.start('virtd')
    const guest = await daemon.conn.domains.define(guestXml({}))
    await guest.create()
    await guest.destroy()
    const both = (what: string): string[] => [`first guest ${what} -`, `second guest ${what} -`]
    expect(readFileSync(log, 'utf8').trim().split('\n')).toEqual(
      ['prepare begin', 'start begin', 'started begin', 'stopped end', 'release end'].flatMap(both),
    )
    rmSync(log)
    writeFileSync(refusal, '')
    await expect(guest.create()).rejects.toThrow(/Hook script execution failed: .*unexpected exit status 3: no/)
    expect(await guest.state()).toMatchObject({ state: 'shutoff' })
    expect(readFileSync(log, 'utf8').trim().split('\n')).toEqual([
      'first guest prepare begin -',
      ...both('stopped end'),
      ...both('release end'),
    ])
  })
})
