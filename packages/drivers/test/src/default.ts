// SPDX-License-Identifier: LGPL-2.1-or-later
// What exists in `test:///default` from the start.
import type { Services } from '@virt/core'
import { loadDomain } from './domain-load.js'
import { defaultHost } from './host.js'
import { loadDefaultInterface } from './interface.js'
import { loadDefaultNetwork } from './network.js'
import { loadDefaultDevices } from './node-device.js'
import { TestState } from './state.js'
import { loadDefaultPool } from './storage-pool.js'

const domain = `<domain type='test'>
  <name>test</name>
  <uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>
  <memory unit='KiB'>8388608</memory>
  <currentMemory unit='KiB'>2097152</currentMemory>
  <vcpu>2</vcpu>
  <os>
    <type>hvm</type>
  </os>
  <devices>
    <disk type='file' device='disk'>
      <source file='/guest/diskimage1'/>
      <target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
    </disk>
    <interface type='network'>
      <mac address='aa:bb:cc:dd:ee:ff'/>
      <source network='default'/>
      <target dev='testnet0'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x01' function='0x0'/>
    </interface>
    <memballoon model='virtio'>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>
    </memballoon>
  </devices>
</domain>`

/** Makes the instance of `test:///default`. */
export function defaultState(services: Services): TestState {
  const state = new TestState(services, defaultHost())
  loadDomain(state, domain)
  loadDefaultNetwork(state)
  loadDefaultInterface(state)
  loadDefaultPool(state)
  loadDefaultDevices(state)
  return state
}
