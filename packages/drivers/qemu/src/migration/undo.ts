// SPDX-License-Identifier: LGPL-2.1-or-later
// A guest that was to leave stays: it is as it was before.
import { refOf } from '../domain/record.js'
import { Event, Reason, State } from '../domain/states.js'
import { dropBitmaps } from './bitmaps.js'
import { type Migration, resetTuning } from './leaving.js'
import { forbidPinning } from './pinned-memory.js'

/** Lets the guest go on where it ran before, and sets its QEMU back. */
export async function undo(m: Pick<Migration, 'state' | 'domain' | 'run' | 'data'>): Promise<void> {
  await runAgain(m)
  await dropBitmaps(m)
  await resetTuning(m.run, m.data)
  forbidPinning(m)
}

/** Lets a guest go on that stands still only because it was to leave. */
export async function runAgain({
  state,
  domain,
  run,
  data,
}: Pick<Migration, 'state' | 'domain' | 'run' | 'data'>): Promise<void> {
  if (domain.run !== run || run.monitor.end !== undefined) return
  const { paused, running } = Reason
  const other = domain.reason === paused.ioerror || domain.reason === paused['post-copy failed']
  if (domain.state !== State.paused || other) return
  if (!data.wasRunning) {
    // Its disks were given away for the other host.
    await run.monitor.command('blockdev-set-active', { active: true }).catch(() => {})
    return
  }
  run.expected = 'resume'
  try {
    await run.monitor.command('cont')
    state.domains.change(domain, (change) => {
      domain.state = State.running
      domain.reason = data.side === 'source' ? running['migration canceled'] : running.migrated
      change.emit('domain', 'lifecycle', {
        dom: refOf(domain),
        event: Event.resumed.type,
        detail: Event.resumed.migrated,
      })
    })
  } catch (error) {
    state.services.log.error(
      `${domain.name}: it does not go on after its migration failed: ${(error as Error).message}`,
    )
    if (domain.run !== run) return
    state.domains.change(domain, (change) => {
      domain.reason = paused['api error']
      change.emit('domain', 'lifecycle', {
        dom: refOf(domain),
        event: Event.suspended.type,
        detail: Event.suspended.apiError,
      })
    })
  } finally {
    run.expected = undefined
  }
}
