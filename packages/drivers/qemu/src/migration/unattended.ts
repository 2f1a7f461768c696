// SPDX-License-Identifier: LGPL-2.1-or-later
// Post-copy that was given up as broken, and has come to its end all the same: nobody asks for what is left to do.
import type { QemuDomain } from '../domain/record.js'
import type { QemuState } from '../state.js'
import { completeAlone } from './confirm.js'
import { migrationOf } from './data.js'
import { completeArrivalAlone } from './finish.js'

/** Ends it on this side. */
export function completeUnattended(state: QemuState, domain: QemuDomain): void {
  const side = migrationOf(domain)?.data.side
  if (side === undefined) return
  const work = side === 'source' ? completeAlone(state, domain) : completeArrivalAlone(state, domain)
  work.catch((error: unknown) =>
    state.services.log.error(`${domain.name}: its migration was not ended: ${(error as Error).message}`),
  )
}
