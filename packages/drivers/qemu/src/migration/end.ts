// SPDX-License-Identifier: LGPL-2.1-or-later
// A migration is over on this side.
import type { QemuDomain } from '../domain/record.js'
import type { QemuState } from '../state.js'
import { migrationOf } from './data.js'
import { removeImages } from './disk-server.js'

/** Ends the job, whoever works on it, and gives back what it had. A second time nothing comes of it. */
export function endMigration(state: QemuState, domain: QemuDomain): void {
  const found = migrationOf(domain)
  if (found === undefined) return
  const { data, job } = found
  data.watch(undefined)
  if (data.port !== undefined) state.migrationPorts.give(data.port)
  if (data.disksPort !== undefined) state.migrationPorts.give(data.disksPort)
  data.port = undefined
  data.disksPort = undefined
  // Files that were made for a guest that did not come.
  void removeImages(data.made).catch((error: unknown) =>
    state.services.log.warn(`${domain.name}: ${(error as Error).message}`),
  )
  job.end()
}
