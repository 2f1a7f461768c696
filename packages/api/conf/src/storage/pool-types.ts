// SPDX-License-Identifier: LGPL-2.1-or-later
// What each type of storage pool has: parts of its source, formats, what its volumes are.

/** Parts of a pool's source. */
export type SourcePart = 'host' | 'device' | 'dir' | 'adapter' | 'name' | 'initiator' | 'network'

/** Facts of one type of pool. */
export interface PoolType {
  /** Source parts that a definition must have (`name`: else the pool's own name). */
  readonly needs: readonly SourcePart[]
  /** Source parts that it may have besides. */
  readonly takes?: readonly SourcePart[]
  /** Formats of the source; the first is the default. */
  readonly formats?: readonly string[]
  readonly defaultFormat?: string
  /** Whether there is a target on this host. */
  readonly target: boolean
  /** Kind of the volumes. */
  readonly volume: 'file' | 'block' | 'network'
  /** Formats of the volumes; absent: they have none. */
  readonly volumeFormats?: readonly string[]
  readonly defaultVolumeFormat?: string
  /** Namespace of options: `fs` or `rbd`. */
  readonly options?: 'fs' | 'rbd'
}

const files = [
  'none',
  'raw',
  'dir',
  'bochs',
  'cloop',
  'dmg',
  'iso',
  'vpc',
  'vdi',
  'fat',
  'vhd',
  'ploop',
  'cow',
  'qcow',
  'qcow2',
  'qed',
  'vmdk',
]
const fileVolumes = { volume: 'file', volumeFormats: files, defaultVolumeFormat: 'raw' } as const
const block = { volume: 'block' } as const

/** Pool types in libvirt's order. */
export const poolTypes: Readonly<Record<string, PoolType>> = {
  dir: { needs: [], target: true, ...fileVolumes },
  fs: {
    needs: ['device'],
    formats: [
      'auto',
      'ext2',
      'ext3',
      'ext4',
      'ufs',
      'iso9660',
      'udf',
      'gfs',
      'gfs2',
      'vfat',
      'hfs+',
      'xfs',
      'ocfs2',
      'vmfs',
    ],
    defaultFormat: 'auto',
    target: true,
    options: 'fs',
    ...fileVolumes,
  },
  netfs: {
    needs: ['host', 'dir'],
    formats: ['auto', 'nfs', 'glusterfs', 'cifs'],
    defaultFormat: 'auto',
    target: true,
    options: 'fs',
    ...fileVolumes,
  },
  logical: {
    needs: ['name'],
    takes: ['device'],
    formats: ['unknown', 'lvm2'],
    defaultFormat: 'lvm2',
    target: true,
    ...block,
  },
  disk: {
    needs: ['device'],
    formats: ['unknown', 'dos', 'dvh', 'gpt', 'mac', 'bsd', 'pc98', 'sun', 'lvm2'],
    defaultFormat: 'unknown',
    target: true,
    ...block,
    volumeFormats: ['none', 'linux', 'fat16', 'fat32', 'linux-swap', 'linux-lvm', 'linux-raid', 'extended'],
    defaultVolumeFormat: 'none',
  },
  iscsi: { needs: ['host', 'device'], target: true, ...block },
  'iscsi-direct': { needs: ['host', 'device', 'initiator'], target: false, volume: 'network' },
  scsi: { needs: ['adapter'], target: true, ...block },
  mpath: { needs: [], target: true, ...block },
  rbd: {
    needs: ['host', 'name'],
    target: false,
    options: 'rbd',
    volume: 'network',
    volumeFormats: [],
    defaultVolumeFormat: 'raw',
  },
  sheepdog: { needs: ['host', 'name'], target: false, volume: 'network' },
  gluster: {
    needs: ['host', 'name'],
    takes: ['dir'],
    target: false,
    volume: 'network',
    volumeFormats: files,
    defaultVolumeFormat: 'raw',
  },
  zfs: { needs: ['name'], takes: ['device'], target: true, ...block },
  vstorage: { needs: ['name'], target: true, ...fileVolumes },
}

/** Facts of a type. */
export const poolType = (type: string): PoolType => poolTypes[type] as PoolType

/** A path without doubled and trailing slashes; one leading double slash stays, as POSIX lets it. */
export function cleanPath(path: string): string {
  const head = /^\/\/(?!\/)/.test(path) ? '/' : ''
  const clean = path.replace(/\/+/g, '/')
  return head + (clean.length > 1 ? clean.replace(/\/$/, '') : clean)
}
