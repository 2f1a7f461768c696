// SPDX-License-Identifier: LGPL-2.1-or-later
// Disks: the nodes of their images, and the device that the guest sees.
import type { BootDevice, Disk, Domain } from '@virt/conf'
import { addressProps, virtioDriver, virtioProps } from '../command/address.js'
import type { Build } from '../command/build.js'
import { isQ35 } from '../command/machine.js'
import type { Props } from '../command/props.js'
import { configUnsupported, internalError } from '../errors.js'
import { threadMapping } from './controllers.js'
import { effectiveNode, type Image, imageNodes, imagesOf, writeCache } from './storage.js'

/** Gives devices their place in the order of booting, where `<os>` says which kinds come when. */
export class BootOrder {
  readonly #places: Map<BootDevice, number>

  constructor({ os }: Domain) {
    this.#places = new Map((os?.boots ?? []).map(({ dev }, i) => [dev, i + 1]))
  }

  /** The place of a device: its own, or that of its kind, which goes to the first that asks. */
  take(kind: BootDevice, own: number | undefined): number | undefined {
    if (own !== undefined) return own
    const place = this.#places.get(kind)
    this.#places.delete(kind)
    return place
  }
}

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

const narrow: ReadonlySet<string> = new Set(['lsilogic', 'am53c974', 'dc390'])

function scsiProps(build: Build, disk: Disk): Props {
  if (disk.address?.type !== 'drive') throw internalError('SCSI disk without drive address')
  const { controller = 0, bus = 0, target = 0, unit = 0 } = disk.address
  const own = build.controller('scsi', controller)
  const driver = scsiDriver(disk)
  const device_id = disk.device === 'lun' ? undefined : (disk.serial ?? `drive-${disk.alias}`)
  if (narrow.has(own?.model ?? '')) return { driver, bus: `${own?.alias}.${bus}`, 'scsi-id': unit, device_id }
  return { driver, bus: `${own?.alias}.0`, channel: bus, 'scsi-id': target, lun: unit, device_id }
}

function ideProps(build: Build, disk: Disk): Props {
  if (disk.address?.type !== 'drive') throw internalError('IDE disk without drive address')
  const { controller = 0, bus = 0, unit = 0 } = disk.address
  const driver = disk.device === 'cdrom' ? 'ide-cd' : 'ide-hd'
  const alias = build.controller(disk.target?.bus === 'sata' ? 'sata' : 'ide', controller)?.alias ?? 'ide'
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
    iothread: driver?.iothread === undefined ? undefined : `iothread${driver.iothread}`,
    ioeventfd: driver?.ioeventfd,
    event_idx: driver?.event_idx,
    'num-queues': driver?.queues,
    'queue-size': driver?.queue_size,
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
      throw configUnsupported(`unsupported disk bus '${disk.target?.bus ?? 'none'}' with device setup`)
  }
}

const onOff = (value: boolean | undefined): string | undefined =>
  value === undefined ? undefined : value ? 'on' : 'off'

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
    loadparm: disk.boot?.loadparm,
    logical_block_size: blockio?.logical_block_size,
    physical_block_size: blockio?.physical_block_size,
    discard_granularity: blockio?.discard_granularity,
    wwn: disk.wwn === undefined ? undefined : BigInt(`0x${disk.wwn.replace(/^0x/, '')}`),
    removable: removable ? (target?.removable ?? false) : undefined,
    vendor: disk.vendor,
    ...(bus === 'scsi' ? { product: disk.product } : { model: disk.product }),
    cyls: geometry?.cyls,
    heads: geometry?.heads,
    secs: geometry?.secs,
    'bios-chs-trans': geometry?.trans === 'default' ? undefined : geometry?.trans,
    'write-cache': user || disk.device === 'lun' ? undefined : onOff(writeCache(disk.driver)),
    serial: bus === 'scsi' && disk.device === 'lun' ? undefined : disk.serial,
    ...(user ? {} : errorProps(disk)),
  }
}

/** Name of the node that copies what is read from a slower image. */
function copyOnRead({ driver, target }: Disk): string | undefined {
  return driver?.copy_on_read === true ? `libvirt-CoR-${target?.dev}` : undefined
}

/** The nodes of a disk, lowest first, and the one that the device uses. */
export function diskNodes(build: Build, disk: Disk): { nodes: Props[]; drive: string | undefined } {
  if (isEmpty(disk)) return { nodes: [], drive: undefined }
  const { images, ends } = imagesOf(disk)
  const nodes: Props[] = []
  for (let i = images.length - 1; i >= 0; i--) {
    const below = images[i + 1]
    const last = i === images.length - 1
    nodes.push(
      ...imageNodes(
        build,
        images[i] as Image,
        below === undefined ? (last && ends ? null : undefined) : effectiveNode(build, below),
      ),
    )
  }
  const top = effectiveNode(build, images[0] as Image)
  const copier = copyOnRead(disk)
  if (copier === undefined) return { nodes, drive: top }
  nodes.push({ driver: 'copy-on-read', 'node-name': copier, file: top, discard: 'unmap' })
  return { nodes, drive: copier }
}

/** Disks, and the controller that floppy drives need on newer machines. */
export function disks(build: Build): void {
  const { domain } = build
  const boots = new BootOrder(domain)
  const floppies: Record<string, number> = {}
  for (const disk of domain.devices?.disks ?? []) {
    const bootindex = boots.take(bootKinds[disk.device], disk.boot?.order)
    const { nodes, drive } = diskNodes(build, disk)
    for (const node of nodes) build.json('-blockdev', node)
    if (disk.target?.bus === 'fdc' && bootindex !== undefined) {
      const unit = disk.address?.type === 'drive' ? (disk.address.unit ?? 0) : 0
      floppies[unit === 0 ? 'A' : 'B'] = bootindex
    }
    if (disk.target?.bus === 'fdc' && isQ35(domain) && !build.args.includes('isa-fdc')) floppyController(build)
    build.device(diskProps(build, disk, drive, bootindex), disk)
  }
  for (const [drive, bootindex] of Object.entries(floppies)) build.global('isa-fdc', `bootindex${drive}`, bootindex)
}

function floppyController(build: Build): void {
  if (build.args.some((arg) => arg.includes('"isa-fdc"'))) return
  build.device({ driver: 'isa-fdc' })
}
