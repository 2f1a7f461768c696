// SPDX-License-Identifier: LGPL-2.1-or-later
// Ports of networks.
import { randomUUID } from 'node:crypto'
import type { Connection, Network } from '@virt/core'
import { check, fails, type Suite, same, type Target, uniqueName } from './suite.js'

const slots = ['networkCreateXMLFlags', 'networkDestroy', 'networkPortCreateXML', 'networkPortDelete'] as const

async function withNetwork(c: Connection, t: Target, fn: (network: Network) => Promise<void>): Promise<void> {
  const network = await c.networks.create(t.templates.network?.(uniqueName('net')) ?? '')
  try {
    await fn(network)
  } finally {
    await network.destroy()
  }
}

export const ports: Suite = {
  name: 'network ports',
  tests: [
    {
      name: 'a port is made, found, listed and taken away',
      needs: [...slots, 'networkPortLookupByUUID', 'networkListAllPorts', 'networkPortGetXMLDesc'],
      run: (c, t) =>
        withNetwork(c, t, async (network) => {
          const uuid = randomUUID()
          const port = await network.createPort(t.templates.port?.(uuid) ?? '')
          same(port.uuid, uuid, 'UUID')
          same(
            (await network.ports()).map((one) => one.uuid),
            [uuid],
            'ports',
          )
          check((await (await network.portByUuid(uuid)).xmlDesc()).includes(uuid), 'its document')
          await port.delete()
          same(await network.ports(), [], 'ports afterwards')
          await fails(() => network.portByUuid(uuid), 'no-network-port', 'lookup afterwards')
        }),
    },
    {
      name: 'a UUID is taken once',
      needs: [...slots, 'networkListAllPorts'],
      run: (c, t) =>
        withNetwork(c, t, async (network) => {
          const xml = t.templates.port?.(randomUUID()) ?? ''
          const port = await network.createPort(xml)
          await network.createPort(xml).then(
            () => check(false, 'the same UUID again'),
            () => {},
          )
          same((await network.ports()).length, 1, 'ports')
          await port.delete()
        }),
    },
    {
      name: 'a network that does not run takes no ports',
      needs: [...slots, 'networkDefineXMLFlags', 'networkUndefine'],
      async run(c, t) {
        const network = await c.networks.define(t.templates.network?.(uniqueName('net')) ?? '')
        try {
          await fails(() => network.createPort(t.templates.port?.(randomUUID()) ?? ''), 'operation-invalid', 'a port')
        } finally {
          await network.undefine()
        }
      },
    },
  ],
}
