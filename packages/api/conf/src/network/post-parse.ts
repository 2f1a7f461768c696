// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt fills in when it reads a network.
import type { Pass } from '../runtime/context.js'
import { completeForward } from './forward.js'
import { ownsBridge } from './schema.js'
import type { Network } from './types.gen.js'

export const defaults: readonly Pass<Network>[] = [
  {
    name: 'uuid',
    run: (network) => {
      network.uuid ??= crypto.randomUUID()
    },
  },
  { name: 'forward devices', run: completeForward },
  {
    name: 'bridge',
    run: (network) => {
      if (!ownsBridge(network)) return
      network.bridge = { ...network.bridge, stp: network.bridge?.stp ?? true, delay: network.bridge?.delay ?? 0n }
    },
  },
]
