// SPDX-License-Identifier: LGPL-2.1-or-later
// Networks, pools, volumes, interfaces and devices.
import { check, fails, type Suite, same, uniqueName } from './suite.js'

const networkSlots = ['networkDefineXMLFlags', 'networkUndefine', 'networkLookupByName', 'networkIsActive'] as const
const poolSlots = [
  'storagePoolDefineXML',
  'storagePoolUndefine',
  'storagePoolLookupByName',
  'storagePoolCreate',
  'storagePoolDestroy',
] as const

export const networks: Suite = {
  name: 'networks',
  tests: [
    {
      name: 'a network is defined, started, stopped and forgotten',
      needs: [...networkSlots, 'networkCreate', 'networkDestroy'],
      async run(c, t) {
        const net = await c.networks.define(t.templates.network?.(uniqueName('net')) ?? '')
        same(await net.isActive(), false, 'active at first')
        await net.create()
        same(await net.isActive(), true, 'active when started')
        await net.destroy()
        await net.undefine()
        await fails(() => c.networks.byName(net.name), 'no-network', 'lookup afterwards')
      },
    },
    {
      name: 'an unknown network is no-network',
      needs: ['networkLookupByName', 'networkLookupByUUID'],
      async run(c) {
        await fails(() => c.networks.byName(uniqueName('missing')), 'no-network', 'by name')
        await fails(() => c.networks.byUuid('00000000-0000-4000-8000-000000000000'), 'no-network', 'by UUID')
      },
    },
    {
      name: 'a transient network is gone when it stops',
      needs: ['networkCreateXMLFlags', 'networkDestroy', 'networkLookupByName'],
      async run(c, t) {
        const net = await c.networks.create(t.templates.network?.(uniqueName('net')) ?? '')
        await net.destroy()
        await fails(() => c.networks.byName(net.name), 'no-network', 'lookup afterwards')
      },
    },
  ],
}

export const storage: Suite = {
  name: 'storage',
  tests: [
    {
      name: 'a pool is defined, started, stopped and forgotten',
      needs: poolSlots,
      async run(c, t) {
        const pool = await c.pools.define(t.templates.pool?.(uniqueName('pool')) ?? '')
        await pool.create()
        same((await pool.info()).state, 'running', 'state')
        await fails(() => pool.undefine(), 'operation-invalid', 'undefining a running pool')
        await pool.destroy()
        await pool.undefine()
        await fails(() => c.pools.byName(pool.name), 'no-storage-pool', 'lookup afterwards')
      },
    },
    {
      name: 'a volume takes room of its pool and gives it back',
      needs: [
        ...poolSlots,
        'storageVolCreateXML',
        'storageVolDelete',
        'storagePoolGetInfo',
        'storagePoolListAllVolumes',
      ],
      async run(c, t) {
        const pool = await c.pools.define(t.templates.pool?.(uniqueName('pool')) ?? '')
        await pool.create()
        const before = await pool.info()
        const vol = await pool.createVolume(t.templates.volume?.('v1', 1048576n) ?? '')
        same((await vol.info()).capacity, 1048576n, 'capacity')
        same(
          (await pool.volumes()).map((v) => v.name),
          ['v1'],
          'volumes',
        )
        same((await pool.volumeByName('v1')).key, vol.key, 'key by name')
        await fails(
          () => pool.createVolume(t.templates.volume?.('v1', 1048576n) ?? ''),
          'operation-failed',
          'a second volume of the name',
        )
        await vol.delete()
        same((await pool.info()).allocation, before.allocation, 'allocation afterwards')
        await fails(() => pool.volumeByName('v1'), 'no-storage-vol', 'lookup afterwards')
        await pool.destroy()
        await pool.undefine()
      },
    },
  ],
}

export const host: Suite = {
  name: 'host',
  tests: [
    {
      name: 'the host has CPUs and memory',
      needs: ['nodeGetInfo'],
      async run(c) {
        const info = await c.host.info()
        check(info.cpus > 0 && info.memory > 0n && info.model !== '', 'figures make no sense')
      },
    },
    {
      name: 'capabilities are a document',
      needs: ['connectGetCapabilities'],
      async run(c) {
        check((await c.capabilities()).trimStart().startsWith('<capabilities>'), 'it is none')
      },
    },
    {
      name: 'every listed device has a document and is found by its name',
      needs: ['connectListAllNodeDevices', 'nodeDeviceLookupByName', 'nodeDeviceGetXMLDesc'],
      async run(c) {
        for (const device of (await c.nodeDevices.list().toArray()).slice(0, 10)) {
          check((await device.xmlDesc()).includes(`<name>${device.name}</name>`), `document of ${device.name}`)
          same((await c.nodeDevices.byName(device.name)).name, device.name, 'name')
        }
      },
    },
    {
      name: 'an interface is defined, started, stopped and forgotten',
      needs: [
        'interfaceDefineXML',
        'interfaceUndefine',
        'interfaceCreate',
        'interfaceDestroy',
        'interfaceLookupByName',
      ],
      async run(c, t) {
        const iface = await c.interfaces.define(t.templates.interface?.(uniqueName('if')) ?? '')
        await iface.create()
        same(await iface.isActive(), true, 'active')
        await iface.destroy()
        await iface.undefine()
        await fails(() => c.interfaces.byName(iface.name), 'no-interface', 'lookup afterwards')
      },
    },
  ],
}
