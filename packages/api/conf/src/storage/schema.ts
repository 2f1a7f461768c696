// SPDX-License-Identifier: LGPL-2.1-or-later
// <pool> and <volume>: where storage comes from, and the pieces it is handed out in.
import { ErrorNumber } from '@virt/core'
import { hostPciAddress } from '../common/schema/addresses.js'
import { oneName, storageEncryption } from '../domain/schema/storage.js'
import { readIp } from '../lang/address.js'
import {
  attr,
  type Content,
  child,
  children,
  type Element,
  element,
  flag,
  general,
  leaf,
  only,
  scaled,
  scaledBody,
  wrapped,
} from '../lang/field.js'
import { absolutePath, except, filePath, form, integer, objectName, volumeName, wwn } from '../lang/forms.js'
import { inBytes } from '../lang/scale.js'
import { int, oneOf, text, token, uint, uuid, type Value, yesNo } from '../lang/value.js'
import type { PrintContext } from '../runtime/context.js'
import { type PoolType, poolType, poolTypes, type SourcePart } from './pool-types.js'
import type { StoragePermissions, StoragePool, StoragePoolSource, StorageVolume } from './types.gen.js'

const amount = form(text, /[0-9]{1,20}/)
const timestamp = form(text, /[0-9]+(\.[0-9]{0,9})?/)
const hostName: Value = {
  ...text,
  strict: (raw) => /^[a-zA-Z0-9.-]+$/.test(raw) || readIp(raw) !== undefined,
}
const devicePath = form(text, /(\/|[a-zA-Z]:\\).+|[a-zA-Z0-9_+-]+|iqn\.[0-9]{4}-(0[1-9]|1[0-2])\.[a-zA-Z0-9.-]+(:.+)?/)
/** Formats that volumes of any pool have. */
const oneOfFormats: Value = {
  ...text,
  strict: (raw) => raw.trim() === 'unknown' || raw.trim() === 'luks' || allFormats.has(raw.trim()),
}
const allFormats = new Set(
  Object.values(poolTypes).flatMap((type) => [...(type.volumeFormats ?? []), ...fileSystems(type)]),
)
function fileSystems(type: PoolType): readonly string[] {
  return type.options === 'fs' && type.needs.includes('device') ? (type.formats ?? []) : []
}

/** Parts of the source of a pool: what there must be, and what there may be besides. */
const sources: Readonly<Record<string, readonly [needed: readonly string[], more: readonly string[]]>> = {
  dir: [[], []],
  fs: [['device'], ['format']],
  netfs: [
    ['host', 'dir'],
    ['format', 'protocol'],
  ],
  logical: [[], ['name', 'device', 'format']],
  disk: [['device'], ['format']],
  iscsi: [
    ['host', 'device'],
    ['initiator', 'auth'],
  ],
  'iscsi-direct': [['host', 'device', 'initiator'], ['auth']],
  scsi: [['adapter'], []],
  mpath: [[], []],
  rbd: [['name', 'host'], ['auth']],
  sheepdog: [['host', 'name'], []],
  gluster: [['host', 'name'], ['dir']],
  zfs: [['name'], ['device']],
  vstorage: [['name'], []],
}
/** Pools that may lack a name of their own. */
const nameless: ReadonlySet<string> = new Set(['logical', 'rbd', 'sheepdog', 'gluster', 'zfs', 'vstorage'])
/** Pools whose source may say who made it. */
const unmade: ReadonlySet<string> = new Set([...nameless, 'iscsi-direct', 'mpath'])

const iscsiName = /^iqn\.[0-9]{4}-(0[1-9]|1[0-2])\.[a-zA-Z0-9.-]+(:.+)?$/

/** What single types of pools want of what is in their source. */
function detailsOf(type: string, { inner, sequence }: Content): string | undefined {
  const format = inner.get('format')?.get('type')?.trim() ?? ''
  const devices = sequence.filter((name) => name === 'device').length
  if (devices > 1 && (type === 'iscsi' || type === 'iscsi-direct')) return 'more than one device'
  if (type === 'iscsi-direct' && !iscsiName.test(inner.get('device')?.get('path') ?? ''))
    return 'device has no name of iSCSI'
  if (type !== 'netfs') return undefined
  const isShare = format === 'cifs' || format === 'glusterfs'
  if (!isShare && !['', 'auto', 'nfs'].includes(format)) return `there is no format '${format}'`
  const isAbsolute = inner.get('dir')?.get('path')?.startsWith('/') === true
  return isShare || isAbsolute ? undefined : 'dir is no absolute path'
}

function partsOf(type: string, children: ReadonlySet<string>): string | undefined {
  const [needed, more] = sources[type] ?? [[], []]
  const missing = needed.find((part) => !children.has(part))
  if (missing !== undefined) return `${missing} is missing`
  const maker = unmade.has(type) && type !== 'logical' ? [] : ['vendor', 'product']
  const odd = [...children].find((part) => ![...needed, ...more, ...maker].includes(part))
  return odd === undefined ? undefined : `${odd} does not belong to a pool of type ${type}`
}

function poolParts(type: string, children: ReadonlySet<string>): string | undefined {
  if (!children.has('name') && !nameless.has(type)) return 'name is missing'
  if (!children.has('source') && !['dir', 'mpath'].includes(type)) return 'source is missing'
  const hasTarget = poolTypes[type]?.target === true
  if (!hasTarget && children.has('target')) return `a pool of type ${type} has no target`
  return hasTarget && type !== 'zfs' && !children.has('target') ? 'target is missing' : undefined
}

/** parity: libxml2 loses its way where what names the pool and what it measures alternate, though the order is free. */
function mixedUp(sequence: readonly string[]): string | undefined {
  const letters = sequence.map((name) => (name === 'name' || name === 'uuid' ? 'n' : sizes.has(name) ? 's' : ''))
  return /n+s+n+s/.test(letters.join('')) ? 'names and sizes are mixed' : undefined
}
const sizes: ReadonlySet<string> = new Set(['capacity', 'allocation', 'available'])

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
  json: { type: 'integer', minimum: -1, maximum: 0xffffffff },
  parse: (raw) => {
    const value = /^-?\d+$/.test(raw.trim()) ? Number(raw) : undefined
    return value === undefined || value < -1 || value > 0xffffffff ? undefined : value
  },
  // parity: numbers of more than 31 bits come out negative.
  print: (value: number) => String(value | 0),
  plain: true,
  strict: (raw) => raw.trim() === '-1' || (/^[0-9]{1,10}$/.test(raw) && Number(raw) <= 0xffffffff),
}

export const storagePermissions: Element = element('permissions', {
  mode: leaf(octal).bad('malformed octal mode'),
  owner: leaf(owner).notEmpty().bad('malformed owner element'),
  group: leaf(owner).notEmpty().bad('malformed group element'),
  label: leaf(text),
})
  .finish((p: StoragePermissions) => {
    if (p.owner === -1 || p.owner === 0xffffffff) p.owner = undefined
    if (p.group === -1 || p.group === 0xffffffff) p.group = undefined
  })
  .if((p: StoragePermissions) => [p.mode, p.owner, p.group, p.label].some((v) => v !== undefined))

export const storagePoolSecret: Element = element('secret', {
  type: attr(text),
  uuid: attr({ ...uuid, strict: () => true }).bad("invalid secret uuid '%s'"),
  usage: attr(text),
})
  .finish(oneName)
  .strict(({ attributes }) =>
    attributes.has('uuid') === attributes.has('usage') ? 'uuid or usage is missing' : undefined,
  )
export const storagePoolAuth: Element = element('auth', {
  type: attr(except(oneOf('none', 'chap', 'ceph'), 'none'))
    .must()
    .orEmpty()
    .bad(unsupported("unknown auth type '%s'")),
  username: attr(token).orEmpty().required('missing username for auth'),
  secret: child(storagePoolSecret).required('Missing <secret> element in auth'),
})
export const storagePoolHost: Element = element('host', {
  name: attr(hostName).required('missing storage pool host name'),
  port: attr(integer(int, -1, 65535)).omit(0),
})
export const storagePoolExtent: Element = element('freeExtent', {
  start: attr(amount).must(),
  end: attr(amount).must(),
})
export const storagePoolDevice: Element = element('device', {
  path: attr(devicePath).required('missing storage pool source device path'),
  partSeparator: attr(yesNo).as('part_separator'),
  freeExtents: children(storagePoolExtent).readWhen('status').anywhere(),
})
const noUniqueId = "Missing or invalid scsi adapter 'unique_id' value"
export const storagePoolParent: Element = element('parentaddr', {
  uniqueId: attr(uint).as('unique_id').required(noUniqueId).may().bad(noUniqueId),
  address: child(hostPciAddress).required('Missing scsi_host PCI address element'),
})
export const storagePoolAdapter: Element = element('adapter', {
  type: attr(oneOf('scsi_host', 'fc_host')),
  parent: attr(text).where('type', 'fc_host'),
  parentWwnn: attr(wwn).as('parent_wwnn').where('type', 'fc_host'),
  parentWwpn: attr(wwn).as('parent_wwpn').where('type', 'fc_host'),
  parentFabricWwn: attr(wwn).as('parent_fabric_wwn').where('type', 'fc_host'),
  managed: attr(yesNo).where('type', 'fc_host'),
  wwnn: attr(wwn).where('type', 'fc_host').must(),
  wwpn: attr(wwn).where('type', 'fc_host').must(),
  name: attr(text),
  parentaddr: child(storagePoolParent),
}).strict(({ attributes, children }) =>
  attributes.get('type') === 'fc_host' || attributes.has('name') !== children.has('parentaddr')
    ? undefined
    : 'name or parentaddr is missing',
)

/** Whether a pool of this type prints a part of its source. */
const ofSource =
  (part: SourcePart) =>
  (_: StoragePoolSource, context: PrintContext): boolean =>
    poolType((context.root as unknown as StoragePool).type).needs.includes(part) ||
    poolType((context.root as unknown as StoragePool).type).takes?.includes(part) === true

export const storagePoolSource: Element = element('source', {
  hosts: children(storagePoolHost).if(ofSource('host')),
  devices: children(storagePoolDevice).if(ofSource('device')),
  dir: only('path', { ...filePath, parse: token.parse })
    .orEmpty()
    .if(ofSource('dir')),
  adapter: child(storagePoolAdapter).if(ofSource('adapter')),
  name: leaf(text).if(ofSource('name')),
  initiator: child(element('initiator', { iqn: only('name', token).orEmpty().must() })),
  format: only('type', token)
    .orEmpty()
    .if(
      (_: StoragePoolSource, context) => poolType((context.root as unknown as StoragePool).type).formats !== undefined,
    ),
  auth: child(storagePoolAuth),
  protocol: only('ver', token).orEmpty(),
  vendor: only('name', token).orEmpty(),
  product: only('name', token).orEmpty(),
})
  .keepOpen()
  .strict((content) => {
    const type = content.outer.get('type') ?? ''
    return partsOf(type, content.children) ?? detailsOf(type, content)
  })

export const storagePoolTarget: Element = element('target', {
  path: leaf(absolutePath),
  permissions: child(storagePermissions),
})
  .keepOpen()
  .strict(({ children, outer }) =>
    children.has('path') || outer.get('type') === 'logical' ? undefined : 'path is missing',
  )

export const storagePoolRefreshVolume: Element = element('volume', {
  allocation: attr(oneOf('default', 'capacity')).bad(
    unsupported('unknown storage pool volume refresh allocation type %s'),
  ),
})

export const storagePool: Element = element('pool', {
  type: attr(oneOf(...Object.keys(poolTypes))).required(),
  name: leaf(objectName),
  uuid: leaf(uuid).bad('malformed uuid element'),
  capacity: scaled(inBytes).lax(),
  allocation: scaled(inBytes).lax(),
  available: scaled(inBytes).lax(),
  features: child(element('features', { cow: only('state', yesNo) })),
  source: child(storagePoolSource),
  target: child(storagePoolTarget).if((pool: StoragePool) => poolType(pool.type).target),
  refresh: child(element('refresh', { volume: child(storagePoolRefreshVolume) })),
})
  .namespaces()
  .strict(
    ({ attributes, children, sequence }) => poolParts(attributes.get('type') ?? '', children) ?? mixedUp(sequence),
  )

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

export const volumeTimestamps: Element = element('timestamps', {
  atime: leaf(timestamp),
  mtime: leaf(timestamp),
  ctime: leaf(timestamp),
  btime: leaf(timestamp),
})
const volumeFormat = only('type', { ...oneOfFormats, parse: token.parse })
  .orEmpty()
  .if((_: unknown, context) => (context.root as unknown as { formats?: boolean }).formats !== false)

export const volumeTarget: Element = element('target', {
  path: leaf(text),
  format: volumeFormat,
  permissions: child(storagePermissions),
  timestamps: child(volumeTimestamps),
  encryption: child(storageEncryption),
  compat: leaf(form(text, /[0-9]+\.[0-9]+/)),
  clusterSize: child(
    element('clusterSize', {
      value: scaledBody({ standard: 1n, step: 1n, unit: 'B' }).bad(
        general("Invalid value '%s' for element or attribute './target/clusterSize'"),
      ),
    }),
  ),
  nocow: flag(),
  features: child(
    element('features', {
      lazyRefcounts: flag().as('lazy_refcounts'),
      extendedL2: flag().as('extended_l2'),
    }).keepEmpty(),
  ),
}).keepOpen()
export const volumeBacking: Element = element('backingStore', {
  path: leaf(absolutePath).must(),
  format: volumeFormat,
  permissions: child(storagePermissions),
  timestamps: child(volumeTimestamps),
}).keepOpen()
export const volumeExtent: Element = element('extent', { start: attr(amount).must(), end: attr(amount).must() })
export const volumeSourceDevice: Element = element('device', {
  path: attr(absolutePath).must(),
  extents: children(volumeExtent),
}).keepOpen()

export const storageVolume: Element = element('volume', {
  type: attr(except(oneOf('file', 'block', 'dir', 'network', 'netdir', 'ploop'), 'ploop'))
    .orEmpty()
    .bad(unsupported("unknown volume type '%s'")),
  name: leaf(volumeName).must(),
  key: leaf(text),
  source: child(element('source', { devices: children(volumeSourceDevice) })).if(
    (v: StorageVolume) => (v.source?.devices.length ?? 0) > 0,
  ),
  capacity: scaled(inBytes).bad('malformed capacity element'),
  physical: scaled(inBytes).when('live'),
  allocation: scaled(inBytes).bad('malformed capacity element'),
  target: child(volumeTarget).must(),
  backingStore: child(volumeBacking),
})
