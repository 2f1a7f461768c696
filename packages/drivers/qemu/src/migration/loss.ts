// SPDX-License-Identifier: LGPL-2.1-or-later
// Whoever drives a migration is gone, between two of its calls.
import type { CallConnection } from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import { destroy, endings } from '../process/stop.js'
import type { QemuState } from '../state.js'
import { failPostcopy } from './apply.js'
import { dropBitmaps } from './bitmaps.js'
import { migratingOf, migrationOf } from './data.js'
import { endMigration } from './end.js'
import { resetTuning } from './leaving.js'
import { type AfterLoss, afterLoss } from './reactions.js'

/** From here on the loss of a connection has consequences. */
export function watchDriver(state: QemuState, domain: QemuDomain, connection: CallConnection): void {
  const data = migrationOf(domain)?.data
  data?.watch(
    connection.onClose(() => {
      if (migrationOf(domain)?.data !== data) return
      lost(state, domain).catch((error: unknown) =>
        state.services.log.error(`${domain.name}: after its migration lost its client: ${(error as Error).message}`),
      )
    }),
  )
}

async function lost(state: QemuState, domain: QemuDomain): Promise<void> {
  const guest = migratingOf(domain)
  if (guest === undefined || guest.owned) return
  state.services.log.warn(`${domain.name}: the client that drove its migration is gone in phase '${guest.phase}'`)
  await actions[afterLoss(guest)](state, domain)
}

const actions: Readonly<Record<AfterLoss, (state: QemuState, domain: QemuDomain) => Promise<void> | void>> = {
  nothing() {},
  'drop the job': drop,
  async 'leave paused'(state, domain) {
    migrationOf(domain)?.job.enter('confirm3_cancelled')
    await drop(state, domain)
  },
  'postcopy failed': failPostcopy,
  async destroy(state, domain) {
    await domain.jobs.run(undefined, 'destroy', () => destroy(state, domain, false, endings.failed), 'migration')
  },
}

async function drop(state: QemuState, domain: QemuDomain): Promise<void> {
  const found = migrationOf(domain)
  if (found === undefined) return
  const { run } = domain
  await found.job.own('connection lost', async () => {
    if (run === undefined) return
    await dropBitmaps({ run, data: found.data })
    await resetTuning(run, found.data)
  })
  endMigration(state, domain)
}
