// SPDX-License-Identifier: LGPL-2.1-or-later
// The test hypervisor passes every suite, in process and behind a daemon.
import { processServices } from '@virt/core'
import { test as testDriver } from '@virt/test'
import { describe, expect, it } from 'vitest'
import { allSuites, bothWays, declareSuites, differingAnswers, type Templates } from '../src/index.js'

let host = 10
const templates: Templates = {
  domain: (name) =>
    `<domain type='test'><name>${name}</name><memory unit='MiB'>64</memory><os><type>hvm</type></os><devices><disk type='file' device='disk'><source file='/${name}'/><target dev='vda' bus='virtio'/></disk></devices></domain>`,
  network: (name) => `<network><name>${name}</name><bridge name='br-${host++}'/></network>`,
  pool: (name) => `<pool type='dir'><name>${name}</name><target><path>/${name}</path></target></pool>`,
  volume: (name, bytes) => `<volume><name>${name}</name><capacity unit='bytes'>${bytes}</capacity></volume>`,
  nodeDevice: () =>
    "<device><parent>scsi_host1</parent><capability type='scsi_host'><capability type='fc_host'><wwnn>2000000012340000</wwnn><wwpn>1000000012340000</wwpn></capability></capability></device>",
  interface: (name) =>
    `<interface type='ethernet' name='${name}'><mac address='aa:bb:cc:00:00:${(host++ % 100).toString().padStart(2, '0')}'/></interface>`,
}

const targets = bothWays(testDriver()(processServices()), 'test:///default', templates)
for (const target of targets) declareSuites({ describe, it }, target, allSuites)

it('the test hypervisor answers at once, and the same behind a daemon', async () => {
  const { asked, differences } = await differingAnswers(targets)
  expect(differences).toEqual([])
  expect(asked).toBeGreaterThan(60)
})
