// SPDX-License-Identifier: LGPL-2.1-or-later
// Guests that end with a connection.
import type { Call } from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import type { QemuState } from '../state.js'
import { destroy } from './stop.js'

/** The guest ends with the connection that it was started for; dispose `run.tied` to let it live on. */
export function tie(state: QemuState, call: Call, domain: QemuDomain): void {
  const { run } = domain
  if (run === undefined) return
  const watch = call.connection.onClose(() => {
    if (domain.run !== run) return
    domain.jobs
      .run(undefined, 'destroy', () => destroy(state, domain, false), 'autodestroy')
      .catch((error: unknown) => state.services.log.error(`${domain.name}: ${(error as Error).message}`))
  })
  const tied: Disposable = {
    [Symbol.dispose]() {
      watch[Symbol.dispose]()
      run.tied = undefined
    },
  }
  run.tied = tied
  void run.gone.then(() => tied[Symbol.dispose]())
}
