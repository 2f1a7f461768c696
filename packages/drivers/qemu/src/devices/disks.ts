// SPDX-License-Identifier: LGPL-2.1-or-later
// Disks: the nodes of their images, and the device that the guest sees.
import type { BootDevice, Disk } from '@virt/conf'
import { addressProps, virtioDriver, virtioProps } from '../command/address.js'
import { hasBuiltinIde } from '../command/aliases.js'
import type { Build } from '../command/build.js'
import { isPpc64, isQ35, machineOf } from '../command/machine.js'
import { listProps, onOff, type Props } from '../command/props.js'
import { configUnsupported, internalError } from '../errors.js'
import { BootOrder } from './boot-order.js'
import { reconnectProps } from './chardevs.js'
import { threadMapping } from './controllers.js'
import { driveText } from './drive.js'
import { dataImage, type Image, imagesOf } from './image.js'
import { scsiPlace } from './scsi.js'
import { effectiveNode, type HasFlags, type ImageParts, imageNode, imageParts, writeCache } from './storage.js'
import { managedHelper } from './storage-objects.js'
import { throttleId, throttleObject } from './throttle-groups.js'

const bootKinds: Readonly<Record<Disk['device'], BootDevice>> = { disk: 'hd', lun: 'hd', cdrom: 'cdrom', floppy: 'fd' }

/** Whether a drive has no medium. */
export function isEmpty({ source }: Disk): boolean {
  switch (source.type) {
    case 'none':
      return true
    case 'file':
      return source.file === undefined && source.fdgroup === undefined
    case 'block':
      return source.dev === undefined
    case 'dir':
      return source.dir === undefined
    default:
      return false
  }
}

/** Name of a SCSI disk towards the guest that outlasts its serial number. */
function scsiDriver(disk: Disk): string {
  if (disk.device === 'cdrom') return 'scsi-cd'
  return disk.device === 'lun' ? 'scsi-block' : 'scsi-hd'
}

function scsiProps(build: Build, disk: Disk): Props {
  const device_id = disk.device === 'lun' ? undefined : (disk.serial ?? `drive-${disk.alias}`)
  return { driver: scsiDriver(disk), ...scsiPlace(build, disk.address), device_id }
}

/** The bus of a controller; that of one that is part of the machine is called as QEMU calls it, whatever users do. */
function driveBus(build: Build, type: 'ide' | 'sata', index: number): string {
  const builtin = type === 'ide' ? hasBuiltinIde(build.domain) : isQ35(build.domain)
  if (index === 0 && builtin) return 'ide'
  return build.controller(type, index)?.alias ?? `${type}${index}`
}

function ideProps(build: Build, disk: Disk): Props {
  if (disk.address?.type !== 'drive') throw internalError('IDE disk without drive address')
  const { controller = 0, bus = 0, unit = 0 } = disk.address
  const driver = disk.device === 'cdrom' ? 'ide-cd' : 'ide-hd'
  const alias = driveBus(build, disk.target?.bus === 'sata' ? 'sata' : 'ide', controller)
  if (disk.target?.bus === 'sata') return { driver, bus: `${alias}.${unit}` }
  return { driver, bus: `${alias}.${bus}`, unit }
}

function virtioDiskProps(build: Build, disk: Disk): Props {
  const { driver, device, source } = disk
  const user = source.type === 'vhostuser'
  const name = user ? virtioDriver(build, 'vhost-user-blk', disk) : virtioDriver(build, 'virtio-blk', disk, disk.model)
  const scsi = build.has('virtio-blk-pci.scsi') && !build.has('virtio-blk-pci.scsi.default.disabled')
  return {
    driver: name,
    ...virtioProps(driver),
    scsi: device === 'lun' ? true : scsi && !user ? false : undefined,
    iothread: driver?.iothread ? `iothread${driver.iothread}` : undefined,
    ioeventfd: driver?.ioeventfd,
    event_idx: driver?.event_idx,
    'num-queues': driver?.queues || undefined,
    'queue-size': driver?.queue_size || undefined,
    'iothread-vq-mapping': threadMapping(driver?.iothreads ?? []),
    ...addressProps(build, disk),
  }
}

/** What the disk is to the guest, and where. */
function placeProps(build: Build, disk: Disk): Props {
  switch (disk.target?.bus) {
    case 'virtio':
      return virtioDiskProps(build, disk)
    case 'scsi':
      return scsiProps(build, disk)
    case 'ide':
    case 'sata':
      return ideProps(build, disk)
    case 'usb':
      return { driver: 'usb-storage', ...addressProps(build, disk) }
    case 'fdc': {
      const unit = disk.address?.type === 'drive' ? (disk.address.unit ?? 0) : 0
      return { driver: 'floppy', unit }
    }
    default:
      throw internalError(`unsupported disk bus '${disk.target?.bus ?? 'none'}' with device setup`)
  }
}

const policies: Readonly<Record<string, string | undefined>> = {
  stop: 'stop',
  report: 'report',
  ignore: 'ignore',
  enospace: 'enospc',
}

function errorProps({ driver }: Disk): Props {
  const werror = policies[driver?.error_policy ?? '']
  const own = policies[driver?.rerror_policy ?? '']
  // A full disk concerns writing only.
  return { werror, rerror: own ?? (werror === 'enospc' ? undefined : werror) }
}

/** The device. */
export function diskProps(build: Build, disk: Disk, drive: string | undefined, bootindex: number | undefined): Props {
  const { blockio, geometry, target } = disk
  const floppy = target?.bus === 'fdc'
  const bus = target?.bus
  const removable = bus === 'usb' || (bus === 'scsi' && target?.removable !== undefined)
  const user = disk.source.type === 'vhostuser'
  return {
    ...placeProps(build, disk),
    'share-rw': disk.shareable === true ? true : undefined,
    ...(user ? { chardev: `chr-vu-${disk.alias}` } : { drive }),
    id: disk.alias,
    bootindex: floppy ? undefined : bootindex,
    loadparm: build.loadparm(disk.boot?.loadparm),
    logical_block_size: blockio?.logical_block_size,
    physical_block_size: blockio?.physical_block_size,
    discard_granularity: blockio?.discard_granularity,
    wwn: disk.wwn === undefined ? undefined : BigInt(`0x${disk.wwn.replace(/^0x/, '')}`),
    rotation_rate: target?.rotation_rate === 0 ? undefined : target?.rotation_rate,
    vendor: disk.vendor,
    ...(bus === 'scsi' ? { product: disk.product } : { model: disk.product }),
    removable: removable ? (target?.removable ?? false) : undefined,
    'write-cache': user || disk.device === 'lun' ? undefined : onOff(writeCache(disk.driver)),
    cyls: geometry?.cyls,
    heads: geometry?.heads,
    secs: geometry?.secs,
    'bios-chs-trans': geometry?.trans === 'default' ? undefined : geometry?.trans,
    // parity: blanks of serial numbers are quoted.
    serial: bus === 'scsi' && disk.device === 'lun' ? undefined : disk.serial?.replaceAll(' ', '\\ '),
    ...(user ? {} : errorProps(disk)),
  }
}

/** Name of the node that copies what is read from a slower image. */
function copyOnRead({ driver, target }: Disk): string | undefined {
  return driver?.copy_on_read === true ? `libvirt-CoR-${target?.dev}` : undefined
}

/** The last number of a node of a chain. */
function lastNumber(images: readonly Image[]): number {
  return Math.max(...images.flatMap((image) => [image.index, dataImage(image)?.index ?? 0]))
}

/** Nodes that slow a disk down, from what is below them up; their numbers follow those of its chain. */
function throttleNodes(disk: Disk, file: string, last: number): { nodes: Props[]; top: string } {
  let top = file
  const nodes = disk.throttlefilters.map(({ group }, i): Props => {
    const below = top
    top = `libvirt-${last + i + 1}-filter`
    return { driver: 'throttle', 'node-name': top, 'throttle-group': throttleId(group), file: below }
  })
  return { nodes, top }
}

/** What of a disk comes before its device, lowest first, and the node that the device uses. */
export interface DiskParts {
  readonly images: readonly ImageParts[]
  readonly drive: string | undefined
}

export function diskParts(build: Build, disk: Disk): DiskParts {
  if (isEmpty(disk) || disk.source.type === 'vhostuser') return { images: [], drive: undefined }
  const { images, ends } = imagesOf(disk)
  const parts: ImageParts[] = []
  for (let i = images.length - 1; i >= 0; i--) {
    const below = images[i + 1]
    const last = i === images.length - 1
    const backing = below === undefined ? (last && ends ? null : undefined) : effectiveNode(build, below)
    parts.push(imageParts(build, images[i] as Image, backing))
  }
  const image = effectiveNode(build, images[0] as Image)
  const copier = copyOnRead(disk)
  const filters = throttleNodes(disk, copier ?? image, lastNumber(images))
  const nodes: Props[] =
    copier === undefined ? [] : [{ driver: 'copy-on-read', 'node-name': copier, file: image, discard: 'unmap' }]
  return { images: [...parts, { objects: [], nodes: [...nodes, ...filters.nodes] }], drive: filters.top }
}

/** The node of a running guest's disk that its device uses, and the one of the image below it. */
export function nodesOfDisk(build: HasFlags, disk: Disk): { readonly device: string; readonly image: string } {
  const { images } = imagesOf(disk)
  const image = imageNode(build, images[0] as Image)
  return { device: throttleNodes(disk, copyOnRead(disk) ?? image, lastNumber(images)).top, image }
}

/** Limits that disks share. */
export function throttleGroups(build: Build): void {
  for (const group of build.domain.throttlegroups) build.object(throttleObject(group))
}

/** The helper that keeps reservations of SCSI disks. */
export function reservations(build: Build): void {
  const asks = (build.domain.devices?.disks ?? []).some((disk) =>
    imagesOf(disk).images.some(({ source }) => source.reservations?.managed === true),
  )
  if (!asks) return
  const path = `${build.context.paths.lib}/${managedHelper}.sock`
  build.object({ 'qom-type': 'pr-manager-helper', id: managedHelper, path })
}

/** Disks. The floppy controller comes before them, as QEMU's boards have it. */
export function disks(build: Build): void {
  const { domain } = build
  const boots = new BootOrder(domain)
  const all = (domain.devices?.disks ?? []).map((disk) => ({
    disk,
    bootindex: boots.take(bootKinds[disk.device], disk.boot?.order),
  }))
  floppyDrives(build, all)
  for (const { disk, bootindex } of all) {
    // One that shares what is below it is plugged in later, with an image of its own on top.
    if (disk.transient?.shareBacking === true) continue
    if (disk.target?.bus === 'sd') {
      build.add('-drive', driveText(build, disk))
      continue
    }
    const { images, drive } = diskParts(build, disk)
    for (const { objects, nodes } of images) {
      for (const object of objects) build.object(object)
      for (const node of nodes) build.json('-blockdev', node)
    }
    vhostUserSocket(build, disk)
    build.device(diskProps(build, disk, drive, bootindex), disk)
  }
}

/** Where the program that serves a disk listens. */
function vhostUserSocket(build: Build, { source, alias }: Disk): void {
  if (source.type !== 'vhostuser') return
  const { path, reconnect } = source
  build.add('-chardev', listProps('socket', { id: `chr-vu-${alias}`, path, ...reconnectProps(build, reconnect) }))
}

/** What the floppy controller boots from, and the controller itself on machines that have none. */
/** @throws VirtError where the machine has no bus for them */
function checkFloppies(build: Build): void {
  const { machine } = machineOf(build.domain)
  if (isPpc64(build.domain) && machine.startsWith('pseries'))
    throw configUnsupported('PowerPC pseries machines do not support floppy device')
}

function floppyDrives(
  build: Build,
  all: readonly { readonly disk: Disk; readonly bootindex: number | undefined }[],
): void {
  const floppies = all.filter(({ disk }) => disk.target?.bus === 'fdc')
  const orders: Record<string, number> = {}
  for (const { disk, bootindex } of floppies) {
    const unit = disk.address?.type === 'drive' ? (disk.address.unit ?? 0) : 0
    if (bootindex !== undefined) orders[`bootindex${unit === 0 ? 'A' : 'B'}`] = bootindex
  }
  if (floppies.length === 0) return
  checkFloppies(build)
  if (needsFloppyController(build.domain)) {
    build.device({ driver: 'isa-fdc', ...orders })
    return
  }
  for (const [property, value] of Object.entries(orders)) build.global('isa-fdc', property, value)
}

/** Newer Q35 machines have no floppy controller of their own. */
function needsFloppyController(domain: Build['domain']): boolean {
  return isQ35(domain) && !/^pc-q35-(?:1\.|2\.[0-3]$)/.test(machineOf(domain).machine)
}
