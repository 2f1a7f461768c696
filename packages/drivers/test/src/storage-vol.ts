// SPDX-License-Identifier: LGPL-2.1-or-later
// Storage volumes.
import { type StorageVolume, storageVolume as volumeDocument } from '@virt/conf'
import {
  type Answer,
  after,
  type Call,
  ErrorNumber,
  permitted,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  type StorageVolRef,
  visible,
} from '@virt/core'
import { internalError, testError } from './errors.js'
import type { TestState } from './state.js'
import { activePool, type TestPool, type TestVolume } from './storage-record.js'

/** `VIR_STORAGE_VOL_CREATE_VALIDATE` */
const validates = 4

/** What this driver says of its volume slots. */
export const volumeSupport: SlotTable = {
  storagePoolNumOfVolumes: {},
  storagePoolListVolumes: {},
  storagePoolListAllVolumes: { flags: 0, fn: 'testStoragePoolListAllVolumes' },
  storageVolLookupByName: {},
  storageVolLookupByKey: {},
  storageVolLookupByPath: {},
  storageVolCreateXML: { flags: validates, fn: 'testStorageVolCreateXML' },
  storageVolCreateXMLFrom: { flags: validates, fn: 'testStorageVolCreateXMLFrom' },
  storageVolDelete: { flags: 0, fn: 'testStorageVolDelete' },
  storageVolGetInfo: {},
  storageVolGetXMLDesc: { flags: 0, fn: 'testStorageVolGetXMLDesc' },
  storageVolGetPath: {},
}

const refOf = ({ pool, name, key }: StorageVolRef): StorageVolRef => ({ pool, name, key })
const kinds = ['file', 'block', 'dir', 'network', 'netdir', 'ploop']

/** The volume slots of one test instance. */
export function volumeSlots(state: TestState): SlotMethods & Resolvers {
  const volumes = (call: Call, pool: TestPool): Answer<readonly TestVolume[]> =>
    visible(call, 'storage_vol', 'getattr', [...pool.volumes.values()])
  const found = (call: Call, vol: TestVolume): Answer<StorageVolRef> => permitted(call, vol, 0, () => refOf(vol))
  const poolOf = (vol: StorageVolRef): TestPool => {
    const pool = state.pools.byName(vol.pool)
    if (pool === undefined)
      throw testError(ErrorNumber.NO_STORAGE_POOL, `no storage pool with matching name '${vol.pool}'`)
    return activePool(pool)
  }
  const anywhere = (what: string, value: string, test: (vol: TestVolume) => boolean): TestVolume => {
    for (const pool of state.pools.values()) {
      if (!pool.active) continue
      for (const vol of pool.volumes.values()) if (test(vol)) return vol
    }
    throw testError(ErrorNumber.NO_STORAGE_VOL, `no storage vol with matching ${what} '${value}'`)
  }
  const create = (
    call: Call,
    pool: TestPool,
    xml: string,
    flags: number,
    check: () => void = () => {},
  ): Answer<StorageVolRef> => {
    const driver = { poolType: pool.document.type }
    const document = volumeDocument.parse(xml, { driver, validate: (flags & validates) !== 0 })
    return permitted(call, { name: document.name, pool: pool.name, poolUuid: pool.uuid }, 0, () =>
      refOf(addVolume(state, pool, document, check)),
    )
  }
  return {
    // The pool of a volume is found though the volume may be gone.
    resolveStorageVol: (ref, { slot }) =>
      slot?.name === 'storagePoolLookupByVolume' ? ref : byName(poolOf(ref), ref.name),
    storagePoolNumOfVolumes: (call, pool) => after(volumes(call, activePool(pool)), (all) => all.length),
    storagePoolListVolumes: (call, pool) => after(volumes(call, activePool(pool)), (all) => all.map((v) => v.name)),
    storagePoolListAllVolumes(call, ref) {
      const pool = ref as TestPool
      if (!pool.active) throw testError(ErrorNumber.OPERATION_INVALID, 'storage pool is not active')
      return after(volumes(call, pool), (all) => all.map(refOf))
    },
    storageVolLookupByName: (call, pool, name) => found(call, byName(activePool(pool), name)),
    storageVolLookupByKey: (call, key) =>
      found(
        call,
        anywhere('key', key, (v) => v.key === key),
      ),
    storageVolLookupByPath: (call, path) =>
      found(
        call,
        anywhere('path', path, (v) => v.document.target?.path === path),
      ),
    storageVolCreateXML: (call, pool, xml, flags) => create(call, activePool(pool), xml, flags),
    storageVolCreateXMLFrom(call, ref, xml, original, flags) {
      const pool = activePool(ref)
      // parity: the original is looked for in the pool that gets the copy.
      return create(call, pool, xml, flags, () => byName(pool, original.name))
    },
    storageVolDelete(_call, ref) {
      const vol = ref as TestVolume
      const pool = poolOf(vol)
      state.pools.change(pool, () => {
        pool.volumes.delete(vol.name)
        resize(pool, -(vol.document.allocation as bigint))
      })
    },
    storageVolGetInfo(_call, ref) {
      const { document: d } = ref as TestVolume
      return {
        type: Math.max(0, kinds.indexOf(d.type as string)),
        capacity: d.capacity as bigint,
        allocation: d.allocation as bigint,
      }
    },
    storageVolGetXMLDesc: (_call, ref) => volumeDocument.print((ref as TestVolume).document),
    storageVolGetPath: (_call, ref) => (ref as TestVolume).document.target?.path as string,
  }
}

function byName(pool: TestPool, name: string): TestVolume {
  const vol = pool.volumes.get(name)
  if (vol === undefined) throw testError(ErrorNumber.NO_STORAGE_VOL, `no storage vol with matching name '${name}'`)
  return vol
}

function resize(pool: TestPool, by: bigint): void {
  const { document: d } = pool
  pool.document = { ...d, allocation: (d.allocation as bigint) + by, available: (d.available as bigint) - by }
}

/**
 * Makes a volume.
 * @param check says what else is against it, once its name is known to be free
 * @throws VirtError when its name is taken or the pool is full
 */
function addVolume(state: TestState, pool: TestPool, document: StorageVolume, check: () => void): TestVolume {
  const name = document.name as string
  if (pool.volumes.has(name)) throw testError(ErrorNumber.OPERATION_FAILED, 'storage vol already exists')
  check()
  if ((document.allocation as bigint) > (pool.document.available as bigint))
    throw internalError(`Not enough free space in pool for volume '${name}'`)
  const path = `${pool.document.target?.path ?? ''}/${name}`
  const vol = volumeOf(pool, { ...document, key: path, target: { ...document.target, path } })
  state.pools.change(pool, () => {
    pool.volumes.set(name, vol)
    resize(pool, document.allocation as bigint)
  })
  return vol
}

function volumeOf(pool: TestPool, document: StorageVolume): TestVolume {
  const { name, key } = document as { name: string; key: string }
  return { pool: pool.name, poolUuid: pool.uuid, name, key, document }
}

/** Takes a volume of a node file. */
export function loadVolume(pool: TestPool, xml: string): void {
  const document = volumeDocument.parse(xml, { driver: { poolType: pool.document.type } })
  const path = document.target?.path ?? `${pool.document.target?.path ?? ''}/${document.name}`
  const vol = volumeOf(pool, { ...document, key: document.key ?? path, target: { ...document.target, path } })
  pool.volumes.set(vol.name, vol)
  resize(pool, document.allocation as bigint)
}
