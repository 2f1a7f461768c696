// SPDX-License-Identifier: GPL-2.0-or-later
// The client against daemons: virtd, and Debian's real libvirtd, both with the test hypervisor.
import { existsSync } from 'node:fs'
import { allSuites, missingSlots, runTest, type Target, type Templates } from '@virt/compliance'
import { connect, processServices, type SlotTable, slots } from '@virt/core'
import { remote } from '@virt/remote'
import { test as testDriver } from '@virt/test'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { startLibvirtd, startVirtd } from './peers.mjs'

let number = 10
const templates: Templates = {
  domain: (name) =>
    `<domain type='test'><name>${name}</name><memory unit='MiB'>64</memory><os><type>hvm</type></os><devices><disk type='file' device='disk'><source file='/${name}'/><target dev='vda' bus='virtio'/></disk></devices></domain>`,
  network: (name) => `<network><name>${name}</name><bridge name='br-${number++}'/></network>`,
  pool: (name) => `<pool type='dir'><name>${name}</name><target><path>/${name}</path></target></pool>`,
  volume: (name, bytes) => `<volume><name>${name}</name><capacity unit='bytes'>${bytes}</capacity></volume>`,
  secret: (name) => `<secret ephemeral='no' private='no'><usage type='ceph'><name>${name}</name></usage></secret>`,
  port: (uuid) =>
    `<networkport><uuid>${uuid}</uuid><owner><name>o</name><uuid>44444444-2222-4333-8444-555555555555</uuid></owner><mac address='52:54:00:7b:35:93'/></networkport>`,
  nodeDevice: () =>
    "<device><parent>scsi_host1</parent><capability type='scsi_host'><capability type='fc_host'><wwnn>2000000012340000</wwnn><wwpn>1000000012340000</wwpn></capability></capability></device>",
  interface: (name) =>
    `<interface type='ethernet' name='${name}'><mac address='aa:bb:cc:00:00:${(number++ % 100).toString().padStart(2, '0')}'/></interface>`,
}
/** Declares what a target can be asked. */
function declare(target: Target, suites = allSuites): void {
  for (const suite of suites) {
    const tests = suite.tests.filter((test) => missingSlots(test, target).length === 0)
    if (tests.length === 0) continue
    describe(suite.name, () => {
      for (const test of tests) it(test.name, () => runTest(test, target))
    })
  }
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
    declare(target)
  })
}

// What the test hypervisor does not have, drivers of the host's own resources have.
const resources = { virtd: ['secret'], libvirtd: ['secret', 'network'] } as const
for (const { name, start, skip } of peers) {
  describe.skipIf(skip)(`resources of ${name}`, () => {
    let daemon: Awaited<ReturnType<typeof start>>
    beforeAll(async () => {
      daemon = await start()
    }, 30_000)
    afterAll(() => daemon?.stop())
    const having = (family: string): SlotTable =>
      Object.fromEntries(Object.values(slots).flatMap((slot) => (slot.family === family ? [[slot.name, {}]] : [])))
    for (const family of resources[name as keyof typeof resources])
      describe(family, () =>
        declare(
          {
            name: `${name}'s ${family} driver`,
            supports: having(family),
            templates,
            open: (options = {}) =>
              connect(`${family}+unix:///system?socket=${options.readOnly ? daemon.readOnlySocket : daemon.socket}`, {
                ...options,
                drivers: [remote()],
              }),
          },
          // Of the connection they know less than a hypervisor, and more than nothing.
          allSuites.filter((suite) => suite.name !== 'connection'),
        ),
      )
  })
}
