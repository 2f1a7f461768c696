// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over what a disk may say: by its kind, its bus and its source.
import { ErrorNumber } from '@virt/core'
import type { Pass } from '../../runtime/context.js'
import type { Disk, DiskIotune, Domain, StorageSource } from '../types.gen.js'
import { pass } from './devices.js'
import { fail, internalError, unsupported, xmlError } from './report.js'
import { withoutVirtio } from './validate-virtio.js'

const printable = /^[\x20-\x7e]*$/

/** Totals, and the parts that each excludes. */
const totals = [
  ['bytes_sec', 'total_bytes_sec', 'read_bytes_sec', 'write_bytes_sec'],
  ['iops_sec', 'total_iops_sec', 'read_iops_sec', 'write_iops_sec'],
  ['bytes_sec_max', 'total_bytes_sec_max', 'read_bytes_sec_max', 'write_bytes_sec_max'],
  ['iops_sec_max', 'total_iops_sec_max', 'read_iops_sec_max', 'write_iops_sec_max'],
] as const

function checkTune(tune: DiskIotune): void {
  for (const [name, total, read, write] of totals)
    if ((tune[total] ?? 0n) !== 0n && ((tune[read] ?? 0n) !== 0n || (tune[write] ?? 0n) !== 0n))
      xmlError(`total and read/write ${name} cannot be set at the same time`)
}

const cookieName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const cookieValue = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/

function checkCookies(cookies: readonly { name?: string | undefined; value?: string | undefined }[]): void {
  const seen = new Set<string>()
  for (const { name, value } of cookies) {
    if (name === undefined || name === '') xmlError('missing cookie name')
    if (value === undefined) xmlError(`missing value for cookie '${name}'`)
    if (!cookieName.test(name)) xmlError(`cookie name '${name}' contains invalid characters`)
    // A value may stand in quotes.
    if (!cookieValue.test(/^"(.*)"$/.exec(value)?.[1] ?? value))
      xmlError(`value of cookie '${name}' contains invalid characters`)
    if (seen.has(name)) xmlError(`duplicate cookie '${name}'`)
    seen.add(name)
  }
}

function checkDataStore({ dataStore }: StorageSource, format: string | undefined): void {
  if (dataStore === undefined) return
  if (format !== 'qcow2') unsupported('<dataStore> feature available only with qcow2 images')
  if (dataStore.format?.type !== 'raw') unsupported("only 'raw' images supported as <dataStore>")
  if (dataStore.source.dataStore !== undefined)
    unsupported("The <source> of <dataStore> can't have another nested <dataStore> or <backingStore> element")
  if (dataStore.source.slices.length > 0) unsupported('slices are not supported for <dataStore>')
}

const withAuth: ReadonlySet<string | undefined> = new Set(['iscsi', 'rbd', 'ssh', 'http', 'https', 'ftp', 'ftps'])

function checkSource(disk: Disk): void {
  const { source } = disk
  if (source.type === 'network') {
    if (source.protocol === 'sheepdog')
      unsupported("'sheepdog' protocol is no longer supported by any hypervisor driver")
    if ((disk.auth ?? source.auth) !== undefined && !withAuth.has(source.protocol))
      unsupported(`authentication is not supported for protocol '${source.protocol}'`)
    checkCookies(source.cookies)
  }
  const encryption = disk.encryption ?? source.encryption
  if (encryption?.cipher !== undefined) unsupported('supplying <cipher> for domain disk definition is unnecessary')
  if (source.type === 'nvme' && source.namespace === 0n) unsupported("NVMe namespace can't be zero")
  checkDataStore(source, disk.driver?.type)
  if (source.type !== 'network' || source.protocol === 'rbd') return
  if (source.snapshot !== undefined) unsupported("<snapshot> element is currently supported only with 'rbd' disks")
  if (source.config !== undefined) unsupported("<config> element is currently supported only with 'rbd' disks")
}

/** What is given to the guest as a logical unit must be one. @throws VirtError */
function checkLun(disk: Disk): void {
  const { source, driver } = disk
  if (source.type === 'network') {
    if (source.protocol !== 'iscsi')
      unsupported(`disk device='lun' is not supported for protocol='${source.protocol ?? 'none'}'`)
  } else if (source.type !== 'block' && source.type !== 'volume')
    unsupported("disk device='lun' is only valid for block type disk source")
  if ((driver?.type ?? 'raw') !== 'raw') unsupported("disk device 'lun' must use 'raw' format")
  if (source.slices.length > 0) unsupported("disk device 'lun' doesn't support storage slice")
  if ((disk.encryption ?? source.encryption) !== undefined) unsupported("disk device 'lun' doesn't support encryption")
}

/** What only some kinds of disks have. */
function checkKind(disk: Disk): void {
  const { device, source } = disk
  const policy = source.startupPolicy
  if (policy !== undefined) {
    if (source.type === 'network')
      xmlError(`disk startupPolicy '${policy}' is not allowed for disk of '${source.type}' type`)
    if (device !== 'cdrom' && device !== 'floppy' && policy === 'requisite')
      xmlError("disk startupPolicy 'requisite' is allowed only for cdrom or floppy")
  }
  if (disk.sgio === 'unfiltered') unsupported('unfiltered sgio is no longer supported')
  if (device === 'lun') return
  if (source.reservations !== undefined) unsupported('<reservations/> allowed only for lun devices')
  if (disk.rawio !== undefined) unsupported("rawio can be used only with device='lun'")
  if (disk.sgio !== undefined && disk.sgio !== 'default') unsupported("sgio can be used only with device='lun'")
}

const onDrives: ReadonlySet<string | undefined> = new Set(['ide', 'fdc', 'scsi', 'sata'])

/** What only disks of some buses have. */
function checkBus({ target, address, model, driver }: Disk): void {
  const bus = target?.bus
  const where = address?.type ?? 'none'
  if (onDrives.has(bus) && where !== 'none' && where !== 'drive')
    unsupported(`Invalid address type '${where}' for the disk '${target?.dev ?? ''}' with the bus type '${bus}'`)
  if (bus === 'virtio') return
  if (model !== undefined) unsupported(`disk model '${model}' not supported for bus '${bus}'`)
  if (driver?.queues !== undefined && driver.queues !== 0)
    unsupported('queues attribute in disk driver element is only supported for virtio bus')
  if (driver?.queue_size !== undefined && driver.queue_size !== 0)
    unsupported('queue_size attribute in disk driver is only supported for virtio bus')
  if (driver?.event_idx !== undefined) unsupported('disk event_idx mode supported only for virtio bus')
  if (driver?.ioeventfd !== undefined) unsupported('disk ioeventfd mode supported only for virtio bus')
  withoutVirtio(driver)
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== 'default'

/** Names of what a disk that another process serves cannot have, and whether a disk has it. */
const notServed: readonly (readonly [what: string, has: (disk: Disk) => boolean])[] = [
  ['cache', ({ driver }) => isSet(driver?.cache)],
  ['error_policy', ({ driver }) => isSet(driver?.error_policy) || isSet(driver?.rerror_policy)],
  ['io', ({ driver }) => isSet(driver?.io)],
  ['ioeventfd', ({ driver }) => driver?.ioeventfd !== undefined],
  ['copy_on_read', ({ driver }) => driver?.copy_on_read !== undefined],
  ['discard', ({ driver }) => isSet(driver?.discard)],
  ['iothread', ({ driver }) => (driver?.iothread ?? 0) !== 0 || (driver?.iothreads.length ?? 0) > 0],
  ['detect_zeroes', ({ driver }) => isSet(driver?.detect_zeroes)],
  ['metadata_cache', ({ driver }) => driver?.metadata_cache !== undefined],
  ['iotune', ({ iotune }) => iotune !== undefined],
  ['backingStore', ({ backingStore }) => backingStore !== undefined],
  ['encryption', ({ encryption, source }) => (encryption ?? source.encryption) !== undefined],
  ['readonly', ({ readonly }) => readonly === true],
  ['shareable', ({ shareable }) => shareable === true],
  ['transient', ({ transient }) => transient !== undefined],
  ['serial', ({ serial }) => serial !== undefined],
  ['wwn', ({ wwn }) => wwn !== undefined],
  ['vendor', ({ vendor }) => vendor !== undefined],
  ['product', ({ product }) => product !== undefined],
  ['auth', ({ auth, source }) => (auth ?? source.auth) !== undefined],
  ['geometry', ({ geometry }) => geometry !== undefined],
  ['blockio', ({ blockio }) => blockio !== undefined],
]

function checkServed(disk: Disk): void {
  if (disk.source.type !== 'vhostuser') return
  if (disk.target?.bus !== 'virtio') unsupported('vhostuser disk supports only virtio bus')
  if (disk.snapshot !== undefined && disk.snapshot !== 'no')
    unsupported('only snapshot=no is supported with vhostuser disk')
  for (const [what, has] of notServed) if (has(disk)) unsupported(`${what} is not supported with vhostuser disk`)
}

const longest = { vendor: 8, product: 16 } as const

function checkForm(disk: Disk): void {
  const { device, target, driver } = disk
  const bus = target?.bus
  if (target?.tray === 'open' && device !== 'cdrom' && device !== 'floppy')
    unsupported('tray is only valid for cdrom and floppy')
  for (const what of ['vendor', 'product'] as const) {
    const text = disk[what]
    if (text === undefined) continue
    if (!printable.test(text)) unsupported(`disk ${what} is not printable string`)
    if (text.length > longest[what]) unsupported(`disk ${what} is more than ${longest[what]} characters`)
  }
  if (device === 'floppy') {
    if (bus !== 'fdc') internalError(`Invalid bus type '${bus}' for floppy disk`)
  } else if (bus === 'fdc') internalError(`Invalid bus type '${bus}' for disk`)
  if (target?.removable !== undefined && bus !== 'usb' && bus !== 'scsi')
    xmlError('removable is only valid for usb or scsi disks')
  if (driver?.discard_no_unref !== undefined) {
    if (driver.type !== 'qcow2') unsupported("'discard_no_unref' only works with qcow2 disk format")
    if (disk.readonly === true) unsupported("'discard_no_unref' is not compatible with read-only disk")
  }
  if ((driver?.iothread ?? 0) !== 0 && (driver?.iothreads.length ?? 0) > 0)
    xmlError("disk driver 'iothread' attribute can't be used together with 'iothreads' subelement")
}

const kinds = pass('kinds of disks', ({ devices }) => {
  for (const disk of devices?.disks ?? []) {
    checkSource(disk)
    if (disk.device === 'lun') checkLun(disk)
    checkKind(disk)
    checkBus(disk)
    checkServed(disk)
    checkForm(disk)
    if (disk.iotune) checkTune(disk.iotune)
    if (disk.throttlefilters.length > 0 && disk.device === 'cdrom')
      fail(ErrorNumber.OPERATION_UNSUPPORTED, "cdrom device with throttle filters isn't supported")
  }
})

export const diskKindRules: readonly Pass<Domain>[] = [kinds]
