// SPDX-License-Identifier: LGPL-2.1-or-later
// Access where the subject comes out of the call: the driver asks for what libvirt's protocol file says, about its own
// record or what is to be made, before anything happens; lists leave out what is refused.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AccessCheck,
  type AclObject,
  type AclRule,
  type Call,
  ErrorDomain,
  ErrorNumber,
  gate,
  type SlotName,
  slots,
  virtError,
} from '@virt/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { support } from '../src/slots.js'
import { type Bench, open } from './support.js'

const xml = {
  domain: (name: string) =>
    `<domain type='test'><name>${name}</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>`,
  network: (name: string) => `<network><name>${name}</name><bridge name='br-${name}'/></network>`,
  pool: (name: string) => `<pool type='dir'><name>${name}</name><target><path>/${name}</path></target></pool>`,
  volume: (name: string) => `<volume><name>${name}</name><capacity unit='bytes'>1</capacity></volume>`,
  iface: (name: string, mac: string) => `<interface type='ethernet' name='${name}'><mac address='${mac}'/></interface>`,
  device: `<device><parent>scsi_host1</parent><capability type='scsi_host'><capability type='fc_host'>
    <wwnn>2000000012340000</wwnn><wwpn>1000000012340000</wwpn></capability></capability></device>`,
}
const uuid = {
  domain: '6695eb01-f6a4-8304-79aa-97f2502e193f',
  network: 'dd8fe884-6c02-601e-7551-cca97df1c5df',
  pool: 'dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566',
}
const dom = { name: 'test', uuid: uuid.domain, id: 1 }
const pool = { name: 'default-pool', uuid: uuid.pool }
const vol = { pool: 'default-pool', name: 'v0', key: '/default-pool/v0' }
const volume = { ...vol, poolUuid: uuid.pool }
const folder = mkdtempSync(join(tmpdir(), 'access-'))
const image = join(folder, 'image')

/** How each slot is called, and what it has to ask about: an object, or for lists all that there are. */
interface Row {
  readonly args: readonly unknown[]
  readonly about: object | readonly object[]
}
const row = (about: Row['about'], ...args: unknown[]): Row => ({ args, about })
const named = (...names: string[]): object[] => names.map((name) => ({ name }))
const known = {
  domains: { active: named('test'), off: named('off') },
  networks: { active: named('default'), off: named('off') },
  pools: { active: named('default-pool'), off: named('off') },
  interfaces: { active: named('eth1'), off: named('eth9') },
}
const all = ({ active, off }: { active: object[]; off: object[] }): object[] => [...active, ...off]

const table: { readonly [K in SlotName]?: Row } = {
  domainLookupByID: row(dom, 1),
  domainLookupByName: row(dom, 'test'),
  domainLookupByUUID: row(dom, uuid.domain),
  domainCreateXML: row({ name: 'made' }, xml.domain('made'), 0),
  domainCreateXMLWithFiles: row({ name: 'made' }, xml.domain('made'), 0, []),
  domainDefineXML: row({ name: 'made' }, xml.domain('made')),
  domainDefineXMLFlags: row({ name: 'made' }, xml.domain('made'), 0),
  domainRestore: row({ name: 'saved' }, image),
  domainRestoreFlags: row({ name: 'saved' }, image, undefined, 0),
  domainSaveImageGetXMLDesc: row({ name: 'saved' }, image, 0),
  domainSaveImageDefineXML: row({ name: 'saved' }, image, xml.domain('saved'), 0),
  connectNumOfDomains: row(known.domains.active),
  connectListDomains: row(known.domains.active),
  connectNumOfDefinedDomains: row(known.domains.off),
  connectListDefinedDomains: row(known.domains.off),
  connectListAllDomains: row(all(known.domains), 0),
  connectGetAllDomainStats: row(all(known.domains), [], 0, 0),
  networkLookupByName: row({ name: 'default', uuid: uuid.network }, 'default'),
  networkLookupByUUID: row({ name: 'default', uuid: uuid.network }, uuid.network),
  networkCreateXML: row({ name: 'made' }, xml.network('made')),
  networkCreateXMLFlags: row({ name: 'made' }, xml.network('made'), 0),
  networkDefineXML: row({ name: 'made' }, xml.network('made')),
  networkDefineXMLFlags: row({ name: 'made' }, xml.network('made'), 0),
  connectNumOfNetworks: row(known.networks.active),
  connectListNetworks: row(known.networks.active),
  connectNumOfDefinedNetworks: row(known.networks.off),
  connectListDefinedNetworks: row(known.networks.off),
  connectListAllNetworks: row(all(known.networks), 0),
  storagePoolLookupByName: row(pool, 'default-pool'),
  storagePoolLookupByUUID: row(pool, uuid.pool),
  storagePoolLookupByVolume: row(pool, vol),
  storagePoolCreateXML: row({ name: 'made' }, xml.pool('made'), 0),
  storagePoolDefineXML: row({ name: 'made' }, xml.pool('made'), 0),
  connectNumOfStoragePools: row(known.pools.active),
  connectListStoragePools: row(known.pools.active),
  connectNumOfDefinedStoragePools: row(known.pools.off),
  connectListDefinedStoragePools: row(known.pools.off),
  connectListAllStoragePools: row(all(known.pools), 0),
  storageVolLookupByName: row(volume, pool, 'v0'),
  storageVolLookupByKey: row(volume, vol.key),
  storageVolLookupByPath: row(volume, vol.key),
  storageVolCreateXML: row({ name: 'made', pool: pool.name, poolUuid: pool.uuid }, pool, xml.volume('made'), 0),
  storageVolCreateXMLFrom: row(
    { name: 'made', pool: pool.name, poolUuid: pool.uuid },
    pool,
    xml.volume('made'),
    vol,
    0,
  ),
  storagePoolNumOfVolumes: row([volume], pool),
  storagePoolListVolumes: row([volume], pool),
  storagePoolListAllVolumes: row([volume], pool, 0),
  nodeDeviceLookupByName: row({ name: 'computer' }, 'computer'),
  nodeDeviceCreateXML: row({}, xml.device, 0),
  nodeNumOfDevices: row(named('computer'), 'system', 0),
  nodeListDevices: row(named('computer'), 'system', 0),
  connectListAllNodeDevices: row(named('computer'), 1),
  interfaceLookupByName: row({ name: 'eth1', mac: 'aa:bb:cc:dd:ee:ff' }, 'eth1'),
  interfaceLookupByMACString: row({ name: 'eth1' }, 'aa:bb:cc:dd:ee:ff'),
  interfaceDefineXML: row({ name: 'eth5', mac: '52:54:00:00:00:05' }, xml.iface('eth5', '52:54:00:00:00:05'), 0),
  connectNumOfInterfaces: row(known.interfaces.active),
  connectListInterfaces: row(known.interfaces.active),
  connectNumOfDefinedInterfaces: row(known.interfaces.off),
  connectListDefinedInterfaces: row(known.interfaces.off),
  connectListAllInterfaces: row(all(known.interfaces), 0),
}

/** Slots of this driver whose rules the gate cannot ask for. */
const own = (Object.keys(support) as SlotName[]).filter((name) => {
  const { acl, aclFilter, subject } = slots[name]
  return aclFilter !== undefined || acl.some((rule) => rule.object !== 'connect' && rule.object !== subject)
})

interface Check {
  readonly object: AclObject
  readonly perm: string
  readonly subject: object | undefined
  readonly filter: boolean
}

describe('the test driver', () => {
  let bench: Bench
  let asked: Check[]
  let refused: (check: Check) => boolean
  const check: AccessCheck = (object, subject, perm, filter = false) => {
    const one = { object, perm, subject, filter }
    asked.push(one)
    if (refused(one)) throw virtError(ErrorNumber.ACCESS_DENIED, ErrorDomain.ACCESS, 'no')
  }
  beforeEach(async () => {
    asked = []
    refused = () => false
    bench = await open()
    const { session } = bench
    const free = (slot: SlotName): Call => bench.call(slot)
    await gate.domainDefineXML(session, free('domainDefineXML'), xml.domain('off'))
    await gate.networkDefineXML(session, free('networkDefineXML'), xml.network('off'))
    await gate.storagePoolDefineXML(session, free('storagePoolDefineXML'), xml.pool('off'), 0)
    await gate.storageVolCreateXML(session, free('storageVolCreateXML'), pool, xml.volume('v0'), 0)
    await gate.interfaceDefineXML(session, free('interfaceDefineXML'), xml.iface('eth9', '52:54:00:00:00:09'), 0)
    if (existsSync(image)) return
    const saved = await gate.domainCreateXML(session, free('domainCreateXML'), xml.domain('saved'), 0)
    await gate.domainSave(session, free('domainSave'), saved, image)
  })
  afterEach(() => bench.close())

  const call = (name: SlotName, { args }: Row): unknown => {
    const gates = gate as unknown as Record<string, (...args: unknown[]) => unknown>
    return gates[name]?.(bench.session, { ...bench.call(name), check }, ...args)
  }
  const direct = (rules: readonly AclRule[]): readonly (readonly [string, string, boolean])[] =>
    rules.filter((r) => r.clear === undefined && r.set === undefined).map((r) => [r.object, r.perm, false])

  it('asks by itself wherever the gate cannot', () => {
    expect(Object.keys(table).sort()).toEqual([...own].sort())
    console.log(`access: ${own.length} slots of the test driver ask about what comes out of the call`)
  })

  it.each(own.map((name) => [name, table[name] as Row] as const))('%s asks for what it should', async (name, row) => {
    await call(name, row)
    const { acl, aclFilter = [] } = slots[name]
    const subjects = Array.isArray(row.about) ? row.about : []
    expect(asked.map((c) => [c.object, c.perm, c.filter])).toEqual([
      ...direct(acl),
      ...subjects.flatMap(() => aclFilter.map((r) => [r.object, r.perm, true])),
    ])
    const wanted = Array.isArray(row.about)
      ? row.about
      : asked.filter((c) => c.object !== 'connect').map(() => row.about)
    expect(
      asked.filter((c) => c.object !== 'connect' && (c.filter || subjects.length === 0)).map((c) => c.subject),
    ).toEqual(wanted.map((subject) => expect.objectContaining(subject)))
  })

  it.each(own.map((name) => [name, table[name] as Row] as const))(
    '%s does nothing that is refused, and shows nothing',
    async (name, row) => {
      const { acl, aclFilter } = slots[name]
      const everything = async (): Promise<unknown> => {
        const { session } = bench
        return [
          await gate.connectListAllDomains(session, bench.call('connectListAllDomains'), 0),
          await gate.connectListAllNetworks(session, bench.call('connectListAllNetworks'), 0),
          await gate.connectListAllStoragePools(session, bench.call('connectListAllStoragePools'), 0),
          await gate.storagePoolListAllVolumes(session, bench.call('storagePoolListAllVolumes'), pool, 0),
          await gate.connectListAllInterfaces(session, bench.call('connectListAllInterfaces'), 0),
          await gate.connectListAllNodeDevices(session, bench.call('connectListAllNodeDevices'), 0),
        ]
      }
      const before = await everything()
      for (const rule of acl) {
        refused = (c) => !c.filter && c.object === rule.object && c.perm === rule.perm
        await expect((async () => await call(name, row))()).rejects.toMatchObject({ number: 88, domain: 55 })
      }
      expect(await everything()).toEqual(before)
      if (aclFilter === undefined) return
      refused = (c) => c.filter
      const answer = await call(name, row)
      expect(Array.isArray(answer) ? answer.length : answer).toBe(0)
    },
  )

  it('waits for an access driver that has to ask somebody', async () => {
    const slow: AccessCheck = async (object, subject, perm, filter) => {
      await Promise.resolve()
      await check(object, subject, perm, filter)
    }
    refused = (c) => c.filter && (c.subject as { name: string }).name === 'off'
    const slot = 'connectListAllDomains'
    const seen = await gate.connectListAllDomains(bench.session, { ...bench.call(slot), check: slow }, 0)
    expect(seen.map((d) => d.name)).toEqual(['test'])
  })

  it('looks at its own record, whatever the client calls it', async () => {
    const claim = { name: 'innocent', uuid: uuid.domain, id: 99 }
    await gate.domainSuspend(bench.session, { ...bench.call('domainSuspend'), check }, claim)
    expect(asked).toEqual([
      { object: 'domain', perm: 'suspend', filter: false, subject: expect.objectContaining({ name: 'test', id: 1 }) },
    ])
    const snapshot = { name: 's', dom: claim }
    await gate.domainSnapshotCreateXML(
      bench.session,
      bench.call('domainSnapshotCreateXML'),
      dom,
      '<domainsnapshot><name>s</name></domainsnapshot>',
      0,
    )
    asked = []
    await gate.domainSnapshotDelete(bench.session, { ...bench.call('domainSnapshotDelete'), check }, snapshot, 0)
    expect(asked.map((c) => (c.subject as { name: string }).name)).toEqual(['test'])
    asked = []
    const device = { ...vol, key: '/some/other/key' }
    await gate.storageVolGetInfo(bench.session, { ...bench.call('storageVolGetInfo'), check }, device)
    expect(asked.map((c) => c.subject)).toEqual([expect.objectContaining(volume)])
  })
})

process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
