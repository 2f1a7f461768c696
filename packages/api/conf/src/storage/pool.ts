// SPDX-License-Identifier: LGPL-2.1-or-later
// <pool>: what libvirt fills in and refuses.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { isWwn } from '../lang/forms.js'
import type { Namespace, Pass } from '../runtime/context.js'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import type { StoragePoolInput } from './inputs.gen.js'
import { cleanPath, poolType } from './pool-types.js'
import { storagePool as root, storagePoolFsOptions, storagePoolRbdOptions } from './schema.js'
import type { StoragePool, StoragePoolSource } from './types.gen.js'

function reject(message: string, number: number = ErrorNumber.XML_ERROR): never {
  throw virtError(number, ErrorDomain.STORAGE, message)
}

/** The source that an absent element stands for. */
const noSource = (): StoragePoolSource => ({ hosts: [], devices: [] })

const steps: readonly Pass<StoragePool>[] = [
  {
    name: 'source',
    run(pool) {
      const facts = poolType(pool.type)
      pool.source ??= noSource()
      const { source } = pool
      if (facts.formats !== undefined) {
        source.format ??= facts.defaultFormat
        if (!facts.formats.includes(source.format as string))
          reject(`unknown pool format type ${source.format}`, ErrorNumber.CONFIG_UNSUPPORTED)
      }
      if (source.dir !== undefined) source.dir = cleanPath(source.dir)
      if (pool.type === 'gluster') source.dir ??= '/'
      if (source.auth !== undefined && (source.auth.type ?? 'none') === 'none')
        reject('storage pool missing auth type', ErrorNumber.CONFIG_UNSUPPORTED)
      if (source.adapter !== undefined && source.adapter.type === undefined) {
        if (source.adapter.parentaddr !== undefined)
          reject("Use of 'parentaddr' element requires use of the adapter 'type'")
        if (source.adapter.name === undefined) reject('missing storage pool source adapter')
        source.adapter.type = 'scsi_host'
      }
    },
  },
  {
    name: 'name and uuid',
    run(pool) {
      pool.name ||= pool.source?.name
      if (pool.name === undefined || pool.name === '') reject('missing pool source name element')
      if (pool.name.includes('/')) reject(`name ${pool.name} cannot contain '/'`)
      pool.uuid ??= crypto.randomUUID()
    },
  },
  {
    name: 'features',
    run(pool) {
      if (pool.features?.cow === undefined || pool.type === 'fs' || pool.type === 'dir') return
      const number = ErrorNumber.NO_SUPPORT
      const message = "cow feature may only be used for 'fs' and 'dir' pools"
      reject(message, number)
    },
  },
  { name: 'needs', run: (pool) => needs(pool) },
  {
    name: 'target',
    run(pool) {
      // Sizes are what the pool has, not what its definition says.
      pool.capacity = pool.allocation = pool.available = 0n
      if (!poolType(pool.type).target) return
      const path =
        pool.type === 'logical'
          ? `/dev/${pool.source?.name}`
          : pool.type === 'zfs'
            ? `/dev/zvol/${pool.source?.name}`
            : pool.target?.path
      if (path === undefined) reject('missing storage pool target path')
      pool.target = { ...pool.target, path: cleanPath(path) }
    },
  },
]

function needs(pool: StoragePool): void {
  const source = pool.source as StoragePoolSource
  const parts = poolType(pool.type).needs
  if (pool.type === 'rbd' && source.hosts.length > 0 && source.name === undefined)
    reject("element 'name' is mandatory for RBD pool")
  if (parts.includes('host') && source.hosts.length === 0) reject('missing storage pool source host name')
  if (parts.includes('dir') && source.dir === undefined) reject('missing storage pool source path')
  if (parts.includes('name')) source.name ??= pool.name
  if (parts.includes('adapter')) adapter(source)
  if (parts.includes('initiator') && source.initiator?.iqn === undefined)
    reject('missing initiator IQN', ErrorNumber.CONFIG_UNSUPPORTED)
  // parity: iSCSI pools may come without a device, the target is then found by the host alone.
  if (parts.includes('device') && !pool.type.startsWith('iscsi') && source.devices.length === 0)
    reject('missing storage pool source device name')
}

function checkWwn(wwn: string): void {
  if (!isWwn(wwn)) throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.NONE, `Malformed wwn: ${wwn}`)
}

function adapter({ adapter }: StoragePoolSource): void {
  if (adapter === undefined) reject('missing storage pool source adapter')
  if (adapter.type === 'fc_host') {
    if (adapter.wwnn === undefined || adapter.wwpn === undefined)
      reject("'wwnn' and 'wwpn' must be specified for adapter type 'fchost'")
    const { parentWwnn, parentWwpn } = adapter
    for (const wwn of [adapter.wwnn, adapter.wwpn]) checkWwn(wwn)
    if (parentWwnn !== undefined && parentWwpn === undefined)
      reject(`when providing parent_wwnn='${parentWwnn}', the parent_wwpn must also be provided`)
    if (parentWwpn !== undefined && parentWwnn === undefined)
      reject(`when providing parent_wwpn='${parentWwpn}', the parent_wwnn must also be provided`)
    for (const wwn of [parentWwnn, parentWwpn, adapter.parentFabricWwn]) if (wwn !== undefined) checkWwn(wwn)
    return
  }
  if (adapter.name === undefined && adapter.parentaddr === undefined)
    reject("Either 'name' or 'parent' must be specified for the 'scsi_host' adapter")
  if (adapter.name !== undefined && adapter.parentaddr !== undefined)
    reject("Both 'name' and 'parent' cannot be specified for the 'scsi_host' adapter")
}

/** Options that a pool's driver takes in a namespace of its own. */
export const storagePoolNamespaces: readonly Namespace[] = [
  { prefix: 'fs', uri: 'http://libvirt.org/schemas/storagepool/fs/1.0', element: storagePoolFsOptions },
  { prefix: 'rbd', uri: 'http://libvirt.org/schemas/storagepool/rbd/1.0', element: storagePoolRbdOptions },
]

/** `<pool>`: a storage pool. */
export const storagePool: DocumentKind<StoragePool, StoragePoolInput> = documentKind<StoragePool, StoragePoolInput>({
  root,
  grammar: 'storagepool.rng',
  namespaces: storagePoolNamespaces,
  domain: ErrorDomain.STORAGE,
  postParse: steps,
})
