// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver: which URIs it takes, and which connections share an instance.
import { type Driver, type DriverFactory, ErrorDomain, type Services, type Session } from '@virt/core'
import { authenticate } from './auth.js'
import { stateFromFile } from './config.js'
import { defaultState } from './default.js'
import { invalidArg } from './errors.js'
import { slotsOf, support } from './slots.js'
import type { TestState } from './state.js'

/** Options of the test driver. None yet. */
export type TestOptions = Record<never, never>

const families = ['hypervisor', 'network', 'storage', 'nodeDevice', 'interface'] as const

/** The slots of an instance: made once, all its sessions stand on them. */
function slotsFor(state: TestState): object {
  return Object.freeze({
    ...slotsOf(state),
    supports: support,
    errorDomain: ErrorDomain.TEST,
    events: state.events,
    families,
    isSecure: () => true,
    isEncrypted: () => false,
  })
}

function sessionOf(slots: object, close: () => void): Session {
  return Object.assign(Object.create(slots) as Session, { close })
}

/** One instance and what its connections need of it. */
interface Instance {
  readonly state: TestState
  readonly slots: object
  /** Generation of the untouched instance. */
  readonly fresh: number
  users: number
}

/** The instance behind every `test:///default` of this process. */
let shared: Instance | undefined

function sharedInstance(services: Services): Instance {
  if (shared === undefined) {
    const state = defaultState(services)
    shared = { state, slots: slotsFor(state), fresh: state.generation, users: 0 }
  }
  return shared
}

/** The last connection ends the instance; one that nobody has touched may serve the next. */
function release(instance: Instance): void {
  const { state, fresh } = instance
  if (--instance.users > 0 || shared !== instance) return
  // Ids of callbacks count from the first of an instance.
  if (state.generation !== fresh || state.interfaceBackup !== undefined || state.events.used) shared = undefined
}

/**
 * Makes libvirt's test driver. All connections to `test:///default` of a process share one instance, which ends
 * with the last of them; each connection to `test:///FILE` has its own.
 * @since 0.1.0
 */
export function test(_options: TestOptions = {}): DriverFactory {
  return (services): Driver => ({
    name: 'test',
    accessName: 'Test',
    spi: 1,
    schemes: ['test'],
    supports: support,
    families,
    open(call, uri) {
      const path = uri.path ?? ''
      if (uri.server !== undefined) return 'declined'
      if (path === '' || path === '/') throw invalidArg('testOpen: supply a path or use test:///default')
      if (path === '/default') {
        const instance = sharedInstance(services)
        instance.users++
        return sessionOf(instance.slots, () => release(instance))
      }
      return stateFromFile(services, path, call.signal).then(async (state) => {
        if (state.auth.length > 0) await authenticate(call, state.auth)
        return sessionOf(slotsFor(state), () => {})
      })
    },
  })
}
