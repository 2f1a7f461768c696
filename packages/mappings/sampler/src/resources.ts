// SPDX-License-Identifier: LGPL-2.1-or-later
// Pools with their volumes, and networks: few of them, read one by one.
import { network as networkDocument, storagePool } from '@virt/conf'
import {
  type Connection,
  enumValue,
  type Network,
  type StoragePool,
  StoragePoolState,
  StorageVolType,
} from '@virt/core'
import { Numbers } from './numbers.js'
import { inParallel } from './slices.js'

/** A volume of a pool. Sizes in bytes. */
export interface PoolVolume {
  /** From 1, its own while it exists. */
  readonly number: number
  readonly name: string
  readonly path: string
  /** `virStorageVolType` */
  readonly kind: number
  readonly capacity: bigint
  readonly allocation: bigint
}

/** A storage pool. Sizes in bytes. */
export interface Pool {
  readonly uuid: string
  handle: StoragePool
  name: string
  kind: string
  /** `virStoragePoolState` */
  state: number
  autostart: boolean
  persistent: boolean
  capacity: bigint
  allocation: bigint
  available: bigint
  volumes: readonly PoolVolume[]
}

/** A virtual network. */
export interface Net {
  readonly uuid: string
  handle: Network
  name: string
  active: boolean
  autostart: boolean
  persistent: boolean
  bridge: string
  /** How it reaches the world; empty when it does not. */
  forward: string
  leases: number
}

/** What is tried and may be missing: its answer, or `otherwise`. */
export async function tried<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work()
  } catch {
    return otherwise
  }
}

const volumeNumbers = new WeakMap<Pool, Numbers>()

/** The pool as it is now; `before` is its record of the last time. */
export async function readPool(handle: StoragePool, before: Pool | undefined, timeout: number): Promise<Pool> {
  const options = { timeout }
  const info = await handle.info(options)
  const pool: Pool = before ?? {
    uuid: handle.uuid,
    handle,
    name: handle.name,
    kind: '',
    state: 0,
    autostart: false,
    persistent: false,
    capacity: 0n,
    allocation: 0n,
    available: 0n,
    volumes: [],
  }
  pool.handle = handle
  pool.name = handle.name
  pool.state = enumValue(StoragePoolState, info.state)
  pool.capacity = info.capacity
  pool.allocation = info.allocation
  pool.available = info.available
  pool.autostart = await tried(() => handle.autostart(options), false)
  pool.persistent = await tried(() => handle.isPersistent(options), true)
  if (pool.kind === '')
    pool.kind = await tried(async () => storagePool.parse(await handle.xmlDesc(options), { raw: true }).type, '')
  pool.volumes = pool.state === StoragePoolState.RUNNING ? await readVolumes(pool, options) : []
  return pool
}

async function readVolumes(pool: Pool, options: { timeout: number }): Promise<readonly PoolVolume[]> {
  const handles = await tried(() => pool.handle.volumes(options), [])
  const numbers = volumeNumbers.get(pool) ?? new Numbers()
  volumeNumbers.set(pool, numbers)
  const given = numbers.of(handles.map(({ key }) => key))
  const volumes: PoolVolume[] = []
  await inParallel(handles.entries(), 8, async ([i, volume]) => {
    const info = await tried(() => volume.info(options), undefined)
    // Gone between the list and the question.
    if (info === undefined) return
    volumes.push({
      number: given[i] as number,
      name: volume.name,
      path: await tried(() => volume.path(options), volume.key),
      kind: enumValue(StorageVolType, info.type),
      capacity: info.capacity,
      allocation: info.allocation,
    })
  })
  return volumes.sort((a, b) => a.number - b.number)
}

/** The network as it is now; `before` is its record of the last time. */
export async function readNetwork(handle: Network, before: Net | undefined, timeout: number): Promise<Net> {
  const options = { timeout }
  const active = await handle.isActive(options)
  const net: Net = before ?? {
    uuid: handle.uuid,
    handle,
    name: handle.name,
    active,
    autostart: false,
    persistent: false,
    bridge: '',
    forward: '',
    leases: 0,
  }
  net.handle = handle
  net.name = handle.name
  net.active = active
  net.autostart = await tried(() => handle.autostart(options), false)
  net.persistent = await tried(() => handle.isPersistent(options), true)
  const document = await tried(
    async () => networkDocument.parse(await handle.xmlDesc(options), { raw: true }),
    undefined,
  )
  net.bridge = document?.bridge?.name ?? ''
  net.forward = document?.forward === undefined ? '' : (document.forward.mode ?? 'nat')
  net.leases = active ? (await tried(() => handle.dhcpLeases(undefined, options), [])).length : 0
  return net
}

/** Reads every pool and network anew into the maps; what is gone is taken out. */
export async function readResources(
  conn: Connection,
  pools: Map<string, Pool>,
  networks: Map<string, Net>,
  timeout: number,
): Promise<void> {
  await readAll(await tried(() => conn.pools.all({ timeout }), []), pools, (handle, before) =>
    readPool(handle, before, timeout),
  )
  await readAll(await tried(() => conn.networks.all({ timeout }), []), networks, (handle, before) =>
    readNetwork(handle, before, timeout),
  )
}

async function readAll<H extends { uuid: string }, R>(
  handles: readonly H[],
  into: Map<string, R>,
  read: (handle: H, before: R | undefined) => Promise<R>,
): Promise<void> {
  const present = new Set(handles.map(({ uuid }) => uuid))
  for (const uuid of into.keys()) if (!present.has(uuid)) into.delete(uuid)
  await inParallel(handles, 4, async (handle) => {
    const record = await tried(() => read(handle, into.get(handle.uuid)), undefined)
    if (record !== undefined) into.set(handle.uuid, record)
  })
}
