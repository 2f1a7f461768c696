// SPDX-License-Identifier: LGPL-2.1-or-later
// The same driver twice: in this process, and behind a daemon's protocol in memory.

import { connect, type Driver, DriverSet } from '@virt/core'
import { remote } from '@virt/remote'
import { Server } from '@virt/server'
import { duplexPair } from './duplex.js'
import type { Target, Templates } from './suite.js'

/** Targets of one driver; differences between them are bugs of the protocol's two sides. */
export function bothWays(driver: Driver, uri: string, templates: Templates): readonly [direct: Target, served: Target] {
  const server = new Server({ drivers: new DriverSet([driver]), limits: { keepaliveInterval: -1 } })
  const transport = (): Promise<{ duplex: ReturnType<typeof duplexPair>[0]; secure: boolean; encrypted: boolean }> => {
    const [here, there] = duplexPair()
    server.accept(there)
    return Promise.resolve({ duplex: here, secure: true, encrypted: false })
  }
  const far = remote({ transport, keepAlive: false })
  const common = { supports: driver.supports, templates }
  return [
    {
      ...common,
      name: `${driver.name} in process`,
      open: (options = {}) => connect(uri, { ...options, drivers: [driver] }),
    },
    {
      ...common,
      name: `${driver.name} behind a daemon`,
      open: (options = {}) => connect(uri, { ...options, drivers: [far] }),
    },
  ]
}
