// SPDX-License-Identifier: LGPL-2.1-or-later
// Domains that exist from the start: of a node file, or of the default instance.
import type { Domain } from '@virt/conf'
import { ErrorNumber } from '@virt/core'
import { define, launch, owner } from './domain-define.js'
import { parseDefinition, type TestNamespace } from './domain-document.js'
import { start } from './domain-lifecycle.js'
import { State } from './domain-state.js'
import { testError } from './errors.js'
import { loadSnapshots } from './snapshot-create.js'
import type { TestState } from './state.js'

const stateNames = ['no state', 'running', 'blocked', 'paused', 'shutdown', 'shutoff', 'crashed', 'pmsuspended']

function bad(detail: string): Error {
  return testError(ErrorNumber.XML_ERROR, detail)
}

/** The state a node file asks for. */
function runState(own: TestNamespace): number {
  const { runstate } = own
  if (runstate === undefined || runstate === '') return State.running
  const value = /^\s*\+?\d+$/.test(runstate) ? Number(runstate) : Number.NaN
  if (Number.isNaN(value)) throw bad('invalid runstate')
  if (value >= stateNames.length) throw bad(`runstate '${value}' out of range'`)
  return value
}

/**
 * Takes a domain from a node file: running and persistent unless the file says otherwise.
 * @param snapshots XML of the domain's snapshots
 */
export function loadDomain(state: TestState, xml: string, snapshots: readonly string[] = []): void {
  const { document, own } = parseDefinition(xml)
  takeDomain(state, document, own, snapshots)
}

/**
 * Takes a domain that exists from the start.
 * @param own what a node file says of it beyond its definition
 */
export function takeDomain(
  state: TestState,
  document: Domain,
  own: TestNamespace = {},
  snapshots: readonly string[] = [],
): void {
  const runs = runState(own)
  const transient = own.transient !== undefined
  const managedSave = own.hasmanagedsave !== undefined
  if (transient && runs === State.shutoff)
    throw bad(`transient domain cannot have runstate '${stateNames[State.shutoff]}'`)
  if (managedSave && runs !== State.shutoff)
    throw bad(`domain with managedsave data can only have runstate '${stateNames[State.shutoff]}'`)
  const existing = owner(state, document, true)
  if (transient) {
    launch(state, document, existing, 0, (domain) => {
      domain.state = runs
      loadSnapshots(domain, snapshots)
    })
    return
  }
  define(state, document, existing, (domain) => {
    if (runs !== State.shutoff) start(state, domain, 0)
    domain.state = runs
    domain.managedSave = managedSave
    loadSnapshots(domain, snapshots)
  })
}
