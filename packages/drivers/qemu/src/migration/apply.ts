// SPDX-License-Identifier: LGPL-2.1-or-later
// Carrying out what the tables say.
import { type QemuDomain, refOf } from '../domain/record.js'
import type { QemuState } from '../state.js'
import { migratingOf, migrationOf } from './data.js'
import { postcopyFailed, type Reaction } from './reactions.js'

/** Changes the record, and tells who listens. */
export function applyReaction(state: QemuState, domain: QemuDomain, reaction: Reaction): void {
  const found = migrationOf(domain)
  if (found === undefined || Object.keys(reaction).length === 0) return
  const { job, data } = found
  state.domains.change(domain, (change) => {
    domain.state = reaction.state ?? domain.state
    domain.reason = reaction.reason ?? domain.reason
    data.interrupted = reaction.interrupted ?? data.interrupted
    if (reaction.tell !== undefined) {
      const [event, detail] = reaction.tell
      change.emit('domain', 'lifecycle', { dom: refOf(domain), event, detail })
    }
  })
  if (reaction.phase !== undefined && job.phase !== reaction.phase) job.enter(reaction.phase)
  domain.jobs.poke()
}

/** Post-copy has broken: what comes of it, and the phase in which nobody works on it. */
export function failPostcopy(state: QemuState, domain: QemuDomain): void {
  const guest = migratingOf(domain)
  if (guest === undefined) return
  applyReaction(state, domain, { ...postcopyFailed(guest), phase: 'postcopy_failed' })
}
