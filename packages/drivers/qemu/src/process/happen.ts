// SPDX-License-Identifier: LGPL-2.1-or-later
// Something has happened to a guest: its record changes, and who listens is told.
import { type Happening, outcomeOf } from '../domain/life.js'
import { type QemuDomain, refOf } from '../domain/record.js'
import type { JsonObject } from '../monitor/monitor.js'
import type { QemuState } from '../state.js'
import type { Run } from './run.js'

/** What there is at hand when QEMU tells something. */
export interface Occasion {
  readonly state: QemuState
  readonly domain: QemuDomain
  readonly run: Run
  readonly data: JsonObject
}

/** The state changes as the table of lives has it. @returns whether it does at all */
export function happen(state: QemuState, domain: QemuDomain, happening: Happening): boolean {
  const outcome = outcomeOf(domain.state, happening)
  if (outcome === undefined) return false
  state.domains.change(domain, (change) => {
    domain.state = outcome.state
    domain.reason = outcome.reason
    const [event, detail] = outcome.event ?? []
    if (event !== undefined) change.emit('domain', 'lifecycle', { dom: refOf(domain), event, detail: detail ?? 0 })
  })
  domain.jobs.poke()
  return true
}
