// SPDX-License-Identifier: LGPL-2.1-or-later
// Storage pools.
import { type PoolType, parseTree, storagePool as poolDocument, poolTypes, type StoragePool } from '@virt/conf'
import {
  after,
  type Call,
  ErrorDomain,
  ErrorNumber,
  permitted,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  type StoragePoolRef,
  virtError,
  visible,
} from '@virt/core'
import { invalidArg, operationInvalid, testError } from './errors.js'
import { dropPort, makePort } from './node-device.js'
import type { TestState } from './state.js'
import { activePool, type TestPool } from './storage-record.js'
import { loadVolume } from './storage-vol.js'

/** What a pool of this driver holds, in bytes. */
const capacity = 100n * 1024n ** 3n
const filters = 0xfffff

/** What this driver says of its pool slots. */
export const poolSupport: SlotTable = {
  connectNumOfStoragePools: {},
  connectListStoragePools: {},
  connectNumOfDefinedStoragePools: {},
  connectListDefinedStoragePools: {},
  connectListAllStoragePools: { flags: filters, fn: 'testConnectListAllStoragePools' },
  connectFindStoragePoolSources: { flags: 0, fn: 'testConnectFindStoragePoolSources' },
  storagePoolLookupByName: {},
  storagePoolLookupByUUID: {},
  storagePoolLookupByVolume: {},
  storagePoolCreateXML: { flags: 0, fn: 'testStoragePoolCreateXML' },
  storagePoolDefineXML: { flags: 1, fn: 'testStoragePoolDefineXML' },
  storagePoolBuild: { flags: 0, fn: 'testStoragePoolBuild' },
  storagePoolUndefine: {},
  storagePoolCreate: { flags: 0, fn: 'testStoragePoolCreate' },
  storagePoolDestroy: {},
  storagePoolDelete: { flags: 0, fn: 'testStoragePoolDelete' },
  storagePoolRefresh: { flags: 0, fn: 'testStoragePoolRefresh' },
  storagePoolGetInfo: {},
  storagePoolGetXMLDesc: { flags: 0, fn: 'testStoragePoolGetXMLDesc' },
  storagePoolGetAutostart: {},
  storagePoolSetAutostart: {},
  storagePoolIsActive: {},
  storagePoolIsPersistent: {},
}

/** Slots that look for the pool by its UUID; the others take the one that has its name now. */
const byUuid: ReadonlySet<string> = new Set([
  'storagePoolIsActive',
  'storagePoolIsPersistent',
  'storagePoolListAllVolumes',
])

const refOf = ({ name, uuid }: StoragePoolRef): StoragePoolRef => ({ name, uuid })
const shared = (number: number, detail?: string): Error => virtError(number, ErrorDomain.STORAGE, detail)
const Lifecycle = { defined: 0, undefined: 1, started: 2, stopped: 3, created: 4, deleted: 5 } as const
type LifecycleName = keyof typeof Lifecycle

function inactive(ref: StoragePoolRef): TestPool {
  const pool = ref as TestPool
  if (pool.active) throw operationInvalid(`storage pool '${pool.name}' is active`)
  return pool
}

/** The pool slots of one test instance. */
export function poolSlots(state: TestState): SlotMethods & Resolvers {
  const { pools } = state
  const own = (ref: StoragePoolRef): TestPool => ref as TestPool
  const told = (pool: TestPool, event: LifecycleName) => ({ pool: refOf(pool), event: Lifecycle[event], detail: 0 })
  const listed = (call: Call, filter: (p: TestPool) => boolean) =>
    visible(call, 'storage_pool', 'getattr', pools.list(filter))
  const names = (call: Call, active: boolean) =>
    after(
      listed(call, (p) => p.active === active),
      (all) => all.map((p) => p.name),
    )
  const count = (call: Call, active: boolean) =>
    after(
      listed(call, (p) => p.active === active),
      (all) => all.length,
    )
  const found = (call: Call, pool: TestPool) => permitted(call, pool, 0, () => refOf(pool))
  const byName = (name: string): TestPool => pools.byName(name) ?? noPool(`name '${name}'`)
  /** The virtual port of an adapter that a pool is behind. */
  const portOf = ({ document }: TestPool): { wwnn: string; wwpn: string } | undefined => {
    const { type, wwnn = '', wwpn = '' } = document.source?.adapter ?? {}
    return type === 'fc_host' ? { wwnn, wwpn } : undefined
  }
  const stop = (pool: TestPool): void => {
    pools.change(pool, () => {
      pool.active = false
    })
    // parity: a pool without its port has stopped all the same, and nobody is told.
    if (portOf(pool) !== undefined) dropPort(state)
    pools.change(pool, (c) => c.emit('storagePool', 'lifecycle', told(pool, 'stopped')))
    if (!pool.persistent) pools.remove(pool)
  }
  return {
    resolveStoragePool: ({ name, uuid }, { slot }) =>
      byUuid.has(slot?.name ?? '') ? (pools.byUuid(uuid) ?? noPool(`uuid '${uuid}'`)) : byName(name),
    connectNumOfStoragePools: (call) => count(call, true),
    connectNumOfDefinedStoragePools: (call) => count(call, false),
    connectListStoragePools: (call) => names(call, true),
    connectListDefinedStoragePools: (call) => names(call, false),
    connectListAllStoragePools: (call, flags) => after(listed(call, passes(flags)), (all) => all.map(refOf)),
    connectFindStoragePoolSources: (_call, type, source) => findSources(type, source),
    storagePoolLookupByName: (call, name) => found(call, byName(name)),
    storagePoolLookupByUUID: (call, uuid) => found(call, pools.byUuid(uuid) ?? noPool(`uuid '${uuid}'`)),
    storagePoolLookupByVolume: (call, vol) => found(call, byName(vol.pool)),
    storagePoolCreateXML(call, xml) {
      const document = poolDocument.parse(xml)
      return permitted(call, document, 0, () => {
        const pool = take(state, document, { active: true, persistent: false })
        const port = portOf(pool)
        if (port !== undefined) makePort(state, port)
        pools.change(pool, (c) => c.emit('storagePool', 'lifecycle', told(pool, 'started')))
        return refOf(pool)
      })
    },
    storagePoolDefineXML(call, xml, flags) {
      const document = poolDocument.parse(xml, { validate: (flags & 1) !== 0 })
      return permitted(call, document, 0, () => {
        const pool = take(state, document, { active: false, persistent: true })
        pools.change(pool, (c) => c.emit('storagePool', 'lifecycle', told(pool, 'defined')))
        return refOf(pool)
      })
    },
    storagePoolBuild(_call, ref) {
      const pool = inactive(ref)
      pools.change(pool, (c) => c.emit('storagePool', 'lifecycle', told(pool, 'created')))
    },
    storagePoolUndefine(_call, ref) {
      const pool = inactive(ref)
      pools.remove(pool, (c) => c.emit('storagePool', 'lifecycle', told(pool, 'undefined')))
    },
    storagePoolCreate(_call, ref) {
      // parity: only a pool that is made and started at once gets its port.
      const pool = inactive(ref)
      pools.change(pool, (c) => {
        pool.active = true
        c.emit('storagePool', 'lifecycle', told(pool, 'started'))
      })
    },
    storagePoolDestroy: (_call, ref) => stop(activePool(ref)),
    storagePoolDelete(_call, ref) {
      const pool = inactive(ref)
      pools.change(pool, (c) => c.emit('storagePool', 'lifecycle', told(pool, 'deleted')))
    },
    storagePoolRefresh(_call, ref) {
      const pool = activePool(ref)
      pools.change(pool, (c) => c.emit('storagePool', 'refresh', { pool: refOf(pool) }))
    },
    storagePoolGetInfo(_call, ref) {
      const { active, document: d } = own(ref)
      return {
        state: active ? 2 : 0,
        capacity: d.capacity as bigint,
        allocation: d.allocation as bigint,
        available: d.available as bigint,
      }
    },
    storagePoolGetXMLDesc: (_call, ref) => poolDocument.print(own(ref).document),
    storagePoolGetAutostart: (_call, ref) => own(ref).persistent && own(ref).autostart,
    storagePoolSetAutostart(_call, ref, autostart) {
      const pool = own(ref)
      if (!pool.persistent) throw invalidArg('pool has no config file')
      pools.change(pool, () => {
        pool.autostart = autostart
      })
    },
    storagePoolIsActive: (_call, ref) => own(ref).active,
    storagePoolIsPersistent: (_call, ref) => own(ref).persistent,
  }
}

function noPool(what: string): never {
  throw testError(ErrorNumber.NO_STORAGE_POOL, `no storage pool with matching ${what}`)
}

/** `virConnectListAllStoragePoolsFlags`: pairs of bits, then one bit for each type. */
function passes(flags: number): (pool: TestPool) => boolean {
  const types = [
    'dir',
    'fs',
    'netfs',
    'logical',
    'disk',
    'iscsi',
    'scsi',
    'mpath',
    'rbd',
    'sheepdog',
    'gluster',
    'zfs',
    'vstorage',
    'iscsi-direct',
  ]
  const wanted = types.filter((_, i) => (flags & (1 << (i + 6))) !== 0)
  const pair = (yes: number, no: number, holds: (p: TestPool) => boolean) => (p: TestPool) =>
    (flags & (yes | no)) === 0 || (flags & (holds(p) ? yes : no)) !== 0
  const tests = [pair(2, 1, (p) => p.active), pair(4, 8, (p) => p.persistent), pair(16, 32, (p) => p.autostart)]
  return (pool) => tests.every((test) => test(pool)) && (wanted.length === 0 || wanted.includes(pool.document.type))
}

/** Takes a document as a new pool. @throws VirtError for one whose name, UUID or source is taken */
function take(state: TestState, document: StoragePool, facts: { active: boolean; persistent: boolean }): TestPool {
  const name = document.name as string
  const uuid = document.uuid as string
  const same = state.pools.byUuid(uuid)
  if (same !== undefined && same.name !== name)
    throw shared(ErrorNumber.OPERATION_FAILED, `pool '${same.name}' is already defined with uuid ${uuid}`)
  if (same?.active && facts.active)
    throw shared(ErrorNumber.OPERATION_INVALID, `pool is already active as '${same.name}'`)
  const other = same ?? state.pools.byName(name)
  if (other !== undefined && other !== same)
    throw shared(ErrorNumber.OPERATION_FAILED, `pool '${name}' already exists with uuid ${other.uuid}`)
  const rival = state.pools.list((p) => p !== same && conflicts(p.document, document))[0]
  if (rival !== undefined)
    throw shared(ErrorNumber.OPERATION_FAILED, `Storage source conflict with pool: '${rival.name}'`)
  const sized = { ...document, capacity, allocation: 0n, available: capacity }
  if (same !== undefined) {
    // parity: what was used of a pool that runs is forgotten.
    same.document = same.active ? { ...same.document, capacity, allocation: 0n, available: capacity } : sized
    if (facts.persistent) same.persistent = true
    if (facts.active) same.active = true
    return same
  }
  const pool: TestPool = { name, uuid, generation: 0, autostart: false, document: sized, volumes: new Map(), ...facts }
  state.pools.add(pool)
  return pool
}

/** Whether two pools would use the same storage. */
function conflicts(a: StoragePool, b: StoragePool): boolean {
  if (a.type !== b.type) return false
  const [s, t] = [a.source, b.source]
  const hosts = (s?.hosts ?? []).some((h) => t?.hosts.some((g) => g.name === h.name))
  switch (a.type) {
    case 'dir':
      return a.target?.path === b.target?.path
    case 'netfs':
      return hosts && s?.dir === t?.dir
    case 'gluster':
      return hosts && s?.dir === t?.dir && s?.name === t?.name
    case 'iscsi':
    case 'iscsi-direct':
      return (
        hosts && (s?.devices[0]?.path ?? '') === (t?.devices[0]?.path ?? '') && s?.initiator?.iqn === t?.initiator?.iqn
      )
    case 'fs':
    case 'disk':
    case 'logical':
      return (
        (s?.devices ?? []).some((d) => t?.devices.some((e) => e.path === d.path)) ||
        (a.type === 'logical' && s?.devices.length === 0 && s.name === t?.name)
      )
    case 'rbd':
    case 'sheepdog':
      return hosts && s?.name === t?.name
    case 'scsi':
      return s?.adapter?.name !== undefined
        ? s.adapter.name === t?.adapter?.name
        : s?.adapter?.wwnn !== undefined && s.adapter.wwnn === t?.adapter?.wwnn && s.adapter.wwpn === t?.adapter?.wwpn
    default:
      return a.type === 'vstorage' || a.type === 'zfs' ? s?.name === t?.name : a.type === 'mpath'
  }
}

/** Imaginary sources: two volume groups, one export. */
function findSources(type: string, spec: string | undefined): string {
  const facts: PoolType | undefined = poolTypes[type]
  // parity: the first type of all counts as none, and none counts as one without sources.
  if (facts !== undefined && type === Object.keys(poolTypes)[0]) throw internalPool(`unknown storage pool type ${type}`)
  const hosts = spec === undefined ? [] : hostsIn(spec)
  if (type === 'logical')
    return `<sources>
  <source>
    <device path='/dev/sda20'/>
    <name>testvg1</name>
    <format type='lvm2'/>
  </source>
  <source>
    <device path='/dev/sda21'/>
    <name>testvg2</name>
    <format type='lvm2'/>
  </source>
</sources>
`
  if (type !== 'netfs') throw testError(ErrorNumber.NO_SUPPORT, `pool type '${type}' does not support source discovery`)
  const [name] = hosts
  if (name === undefined) throw invalidArg('hostname must be specified for netfs sources')
  return `<sources>
  <source>
    <host name='${name}'/>
    <dir path='/testshare'/>
    <format type='nfs'/>
  </source>
</sources>
`
}

/** Names of the hosts in what a client says of a source. @throws VirtError for what is no `<source>` */
function hostsIn(spec: string): string[] {
  const { name, children } = parseTree(spec, ErrorDomain.STORAGE)
  if (name !== 'source')
    throw virtError(ErrorNumber.XML_ERROR, ErrorDomain.XML, `expecting root element of 'source', not '${name}'`)
  return children.flatMap((one) => (typeof one !== 'string' && one.name === 'host' ? [one.attributes.name ?? ''] : []))
}

const internalPool = (detail: string): Error => testError(ErrorNumber.INTERNAL_ERROR, detail)

/** Takes a pool with its volumes from a node file: running. */
export function loadPool(state: TestState, xml: string, volumes: readonly string[]): void {
  const pool = addPool(state, poolDocument.parse(xml))
  for (const volume of volumes) loadVolume(pool, volume)
}

/** Adds a pool that exists from the start. */
export function addPool(state: TestState, document: StoragePool): TestPool {
  return take(state, document, { active: true, persistent: true })
}
