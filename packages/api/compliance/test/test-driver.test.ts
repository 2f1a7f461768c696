// SPDX-License-Identifier: LGPL-2.1-or-later
// The test hypervisor passes every suite, in process and behind a daemon.
import { processServices } from '@virt/core'
import { test as testDriver } from '@virt/test'
import { describe, it } from 'vitest'
import { allSuites, bothWays, declareSuites, type Templates } from '../src/index.js'

let host = 10
const templates: Templates = {
  domain: (name) =>
    `<domain type='test'><name>${name}</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>`,
  network: (name) => `<network><name>${name}</name><bridge name='br-${host++}'/></network>`,
  pool: (name) => `<pool type='dir'><name>${name}</name><target><path>/${name}</path></target></pool>`,
  volume: (name, bytes) => `<volume><name>${name}</name><capacity unit='bytes'>${bytes}</capacity></volume>`,
  interface: (name) =>
    `<interface type='ethernet' name='${name}'><mac address='aa:bb:cc:00:00:${(host++ % 100).toString().padStart(2, '0')}'/></interface>`,
}

for (const target of bothWays(testDriver()(processServices()), 'test:///default', templates))
  declareSuites({ describe, it }, target, allSuites)
