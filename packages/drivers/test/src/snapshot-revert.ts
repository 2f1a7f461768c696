// SPDX-License-Identifier: LGPL-2.1-or-later
// Going back to a snapshot.
import type { Domain, DomainSnapshot } from '@virt/conf'
import type { Moment, MomentTree } from '@virt/stateful'
import { halt, start, tell } from './domain-lifecycle.js'
import type { TestDomain } from './domain-record.js'
import { Event, Reason, State } from './domain-state.js'
import { operationInvalid } from './errors.js'
import { wasOnline } from './snapshot-create.js'
import type { TestState } from './state.js'

const Revert = { running: 1, paused: 2 } as const

/**
 * Stops a running domain and puts the snapshot's definition in place. As in libvirt, a transient domain without another
 * document is not quite at rest then: the snapshot's definition waits for the next start.
 */
function restore(state: TestState, domain: TestDomain, document: Domain): void {
  const waits = domain.active && !domain.hasNext
  if (domain.active) halt(state, domain, Reason.shutoff.fromSnapshot, Event.stopped.fromSnapshot)
  state.domains.change(domain, () => {
    if (waits) domain.next = document
    else domain.def = document
  })
}

/** Starts a domain from a snapshot of a guest that ran. */
function revive(state: TestState, domain: TestDomain, paused: boolean): void {
  state.domains.change(domain, (change) => {
    start(state, domain, Reason.running.fromSnapshot)
    tell(change, domain, Event.started.type, Event.started.fromSnapshot)
    if (!paused) return
    domain.state = State.paused
    domain.reason = Reason.paused.fromSnapshot
    tell(change, domain, Event.suspended.type, Event.suspended.fromSnapshot)
  })
}

/** Makes a domain what it was at the time of a snapshot. */
export function revertToSnapshot(
  state: TestState,
  domain: TestDomain,
  tree: MomentTree<DomainSnapshot>,
  moment: Moment<DomainSnapshot>,
  flags: number,
): void {
  const snapshot = moment.value
  const online = wasOnline(snapshot)
  const asked = flags & (Revert.running | Revert.paused)
  if (!domain.persistent && !online && asked === 0)
    throw operationInvalid('transient domain needs to request run or pause to revert to inactive snapshot')
  if (snapshot.domain === undefined) return
  restore(state, domain, snapshot.domain)
  if (online) revive(state, domain, asked === 0 ? snapshot.state === 'paused' : asked === Revert.paused)
  else if (asked !== 0)
    // libvirt tells of a start that it does not make.
    state.domains.change(domain, (change) => {
      tell(change, domain, Event.started.type, Event.started.fromSnapshot)
      if (asked === Revert.paused) tell(change, domain, Event.suspended.type, Event.suspended.fromSnapshot)
    })
  tree.current = moment
}
