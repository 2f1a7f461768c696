// SPDX-License-Identifier: GPL-2.0-or-later
// The client against daemons: virtd, and Debian's real libvirtd, both with the test hypervisor.
import { existsSync } from 'node:fs'
import { allSuites, missingSlots, runTest, type Target, type Templates } from '@virt/compliance'
import { connect, processServices } from '@virt/core'
import { remote } from '@virt/remote'
import { test as testDriver } from '@virt/test'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { startLibvirtd, startVirtd } from './peers.mjs'

let number = 10
const templates: Templates = {
  domain: (name) =>
    `<domain type='test'><name>${name}</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>`,
  network: (name) => `<network><name>${name}</name><bridge name='br-${number++}'/></network>`,
  pool: (name) => `<pool type='dir'><name>${name}</name><target><path>/${name}</path></target></pool>`,
  volume: (name, bytes) => `<volume><name>${name}</name><capacity unit='bytes'>${bytes}</capacity></volume>`,
  interface: (name) =>
    `<interface type='ethernet' name='${name}'><mac address='aa:bb:cc:00:00:${(number++ % 100).toString().padStart(2, '0')}'/></interface>`,
}
const { supports } = testDriver()(processServices())
const real = process.getuid?.() === 0 && existsSync('/usr/sbin/libvirtd')
if (!real)
  console.warn('SKIPPED: compliance of the client against a real libvirtd (needs root and the package libvirt-daemon)')

const peers = [
  { name: 'virtd', start: startVirtd, skip: !existsSync(new URL('../../dist/main.cjs', import.meta.url)) },
  { name: 'libvirtd', start: startLibvirtd, skip: !real },
]
for (const { name, start, skip } of peers) {
  describe.skipIf(skip)(name, () => {
    let daemon: Awaited<ReturnType<typeof start>>
    beforeAll(async () => {
      daemon = await start()
    }, 30_000)
    afterAll(() => daemon?.stop())
    const target: Target = {
      name,
      supports,
      templates,
      open: (options = {}) =>
        connect(`test+unix:///default?socket=${options.readOnly ? daemon.readOnlySocket : daemon.socket}`, {
          ...options,
          drivers: [remote()],
        }),
    }
    for (const suite of allSuites) {
      describe(suite.name, () => {
        for (const test of suite.tests)
          if (missingSlots(test, target).length === 0) it(test.name, () => runTest(test, target))
      })
    }
  })
}
