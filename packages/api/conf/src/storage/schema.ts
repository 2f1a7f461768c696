// SPDX-License-Identifier: LGPL-2.1-or-later
// <pool> and <volume>: where storage comes from, and the pieces it is handed out in.
import { ErrorNumber } from '@virt/core'
import { hostPciAddress } from '../common/schema/addresses.js'
import {
  attr,
  child,
  children,
  type Element,
  element,
  flag,
  leaf,
  only,
  scaled,
  scaledBody,
  wrapped,
} from '../lang/field.js'
import { inBytes } from '../lang/scale.js'
import { int, oneOf, text, uint, uuid, type Value, yesNo } from '../lang/value.js'
import { poolType, poolTypes } from './pool-types.js'
import type { StoragePermissions, StoragePool, StoragePoolSource, StorageVolume } from './types.gen.js'

const unsupported = (message: string) => ({ number: ErrorNumber.CONFIG_UNSUPPORTED, message })

/** A file mode in octal. */
const octal: Value = {
  ts: 'number',
  json: { type: 'integer', minimum: 0, maximum: 0o7777 },
  parse: (raw) =>
    /^[0-7]{1,5}$/.test(raw.trim()) && Number.parseInt(raw, 8) <= 0o7777 ? Number.parseInt(raw, 8) : undefined,
  print: (value: number) => `0${value.toString(8)}`,
  plain: true,
}
/** A user or group number; -1 says that it is not to be changed, and is kept as absent. */
const owner: Value = {
  ts: 'number',
  json: { type: 'integer', minimum: -1 },
  parse: (raw) => (/^-?\d+$/.test(raw.trim()) ? Number(raw) : undefined),
  plain: true,
}

export const storagePermissions: Element = element('permissions', {
  mode: leaf(octal).bad('malformed octal mode'),
  owner: leaf(owner).bad('malformed owner element'),
  group: leaf(owner).bad('malformed group element'),
  label: leaf(text),
})
  .finish((p: StoragePermissions) => {
    if (p.owner === -1 || p.owner === 0xffffffff) p.owner = undefined
    if (p.group === -1 || p.group === 0xffffffff) p.group = undefined
  })
  .if((p: StoragePermissions) => [p.mode, p.owner, p.group, p.label].some((v) => v !== undefined))

export const storagePoolSecret: Element = element('secret', {
  type: attr(text).if(() => false),
  uuid: attr(uuid),
  usage: attr(text),
})
export const storagePoolAuth: Element = element('auth', {
  type: attr(oneOf('chap', 'ceph')).required('missing auth type attribute').bad(unsupported("unknown auth type '%s'")),
  username: attr(text).required('missing username for auth'),
  secret: child(storagePoolSecret).required('Missing <secret> element in auth'),
})
export const storagePoolHost: Element = element('host', {
  name: attr(text).required('missing storage pool host name'),
  port: attr(int).omit(0),
})
export const storagePoolExtent: Element = element('freeExtent', { start: attr(text), end: attr(text) })
export const storagePoolDevice: Element = element('device', {
  path: attr(text).required('missing storage pool source device path'),
  partSeparator: attr(yesNo).as('part_separator'),
})
export const storagePoolParent: Element = element('parentaddr', {
  uniqueId: attr(uint).as('unique_id'),
  address: child(hostPciAddress),
})
export const storagePoolAdapter: Element = element('adapter', {
  type: attr(oneOf('default', 'scsi_host', 'fc_host')),
  parent: attr(text).where('type', 'fc_host'),
  parentWwnn: attr(text).as('parent_wwnn').where('type', 'fc_host'),
  parentWwpn: attr(text).as('parent_wwpn').where('type', 'fc_host'),
  parentFabricWwn: attr(text).as('parent_fabric_wwn').where('type', 'fc_host'),
  managed: attr(yesNo).where('type', 'fc_host'),
  wwnn: attr(text).where('type', 'fc_host'),
  wwpn: attr(text).where('type', 'fc_host'),
  name: attr(text),
  parentaddr: child(storagePoolParent),
})

export const storagePoolSource: Element = element('source', {
  hosts: children(storagePoolHost),
  devices: children(storagePoolDevice),
  dir: only('path', text),
  adapter: child(storagePoolAdapter),
  name: leaf(text),
  initiator: child(element('initiator', { iqn: only('name', text) })),
  format: only('type', text).if(
    (_: StoragePoolSource, context) => poolType((context.root as unknown as StoragePool).type).formats !== undefined,
  ),
  auth: child(storagePoolAuth),
  protocol: only('ver', text),
  vendor: only('name', text),
  product: only('name', text),
}).keepOpen()

export const storagePoolTarget: Element = element('target', {
  path: leaf(text),
  permissions: child(storagePermissions),
}).keepOpen()

export const storagePoolRefreshVolume: Element = element('volume', {
  allocation: attr(oneOf('default', 'capacity')).bad(
    unsupported('unknown storage pool volume refresh allocation type %s'),
  ),
})

export const storagePool: Element = element('pool', {
  type: attr(oneOf(...Object.keys(poolTypes))).required(),
  name: leaf(text),
  uuid: leaf(uuid).bad('malformed uuid element'),
  capacity: scaled(inBytes),
  allocation: scaled(inBytes),
  available: scaled(inBytes),
  features: child(element('features', { cow: only('state', yesNo) })),
  source: child(storagePoolSource),
  target: child(storagePoolTarget).if((pool: StoragePool) => poolType(pool.type).target),
  refresh: child(element('refresh', { volume: child(storagePoolRefreshVolume) })),
}).namespaces()

/** `<fs:mount_opts>` */
export const storagePoolFsOptions: Element = element('fs', {
  mountOptions: wrapped('mount_opts', element('option', { name: attr(text).required() })),
})
/** `<rbd:config_opts>` */
export const storagePoolRbdOptions: Element = element('rbd', {
  configOptions: wrapped(
    'config_opts',
    element('option', { name: attr(text).required(), value: attr(text).required() }),
  ),
})

export const volumeSecret: Element = element('secret', {
  type: attr(oneOf('passphrase')).required('unknown volume encryption secret type'),
  uuid: attr(uuid),
  usage: attr(text),
})
export const volumeEncryption: Element = element('encryption', {
  format: attr(oneOf('default', 'qcow', 'luks', 'luks2', 'luks-any'))
    .required('unknown volume encryption format')
    .bad(unsupported('unknown volume encryption format type %s')),
  engine: attr(oneOf('qemu', 'librbd')),
  secrets: children(volumeSecret),
  cipher: child(element('cipher', { name: attr(text), size: attr(uint), mode: attr(text), hash: attr(text) })),
  ivgen: child(element('ivgen', { name: attr(text), hash: attr(text) })),
})
export const volumeTimestamps: Element = element('timestamps', {
  atime: leaf(text),
  mtime: leaf(text),
  ctime: leaf(text),
  btime: leaf(text),
})
const volumeFormat = only('type', text).if(
  (_: unknown, context) => (context.root as unknown as { formats?: boolean }).formats !== false,
)

export const volumeTarget: Element = element('target', {
  path: leaf(text),
  format: volumeFormat,
  permissions: child(storagePermissions),
  timestamps: child(volumeTimestamps),
  encryption: child(volumeEncryption),
  compat: leaf(text),
  clusterSize: child(element('clusterSize', { value: scaledBody({ standard: 1n, step: 1n, unit: 'B' }) })),
  nocow: flag(),
  features: child(
    element('features', {
      lazyRefcounts: flag().as('lazy_refcounts'),
      extendedL2: flag().as('extended_l2'),
    }).keepEmpty(),
  ),
}).keepOpen()
export const volumeBacking: Element = element('backingStore', {
  path: leaf(text),
  format: volumeFormat,
  permissions: child(storagePermissions),
  timestamps: child(volumeTimestamps),
}).keepOpen()
export const volumeExtent: Element = element('extent', { start: attr(text), end: attr(text) })
export const volumeSourceDevice: Element = element('device', {
  path: attr(text),
  extents: children(volumeExtent),
}).keepOpen()

export const storageVolume: Element = element('volume', {
  type: attr(oneOf('file', 'block', 'dir', 'network', 'netdir', 'ploop')).bad(unsupported("unknown volume type '%s'")),
  name: leaf(text),
  key: leaf(text),
  source: child(element('source', { devices: children(volumeSourceDevice) })).if(
    (v: StorageVolume) => (v.source?.devices.length ?? 0) > 0,
  ),
  capacity: scaled(inBytes).bad('malformed capacity element'),
  physical: scaled(inBytes).when('live'),
  allocation: scaled(inBytes).bad('malformed allocation element'),
  target: child(volumeTarget),
  backingStore: child(volumeBacking),
})
