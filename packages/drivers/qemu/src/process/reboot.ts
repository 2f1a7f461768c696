// SPDX-License-Identifier: LGPL-2.1-or-later
// Going on after a shutdown: what QEMU has no command for is a shutdown, a reset, and `cont`.
import { type QemuDomain, refOf } from '../domain/record.js'
import { Event, Reason, State } from '../domain/states.js'
import type { QemuState } from '../state.js'
import type { Run } from './run.js'

/** Starts a guest that has powered down, or whose kernel has given up, again within its process. */
export async function resetGuest(state: QemuState, domain: QemuDomain, run: Run): Promise<void> {
  await domain.jobs.run(undefined, 'modify', async (job) => {
    run.expected = 'resume'
    try {
      const [reset, cont] = run.monitor.commands([{ execute: 'system_reset' }, { execute: 'cont' }])
      await job.wait(Promise.all([reset, cont]))
    } finally {
      run.expected = undefined
    }
    run.rebooting = false
    run.shutdownSeen = false
    // parity: one that has powered down never was anything but running.
    if (domain.state === State.running) return
    state.domains.change(domain, (change) => {
      domain.reason = domain.state === State.crashed ? Reason.running.crashed : Reason.running.booted
      domain.state = State.running
      change.emit('domain', 'lifecycle', {
        dom: refOf(domain),
        event: Event.resumed.type,
        detail: Event.resumed.unpaused,
      })
    })
    domain.jobs.poke()
  })
}
