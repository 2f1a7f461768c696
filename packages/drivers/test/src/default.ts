// SPDX-License-Identifier: LGPL-2.1-or-later
// What exists in `test:///default` from the start.
import type { Services } from '@virt/core'
import { defaultHost } from './host.js'
import { TestState } from './state.js'

/** Makes the instance of `test:///default`. */
export function defaultState(services: Services): TestState {
  return new TestState(services, defaultHost())
}
