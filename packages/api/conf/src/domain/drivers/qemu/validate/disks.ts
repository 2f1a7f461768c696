// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over disks of QEMU guests.
import type { Pass } from '../../../../runtime/context.js'
import { isEmptySource } from '../../../disk-source.js'
import { checkLunSource } from '../../../passes/validate-disks.js'
import type { Disk, Domain } from '../../../types.gen.js'
import type { QemuPass, QemuScope } from '../host.js'
import { internalError, unsupported } from '../report.js'
import { checkImage, imagesOf } from './storage.js'

function name({ target }: Disk): void {
  if (/\d$/.test(target?.dev ?? ''))
    unsupported(`invalid disk target '${target?.dev}', partitions can't appear in disk targets`)
}

/** What may be set of a disk's form on which bus. */
function form(disk: Disk): void {
  const bus = disk.target?.bus
  const { geometry } = disk
  if (geometry?.cyls && geometry.heads && geometry.secs && (bus === 'usb' || bus === 'sd'))
    unsupported(`CHS geometry can not be set for '${bus}' bus`)
  if (geometry?.trans !== undefined && geometry.trans !== 'default' && bus !== 'ide')
    unsupported(`CHS translation mode can only be set for 'ide' bus not '${bus}'`)
  if (disk.serial !== undefined && bus === 'sd') unsupported("Serial property not supported for drive bus 'sd'")
  if (disk.vendor !== undefined && bus !== 'scsi') unsupported("Only scsi disk supports 'vendor'")
  if (disk.product !== undefined && bus !== 'scsi' && bus !== 'ide' && bus !== 'sata')
    unsupported("Only scsi, ide and sata disks support 'product'")
  if (disk.wwn !== undefined && bus !== 'ide' && bus !== 'scsi' && bus !== 'sata')
    unsupported('Only ide and scsi disk support wwn')
  if (disk.target?.rotation_rate && bus !== 'ide' && bus !== 'scsi' && bus !== 'sata')
    unsupported('rotation rate is only valid for SCSI/IDE/SATA bus')
  if (disk.readonly === true && disk.device === 'disk') {
    if (bus === 'ide') unsupported('readonly ide disks are not supported')
    if (bus === 'sata') unsupported('readonly sata disks are not supported')
  }
}

function kind(disk: Disk, { caps }: QemuScope): void {
  const bus = disk.target?.bus
  if (disk.device === 'lun') {
    if (bus !== 'scsi' && bus !== 'virtio') unsupported(`disk device='lun' is not supported for bus='${bus}'`)
    checkLunSource(disk)
    if (bus === 'virtio' && !caps.has('virtio-blk-pci.scsi'))
      unsupported("This QEMU doesn't support SCSI emulation with 'virtio-blk' device")
    const format = disk.driver?.type ?? 'raw'
    if (format !== 'raw') unsupported(`disk device 'lun' using target '${disk.target?.dev}' must use 'raw' format`)
  }
  if (disk.device === 'cdrom' && bus === 'virtio')
    unsupported(`disk type '${bus}' of '${disk.target?.dev}' does not support ejectable media`)
  if ((bus === 'usb' || bus === 'virtio' || bus === 'sd') && isEmptySource(disk.source))
    unsupported(`'${bus}' disk must not be empty`)
}

/** Where on its bus a drive may be. */
function place({ target, address }: Disk): void {
  const bus = target?.bus
  if (bus === 'usb') {
    if (address !== undefined && address.type !== 'none' && address.type !== 'usb')
      internalError('unexpected address type for usb disk')
    return
  }
  if (bus !== 'scsi' && bus !== 'ide' && bus !== 'fdc' && bus !== 'sata') return
  if (address?.type !== 'drive') return
  const { controller = 0, bus: number = 0, target: id = 0 } = address
  switch (bus) {
    case 'scsi':
      // A bus of its own would be another controller.
      if (number !== 0) internalError('SCSI controller only supports 1 bus')
      return
    case 'ide':
      if (controller !== 0) internalError('Only 1 IDE controller is supported')
      return
    case 'fdc':
      if (controller !== 0) internalError('Only 1 fdc controller is supported')
      if (number !== 0) internalError('Only 1 fdc bus is supported')
      if (id !== 0) internalError('target must be 0 for controller fdc')
      return
    case 'sata':
      if (number !== 0) internalError('SATA controller only supports 1 bus')
      if (id !== 0) internalError('target must be 0 for ide controller')
  }
}

function driver(disk: Disk, domain: Domain): void {
  const { driver, device, target } = disk
  const bus = target?.bus
  if (driver?.copy_on_read === true) {
    if (disk.readonly === true) unsupported(`copy_on_read is not compatible with read-only disk '${target?.dev}'`)
    if (device === 'cdrom' || device === 'floppy')
      unsupported(`copy_on_read is not supported with removable disk '${target?.dev}'`)
  }
  if (driver?.discard_no_unref !== undefined && driver.type !== 'qcow2')
    unsupported("'discard_no_unref' only works with qcow2 disk format")
  const threads = [
    ...(driver?.iothread === undefined ? [] : [driver.iothread]),
    ...(driver?.iothreads ?? []).map(({ id }) => id),
  ]
  if (threads.length > 0 && bus !== 'virtio')
    unsupported(`IOThreads not available for bus ${bus} target ${target?.dev}`)
  for (const id of threads)
    if (!domain.iothreadids.some((one) => one.id === id)) unsupported(`Disk iothread '${id}' not defined in iothreadid`)
}

function transient(disk: Disk): void {
  if (!disk.transient) return
  const dev = disk.target?.dev
  if (isEmptySource(disk.source)) unsupported('transient disk must not be empty')
  if (disk.readonly === true) unsupported(`disk '${dev}' is read-only and can't be transient`)
  if (disk.source.type !== 'file' && disk.source.type !== 'block')
    unsupported('transient disk supported only with local sources')
}

function disks(domain: Domain, scope: QemuScope): void {
  for (const disk of domain.devices?.disks ?? []) {
    name(disk)
    form(disk)
    kind(disk, scope)
    place(disk)
    driver(disk, domain)
    transient(disk)
    for (const image of imagesOf(disk)) checkImage(image, scope.caps)
  }
}

/** Rules over disks. */
export function diskRules(pass: QemuPass): readonly Pass<Domain>[] {
  return [pass('disk rules', disks)]
}
