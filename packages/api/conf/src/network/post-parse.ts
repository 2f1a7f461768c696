// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt fills in when it reads a network.
import type { Pass } from '../runtime/context.js'
import { ownsBridge } from './schema.js'
import type { Network } from './types.gen.js'

export const defaults: readonly Pass<Network>[] = [
  {
    name: 'uuid',
    run: (network) => {
      network.uuid ??= crypto.randomUUID()
    },
  },
  {
    name: 'forward devices',
    run: ({ forward }) => {
      if (!forward) return
      const first = forward.interfaces[0]
      if (forward.dev !== undefined && forward.interfaces.length === 0 && forward.pf === undefined)
        forward.interfaces = [{ kind: 'interface', dev: forward.dev }]
      else if (first?.kind === 'interface') forward.dev = first.dev
    },
  },
  {
    name: 'bridge',
    run: (network) => {
      if (ownsBridge(network)) network.bridge ??= { stp: true, delay: 0 }
    },
  },
]
