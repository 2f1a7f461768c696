// SPDX-License-Identifier: LGPL-2.1-or-later
// What a guest says and what its ports say is kept to its size for as long as it runs.
import { LogKeeper, ObjectLog } from '@virt/stateful'
import type { QemuDomain } from '../domain/record.js'
import type { QemuState } from '../state.js'
import { writtenFiles } from './resources.js'

/** Looks after the logs of a guest that runs. @param log its own */
export function keepLogs(state: QemuState, { name, def }: QemuDomain, log: ObjectLog): LogKeeper {
  const keeper = new LogKeeper(({ path }, error) =>
    state.services.log.warn(`${name}: ${path} is not kept to its size: ${error.message}`),
  )
  if (!Number.isFinite(state.logLimits.size)) return keeper
  keeper.keep(log)
  for (const path of writtenFiles(def)) keeper.keep(new ObjectLog(path, state.logLimits))
  return keeper
}
