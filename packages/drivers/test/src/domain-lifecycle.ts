// SPDX-License-Identifier: LGPL-2.1-or-later
// Starting, stopping and everything between.
import type { Call, DomainRef, Resolvers, SlotMethods, SlotTable } from '@virt/core'
import type { Change } from '@virt/stateful'
import { requireActive } from '@virt/stateful'
import { refOf, type TestDomain } from './domain-record.js'
import { Event, Reason, State } from './domain-state.js'
import { internalError } from './errors.js'
import type { TestState } from './state.js'

/** Tells of a change of a domain's life. */
export function tell(change: Change, domain: DomainRef, event: number, detail: number): void {
  change.emit('domain', 'lifecycle', {
    dom: { name: domain.name, uuid: domain.uuid, id: domain.id },
    event,
    detail,
  })
}

/** Makes a domain run; part of a change. */
export function start(state: TestState, domain: TestDomain, reason: number): void {
  domain.state = State.running
  domain.reason = reason
  domain.id = state.nextId()
  if (domain.persistent) domain.keepNext()
  domain.managedSave = false
}

/**
 * Stops a domain and tells of it. As in libvirt, the event keeps the old id when there is no other document that
 * comes into force.
 */
export function halt(state: TestState, domain: TestDomain, reason: number, detail: number): void {
  state.domains.change(domain, (change) => {
    const ref = refOf(domain)
    domain.state = State.shutoff
    domain.reason = reason
    domain.id = -1
    if (domain.useNext()) ref.id = -1
    tell(change, ref, Event.stopped.type, detail)
  })
}

/** Stops a domain and drops it when nothing is left of it. */
export function stop(state: TestState, domain: TestDomain, reason: number, detail: number): void {
  halt(state, domain, reason, detail)
  if (!domain.persistent) drop(state, domain)
}

/** Forgets a domain. */
export function drop(state: TestState, domain: TestDomain): void {
  state.domains.remove(domain)
  domain.dispose()
}

/** What a guest does when it restarts itself: the states after `on_reboot`. */
const restarts: ReadonlySet<string> = new Set(['restart', 'rename-restart'])

export const lifecycleSupport: SlotTable = {
  domainSuspend: {},
  domainResume: {},
  domainShutdown: {},
  domainShutdownFlags: { flags: 0, fn: 'testDomainShutdownFlags' },
  domainReboot: { flags: 0x1f, fn: 'testDomainReboot' },
  domainReset: { flags: 0, fn: 'testDomainReset' },
  domainDestroy: {},
  domainDestroyFlags: { flags: 1, fn: 'testDomainDestroyFlags' },
  domainCreate: {},
  domainCreateWithFlags: { flags: 0, fn: 'testDomainCreateWithFlags' },
  domainCreateWithFiles: { flags: 0, fn: 'testDomainCreateWithFlags' },
}

export function lifecycleSlots(state: TestState): SlotMethods & Resolvers {
  const shutdown = (_call: Call, domain: TestDomain): void => {
    if (domain.state === State.shutoff) throw internalError(`domain '${domain.name}' not running`)
    stop(state, domain, Reason.shutoff.shutdown, Event.stopped.shutdown)
  }
  const destroy = (_call: Call, domain: TestDomain): void => {
    requireActive(domain)
    stop(state, domain, Reason.shutoff.destroyed, Event.stopped.destroyed)
  }
  const create = (_call: Call, domain: TestDomain): DomainRef => {
    if (domain.state !== State.shutoff) throw internalError(`Domain '${domain.name}' is already running`)
    state.domains.change(domain, (change) => {
      start(state, domain, Reason.running.booted)
      tell(change, domain, Event.started.type, Event.started.booted)
    })
    return refOf(domain)
  }
  return {
    domainSuspend(_call, domain: TestDomain) {
      if (domain.state === State.shutoff || domain.state === State.paused)
        throw internalError(`domain '${domain.name}' not running`)
      state.domains.change(domain, (change) => {
        domain.state = State.paused
        domain.reason = Reason.paused.user
        tell(change, domain, Event.suspended.type, Event.suspended.paused)
      })
    },
    domainResume(_call, domain: TestDomain) {
      if (domain.state !== State.paused) throw internalError(`domain '${domain.name}' not paused`)
      state.domains.change(domain, (change) => {
        domain.state = State.running
        domain.reason = Reason.running.unpaused
        tell(change, domain, Event.resumed.type, Event.resumed.unpaused)
      })
    },
    domainShutdown: shutdown,
    domainShutdownFlags: shutdown,
    domainReboot(_call, domain: TestDomain) {
      requireActive(domain)
      if (!restarts.has(domain.def.on_reboot ?? 'restart')) {
        stop(state, domain, Reason.shutoff.shutdown, Event.stopped.shutdown)
        return
      }
      state.domains.change(domain, () => {
        domain.state = State.running
        domain.reason = Reason.running.booted
      })
    },
    domainReset(_call, domain: TestDomain) {
      requireActive(domain)
    },
    domainDestroy: destroy,
    domainDestroyFlags: destroy,
    domainCreate: (call, domain: TestDomain) => void create(call, domain),
    domainCreateWithFlags: create,
    // An imaginary guest has no use for the files that come along.
    domainCreateWithFiles: create,
  }
}
