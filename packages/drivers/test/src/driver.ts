// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver: which URIs it takes, and which connections share an instance.
import { type Driver, type DriverFactory, ErrorDomain, type Session } from '@virt/core'
import { authenticate } from './auth.js'
import { stateFromFile } from './config.js'
import { defaultState } from './default.js'
import { invalidArg } from './errors.js'
import { slotsOf, support } from './slots.js'
import type { TestState } from './state.js'

/** Options of the test driver. None yet. */
export type TestOptions = Record<never, never>

const families = ['hypervisor', 'network', 'storage', 'nodeDevice', 'interface'] as const

function sessionOf(state: TestState, close: () => void): Session {
  return {
    ...slotsOf(state),
    supports: support,
    errorDomain: ErrorDomain.TEST,
    events: state.events,
    families,
    isSecure: () => true,
    isEncrypted: () => false,
    close,
  }
}

/** The instance behind every `test:///default` of this process, and how many connections it has. */
const shared: { state: TestState | undefined; users: number } = { state: undefined, users: 0 }

/**
 * Makes libvirt's test driver. All connections to `test:///default` of a process share one instance, which ends
 * with the last of them; each connection to `test:///FILE` has its own.
 * @since 0.1.0
 */
export function test(_options: TestOptions = {}): DriverFactory {
  return (services): Driver => ({
    name: 'test',
    spi: 1,
    schemes: ['test'],
    supports: support,
    families,
    open(call, uri) {
      const path = uri.path ?? ''
      if (uri.server !== undefined) return 'declined'
      if (path === '' || path === '/') throw invalidArg('testOpen: supply a path or use test:///default')
      if (path === '/default') {
        shared.state ??= defaultState(services)
        shared.users++
        return sessionOf(shared.state, () => {
          if (--shared.users === 0) shared.state = undefined
        })
      }
      const state = stateFromFile(services, path)
      const session = sessionOf(state, () => {})
      return state.auth.length === 0 ? session : authenticate(call, state.auth).then(() => session)
    },
  })
}
