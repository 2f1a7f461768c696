// SPDX-License-Identifier: LGPL-2.1-or-later
/**
 * Suites that every driver, daemon and client has to pass.
 *
 * ```ts
 * import { allSuites, bothWays, declareSuites } from '@virt/compliance'
 * import { processServices } from '@virt/core'
 * import { describe, it } from 'vitest'
 * import { test } from '@virt/test'
 *
 * const templates = { domain: (name: string) => `<domain type='test'><name>${name}</name></domain>` }
 * for (const target of bothWays(test()(processServices()), 'test:///default', templates)) declareSuites({ describe, it }, target, allSuites)
 * ```
 * @packageDocumentation
 */
import { checkpoints } from './checkpoints.js'
import { connection } from './connection.js'
import { domains } from './domains.js'
import { events } from './events.js'
import { moments } from './moments.js'
import { ports } from './ports.js'
import { host, networks, storage } from './resources.js'
import { secrets } from './secrets.js'
import type { Suite } from './suite.js'

/** Every suite. What a driver does not declare is left out of them. */
export const allSuites: readonly Suite[] = [
  connection,
  domains,
  moments,
  checkpoints,
  networks,
  ports,
  storage,
  secrets,
  host,
  events,
]
export { differingAnswers } from './answers.js'
export { duplexPair } from './duplex.js'
export { declareSuites, missingSlots, type Result, type Runner, runSuites, runTest } from './run.js'
export {
  type ComplianceTest,
  check,
  fails,
  type Suite,
  same,
  type Target,
  type Templates,
  uniqueName,
} from './suite.js'
export { bothWays } from './twice.js'
