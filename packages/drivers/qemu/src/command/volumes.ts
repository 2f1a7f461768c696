// SPDX-License-Identifier: LGPL-2.1-or-later
// Disks that are volumes of pools: what such a volume is to QEMU.
import type { StoragePool, StorageSource } from '@virt/conf'
import { configUnsupported } from '../errors.js'
import type { VolumeSource } from './build.js'

/** A volume of a pool. */
export interface FoundVolume {
  readonly type: 'file' | 'block' | 'dir' | 'network' | 'netdir' | 'ploop'
  readonly path: string
}

/** Port of iSCSI servers. */
const iscsiPort = '3260'

/** The server of a pool, that QEMU talks with itself. */
function direct(pool: StoragePool, { volume = '' }: VolumeSource): StorageSource {
  const { hosts = [], devices = [], initiator, auth } = pool.source ?? {}
  // A unit is called `unit:HOST:BUS:LUN`.
  const lun = volume.split(':').at(-1) ?? '0'
  return {
    type: 'network',
    protocol: 'iscsi',
    name: `${devices[0]?.path ?? ''}/${lun}`,
    hosts: hosts.map(({ name, port }) => ({ name, port: port === undefined ? iscsiPort : String(port) })),
    ...(initiator?.iqn === undefined ? {} : { initiator: { iqn: initiator.iqn } }),
    ...(auth?.username === undefined
      ? {}
      : {
          auth: {
            type: auth.type === 'ceph' ? 'ceph' : 'chap',
            username: auth.username,
            secret: { ...auth.secret, type: 'iscsi' },
          },
        }),
    cookies: [],
    slices: [],
    seclabels: [],
  }
}

/**
 * What a disk's volume is.
 * @throws VirtError `config-unsupported` for kinds of volumes that disks cannot be
 */
export function volumeSource(source: VolumeSource, pool: StoragePool, volume: FoundVolume): StorageSource {
  const { slices, seclabels, auth, encryption, reservations, index } = source
  const own = {
    slices,
    seclabels,
    ...(auth === undefined ? {} : { auth }),
    ...(encryption === undefined ? {} : { encryption }),
    ...(reservations === undefined ? {} : { reservations }),
    ...(index === undefined ? {} : { index }),
  }
  const iscsi = pool.type === 'iscsi' || pool.type === 'iscsi-direct'
  if (source.mode !== undefined && !iscsi)
    throw configUnsupported('disk source mode is only valid when storage pool is of iscsi type')
  if (pool.type === 'iscsi-direct' || (iscsi && source.mode === 'direct')) return { ...direct(pool, source), ...own }
  switch (volume.type) {
    case 'file':
    case 'ploop':
      return { type: 'file', file: volume.path, ...own }
    case 'block':
      return { type: 'block', dev: volume.path, ...own }
    case 'dir':
      return { type: 'dir', dir: volume.path, ...own }
    default:
      throw configUnsupported(`using '${pool.type}' pools for backing 'volume' disks isn't yet supported`)
  }
}
