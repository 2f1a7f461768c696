// SPDX-License-Identifier: LGPL-2.1-or-later
// What exists in `test:///default` from the start.
import type { Services } from '@virt/core'
import { defaultDevices, defaultDomain, defaultInterface, defaultNetwork, defaultPool } from './default-documents.js'
import { takeDomain } from './domain-load.js'
import { defaultHost } from './host.js'
import { addInterface } from './interface.js'
import { addNetwork } from './network.js'
import { addDevice } from './node-device.js'
import { TestState } from './state.js'
import { addPool } from './storage-pool.js'

/** Makes the instance of `test:///default`. */
export function defaultState(services: Services): TestState {
  const state = new TestState(services, defaultHost())
  takeDomain(state, defaultDomain())
  addNetwork(state, defaultNetwork())
  addInterface(state, defaultInterface())
  addPool(state, defaultPool())
  for (const device of defaultDevices()) addDevice(state, device)
  return state
}
