// SPDX-License-Identifier: LGPL-2.1-or-later
// <disk>: drives of the guest.
import {
  attr,
  child,
  children,
  type Element,
  element,
  extension,
  type Field,
  type Fields,
  flag,
  leaf,
  only,
  tagOf,
  virtual,
  wrapped,
} from '../../lang/field.js'
import { except, form, genericName, wwn } from '../../lang/forms.js'
import { narrow, oneOf, onOff, text, uint, ulong, type Value, yesNo } from '../../lang/value.js'
import type { PrintContext, ReadContext } from '../../runtime/context.js'
import type { Disk, DiskBackingStore, DiskMirror, StorageSource } from '../types.gen.js'
import { deviceInfo, unsupported, virtioOptions } from './device.js'
import {
  storageAuth,
  storageEncryption,
  storageFormat,
  storageFormatElement,
  storageMetadataCache,
  storageSource,
  storageType,
} from './storage.js'

export const diskBus: Value = oneOf('none', 'ide', 'fdc', 'scsi', 'virtio', 'xen', 'usb', 'uml', 'sata', 'sd')
export const diskCache: Value = oneOf('default', 'none', 'writethrough', 'writeback', 'directsync', 'unsafe')

export const iothreadQueue: Element = element('queue', { id: attr(uint).required() })
/** An I/O thread that serves a device, and which of its queues. */
export const iothreadMapping: Element = element('iothread', {
  id: attr(uint).required(),
  queues: children(iothreadQueue),
})

export const diskDriver: Element = element('driver', {
  name: attr(genericName),
  type: attr(narrow(except(storageFormat, 'none', 'luks'), (format: string) => format !== 'luks'))
    .omit('none')
    .bad({ number: unsupported, message: "unknown driver format value '%s'" }),
  cache: attr(form(diskCache, /\s*\S+\s*/)).omit('default'),
  error_policy: attr(oneOf('default', 'stop', 'report', 'ignore', 'enospace')).omit('default'),
  rerror_policy: attr(oneOf('default', 'stop', 'report', 'ignore')).omit('default'),
  io: attr(oneOf('default', 'native', 'threads', 'io_uring')).omit('default'),
  ioeventfd: attr(onOff),
  event_idx: attr(onOff),
  copy_on_read: attr(onOff),
  discard: attr(oneOf('default', 'unmap', 'ignore')).omit('default'),
  iothread: attr(uint).omit(0),
  detect_zeroes: attr(oneOf('default', 'off', 'on', 'unmap')).omit('default'),
  queues: attr(uint).omit(0),
  queue_size: attr(uint).omit(0),
  discard_no_unref: attr(onOff),
  ...virtioOptions,
  metadata_cache: child(storageMetadataCache),
  iothreads: wrapped('iothreads', iothreadMapping),
})

const isSaid = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : value !== undefined)
const isPlace = ({ type, ...parts }: StorageSource): boolean => Object.values(parts).some(isSaid)

/** The next image of a chain; empty where the chain is known to end. */
export const diskBackingStore: Element = element('backingStore', {
  type: tagOf('source', 'type', storageType, storageSource).bad("unknown storage source type '%s'"),
  index: attr(uint).readWhen('live').omit(0),
  format: child(storageFormatElement),
  source: child(storageSource),
  backingStore: child(() => diskBackingStore),
  detected: virtual('boolean'),
})
  .finish((store: DiskBackingStore, context: ReadContext) => {
    if (store.source?.type === undefined) return
    if (store.format === undefined) context.fail('missing disk backing store format')
    if (!isPlace(store.source)) context.fail('missing disk backing store source')
  })
  .keepEmpty()
  .if((store: DiskBackingStore, context: PrintContext) => !(store.detected === true && context.has('inactive')))

/** A running copy of the disk. */
export const diskMirror: Element = element('mirror', {
  type: tagOf('source', 'type', storageType, storageSource).default('file'),
  file: attr(text),
  formatAttribute: attr(storageFormat).as('format'),
  job: attr(oneOf('copy', 'active-commit')).default('copy'),
  ready: attr(oneOf('yes', 'abort', 'pivot')),
  format: child(storageFormatElement),
  source: child(storageSource),
  backingStore: child(diskBackingStore),
}).finish((mirror: DiskMirror) => {
  if (mirror.source.type !== 'file' || mirror.job !== 'copy') return
  mirror.source.file ??= mirror.file
  mirror.file = mirror.source.file
  mirror.formatAttribute ??= mirror.format?.type
  if (mirror.formatAttribute !== undefined) mirror.format ??= { type: mirror.formatAttribute }
})

const limits = [
  'total_bytes_sec',
  'read_bytes_sec',
  'write_bytes_sec',
  'total_iops_sec',
  'read_iops_sec',
  'write_iops_sec',
]
const amount = (name: string): Fields => ({
  [name]: leaf(ulong).omit(0n).bad(`disk iotune field '${name}' must be an integer`),
})
const amounts = (suffix: string): Fields => Object.assign({}, ...limits.map((name) => amount(name + suffix)))

/** Limits of a device's throughput, in bytes and operations a second. */
export const iotune: Fields = {
  ...amounts(''),
  ...amounts('_max'),
  ...amount('size_iops_sec'),
  group_name: leaf(text),
  ...amounts('_max_length'),
}

export const diskIotune: Element = element('iotune', iotune)
const { group_name: groupName, ...groupLimits } = iotune
const throttles = Object.fromEntries(
  Object.keys(groupLimits).map((name) => [
    name,
    leaf(ulong).omit(0n).bad(`throttle group field '${name}' must be an integer`),
  ]),
)
export const throttleGroup: Element = element('throttlegroup', { ...throttles, group_name: groupName as Field })
export const throttleFilter: Element = element('throttlefilter', { group: attr(text).required() })

export const diskTarget: Element = element('target', {
  dev: attr(form(text, /(ioemu:)?(fd|hd|sd|vd|xvd|ubd)[a-zA-Z0-9_]+/)).must(),
  bus: attr(diskBus).omit('none'),
  tray: attr(oneOf('closed', 'open')).omit('closed'),
  removable: attr(onOff).if((target: { bus?: string }) => target.bus === 'usb'),
  rotation_rate: attr(uint).omit(0),
})

export const diskGeometry: Element = element('geometry', {
  cyls: attr(uint).must(),
  heads: attr(uint).must(),
  secs: attr(uint).must(),
  trans: attr(oneOf('default', 'none', 'auto', 'lba')).omit('default'),
})

export const diskBlockio: Element = element('blockio', {
  logical_block_size: attr(uint).omit(0),
  physical_block_size: attr(uint).omit(0),
  discard_granularity: attr(uint),
})

export const diskTransient: Element = element('transient', { shareBacking: attr(yesNo) }).keepEmpty()

const present = oneOf('true')
/** Which secrets the definition has on the disk itself, not on its source. */
export const diskSecretsPlacement: Element = element('diskSecretsPlacement', {
  auth: attr(present),
  enc: attr(present),
})
const secretsPlacement = ({ auth, encryption }: Disk): object | undefined =>
  auth || encryption ? { ...(auth ? { auth: 'true' } : {}), ...(encryption ? { enc: 'true' } : {}) } : undefined

export const disk: Element = element('disk', {
  type: tagOf('source', 'type', storageType, storageSource).default('file'),
  device: attr(oneOf('disk', 'cdrom', 'floppy', 'lun')).default('disk'),
  model: attr(oneOf('virtio', 'virtio-transitional', 'virtio-non-transitional')),
  rawio: attr(yesNo),
  sgio: attr(oneOf('default', 'filtered', 'unfiltered')).omit('default'),
  snapshot: attr(oneOf('no', 'internal', 'external', 'manual')).if(
    (disk: Disk) => !(disk.snapshot === 'no' && disk.readonly === true),
  ),
  driver: child(diskDriver),
  auth: child(storageAuth),
  source: child(storageSource),
  backingStore: child(diskBackingStore),
  backenddomain: only('name', text),
  geometry: child(diskGeometry),
  blockio: child(diskBlockio),
  mirror: child(diskMirror).when('live'),
  target: child(diskTarget).must(),
  iotune: child(diskIotune),
  throttlefilters: wrapped('throttlefilters', throttleFilter),
  readonly: flag(),
  shareable: flag(),
  transient: child(diskTransient),
  serial: leaf(form(text, /[A-Za-z0-9_.+\- ]+/)),
  wwn: leaf(wwn),
  vendor: leaf(form(text, /[ -~]{0,8}/)),
  product: leaf(form(text, /[ -~]{0,40}/)),
  encryption: child(storageEncryption),
  ...deviceInfo,
  privateData: extension('disk').when('status'),
  diskSecretsPlacement: child(diskSecretsPlacement).when('status').show(secretsPlacement),
}).strict(({ attributes, children }) => {
  const type = attributes.get('type') ?? 'file'
  if (attributes.get('device') === 'lun' && !['block', 'network', 'volume'].includes(type))
    return 'a lun is of type block, network or volume'
  if (type === 'network' && !children.has('source')) return 'source is missing'
  return children.has('throttlefilters') && children.has('iotune')
    ? 'throttlefilters and iotune exclude each other'
    : undefined
})

/** `<lease>`: a lock the guest holds on a lock space. */
export const lease: Element = element('lease', {
  lockspace: leaf(text),
  key: leaf(text).required("Missing 'key' element for lease"),
  target: child(element('target', { path: attr(text), offset: attr(ulong).omit(0n) })).required(
    "Missing 'target' element for lease",
  ),
})
