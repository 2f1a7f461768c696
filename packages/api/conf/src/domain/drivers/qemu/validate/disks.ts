// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over disks of QEMU guests.
import type { Pass } from '../../../../runtime/context.js'
import { isEmptySource } from '../../../disk-source.js'
import type { Disk, Domain } from '../../../types.gen.js'
import type { QemuPass, QemuScope } from '../host.js'
import { hasSharedMemory } from '../machine.js'
import { internalError, unsupported } from '../report.js'
import { checkThread, checkThreadMapping } from './iothreads.js'
import { checkImage, imagesOf } from './storage.js'
import { checkTunes } from './throttling.js'

const drives: ReadonlySet<string | undefined> = new Set(['ide', 'scsi', 'sata'])

/** What may be set of a disk's form on which bus. */
function form(disk: Disk, { caps }: QemuScope): void {
  const bus = disk.target?.bus
  const dev = disk.target?.dev
  const { geometry, driver, device } = disk
  if (geometry?.cyls && geometry.heads && geometry.secs && (bus === 'usb' || bus === 'sd'))
    unsupported(`CHS geometry can not be set for '${bus}' bus`)
  if (geometry?.trans !== undefined && geometry.trans !== 'default' && bus !== 'ide')
    unsupported(`CHS translation mode can only be set for 'ide' bus not '${bus}'`)
  if (disk.serial !== undefined && bus === 'sd') unsupported(`Serial property not supported for drive bus '${bus}'`)
  if (device === 'cdrom' && (bus === 'virtio' || bus === 'sd'))
    unsupported(`disk type of '${dev}' does not support ejectable media`)
  if (driver?.copy_on_read === true) {
    if (disk.readonly === true) unsupported(`copy_on_read is not compatible with read-only disk '${dev}'`)
    if (device === 'cdrom' || device === 'floppy')
      unsupported(`copy_on_read is not supported with removable disk '${dev}'`)
  }
  if (disk.wwn !== undefined && !drives.has(bus)) unsupported('Only ide and scsi disk support wwn')
  if (disk.vendor !== undefined && bus !== 'scsi') unsupported("Only scsi disk supports 'vendor'")
  if (disk.product !== undefined && !drives.has(bus)) unsupported("Only ide, sata and scsi disk supports 'product'")
  if (device === 'lun') lun(disk, caps.has('virtio-blk-pci.scsi'))
  if (disk.target?.rotation_rate) {
    if (!drives.has(bus)) internalError('rotation rate is only valid for SCSI/IDE/SATA bus')
    if (device !== 'disk') internalError('rotation rate is only valid for disk device')
  }
}

function lun(disk: Disk, virtioScsi: boolean): void {
  const bus = disk.target?.bus
  if (bus === 'virtio') {
    if (!virtioScsi) unsupported("This QEMU doesn't support SCSI emulation with 'virtio-blk' device")
  } else if (bus !== 'scsi') unsupported(`disk device='lun' is not supported for bus='${bus}'`)
  if (disk.driver?.copy_on_read === true)
    unsupported(`copy_on_read is not compatible with 'lun' disk '${disk.target?.dev}'`)
  if (disk.wwn !== undefined) unsupported('Setting wwn is not supported for lun device')
  if (disk.vendor !== undefined || disk.product !== undefined)
    unsupported('Setting vendor or product is not supported for lun device')
}

/** Where a disk may be. */
function place({ target, address }: Disk): void {
  const bus = target?.bus
  const where = address?.type ?? 'none'
  if (bus === 'usb' && where !== 'none' && where !== 'usb') internalError('unexpected address type for usb disk')
  if (address?.type !== 'drive') return
  const { controller = 0, bus: number = 0, target: id = 0 } = address
  switch (bus) {
    case 'scsi':
      // A bus of its own would be another controller.
      if (number !== 0) internalError('SCSI controller only supports 1 bus')
      return
    case 'ide':
      if (controller !== 0) internalError('Only 1 IDE controller is supported')
      if (id !== 0) unsupported('target must be 0 for ide controller')
      return
    case 'fdc':
      if (controller !== 0) internalError('Only 1 fdc controller is supported')
      if (number !== 0) internalError('Only 1 fdc bus is supported')
      if (id !== 0) unsupported('target must be 0 for controller fdc')
      return
    case 'sata':
      if (number !== 0) unsupported('bus must be 0 for sata controller')
      if (id !== 0) unsupported('target must be 0 for sata controller')
  }
}

const serials = /^[a-zA-Z0-9\-_ .+]*$/

function drive(disk: Disk, domain: Domain, { caps }: QemuScope): void {
  const { driver, target, source } = disk
  const bus = target?.bus
  if (disk.readonly === true && disk.device === 'disk' && (bus === 'ide' || bus === 'sata'))
    unsupported(`readonly ${bus} disks are not supported`)
  if (driver?.io === 'native' && driver.cache !== 'none' && driver.cache !== 'directsync')
    unsupported("io='native' needs either no disk cache or directsync cache mode")
  if (driver?.discard_no_unref !== undefined && !caps.has('qcow2-discard-no-unref'))
    unsupported("'discard_no_unref' is not supported by this QEMU binary")
  if (driver?.io === 'io_uring' && !caps.has('aio.io_uring'))
    unsupported('io uring is not supported by this QEMU binary')
  if (disk.serial !== undefined) {
    if (disk.device === 'lun' && bus === 'scsi')
      unsupported("scsi-block 'lun' devices do not support the serial property")
    if (!serials.test(disk.serial)) unsupported(`driver serial '${disk.serial}' contains unsafe characters`)
  }
  if (driver) threads(disk, domain, caps.has('virtio-blk.iothread-mapping'))
  if ((bus === 'usb' || bus === 'virtio' || bus === 'sd') && isEmptySource(source))
    unsupported(`'${bus}' disk must not be empty`)
}

function threads({ driver, target }: Disk, domain: Domain, mappable: boolean): void {
  const mapping = driver?.iothreads ?? []
  const one = driver?.iothread ?? 0
  if (one === 0 && mapping.length === 0) return
  if (target?.bus !== 'virtio') unsupported(`IOThreads not available for bus ${target?.bus} target ${target?.dev}`)
  if (mapping.length > 0 && !mappable)
    unsupported(`IOThread mapping for disk '${target.dev}' is not available with this QEMU binary`)
  checkThreadMapping(domain, mapping, driver?.queues ?? 0)
  checkThread(domain, one, 'Disk')
}

const backed: ReadonlySet<string | undefined> = new Set(['usb', 'virtio', 'scsi'])

function transient(disk: Disk): void {
  if (!disk.transient) return
  const { target, source, device } = disk
  if (isEmptySource(source)) unsupported(`transient disk '${target?.dev}' must not be empty`)
  if (disk.readonly === true) unsupported(`transient disk '${target?.dev}' must not be read-only`)
  if (source.type !== 'file') unsupported(`transient disk supported only with 'file' type (${target?.dev})`)
  if (device !== 'disk') unsupported(`transient disk supported only with 'disk' device (${target?.dev})`)
  if (disk.transient.shareBacking === true && !backed.has(target?.bus))
    unsupported(`disk bus '${target?.bus}' doesn't support transiend disk backing image sharing`)
}

/** Formats in which several may write to one image. */
const shareable: ReadonlySet<string> = new Set(['raw', 'luks', 'none'])

function whole(disk: Disk, domain: Domain): void {
  const { driver, target } = disk
  if (driver?.name !== undefined && driver.name !== 'qemu')
    unsupported(`unsupported driver name '${driver.name}' for disk '${target?.dev}'`)
  if (disk.shareable === true && disk.readonly !== true && !shareable.has(driver?.type ?? 'raw'))
    unsupported(`shared access for disk '${target?.dev}' requires use of supported storage format`)
  if (/\d$/.test(target?.dev ?? ''))
    unsupported(`invalid disk target '${target?.dev}', partitions can't appear in disk targets`)
  const { type } = disk.source
  if ((type === 'vhostuser' || type === 'vhostvdpa') && !hasSharedMemory(domain))
    unsupported(`'${type}' requires shared memory`)
}

function disks(domain: Domain, scope: QemuScope): void {
  for (const disk of domain.devices?.disks ?? []) {
    form(disk, scope)
    place(disk)
    drive(disk, domain, scope)
    checkTunes(disk, domain)
    transient(disk)
    whole(disk, domain)
    for (const image of imagesOf(disk)) checkImage(image, scope.caps)
  }
}

/** Rules over disks. */
export function diskRules(pass: QemuPass): readonly Pass<Domain>[] {
  return [pass('disk rules', disks)]
}
