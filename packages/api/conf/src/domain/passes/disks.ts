// SPDX-License-Identifier: LGPL-2.1-or-later
// Disks: bus and drive address from the target's name, what read-only media are.
import { ErrorNumber } from '@virt/core'
import { isWwn } from '../../lang/forms.js'
import type { Pass } from '../../runtime/context.js'
import { hypertextProtocols, isEmptySource, webProtocols } from '../disk-source.js'
import type { Disk, DiskBus, Domain, StorageSource } from '../types.gen.js'
import { pass } from './devices.js'
import { fail, internalError, xmlError } from './report.js'

const prefixes = ['fd', 'hd', 'sd', 'vd', 'xvd', 'ubd'] as const
const busOfPrefix: Readonly<Record<(typeof prefixes)[number], DiskBus>> = {
  fd: 'fdc',
  hd: 'ide',
  sd: 'scsi',
  vd: 'virtio',
  xvd: 'xen',
  ubd: 'uml',
}

/** Index of a disk name (`sda` 0, `sdaa` 26); `undefined` when it is not one. Partition numbers are ignored. */
export function diskIndex(name: string): number | undefined {
  const prefix = prefixes.find((one) => name.startsWith(one))
  if (prefix === undefined) return undefined
  const match = /^([a-z]+)\d*$/.exec(name.slice(prefix.length))
  if (!match?.[1]) return undefined
  let index = -1
  for (const letter of match[1]) {
    index = (index + 1) * 26 + letter.charCodeAt(0) - 97
    if (index > 0x7fffffff) return undefined
  }
  return index
}

const narrow = 7

/** Drive address of a disk that has none: it follows from the target's name. */
export function assignDriveAddress(disk: Disk, wide: boolean): void {
  const name = disk.target?.dev
  const bus = disk.target?.bus
  const index = name === undefined ? undefined : diskIndex(name)
  if (index === undefined) {
    xmlError(`Unknown disk name '${name ?? ''}' and no address specified`)
  }
  const set = (controller: number, busNumber: number, unit: number) => {
    disk.address = { type: 'drive', controller, bus: busNumber, target: 0, unit }
  }
  if (bus === 'scsi') {
    if (wide) {
      // 16 units a bus, of which number 7 is the controller.
      const unit = index % 15
      set(Math.floor(index / 15), 0, unit >= 7 ? unit + 1 : unit)
    } else set(Math.floor(index / narrow), 0, index % narrow)
  } else if (bus === 'ide') set(Math.floor(index / 4), Math.floor((index % 4) / 2), index % 2)
  else if (bus === 'sata') set(Math.floor(index / 6), 0, index % 6)
  else if (bus === 'fdc') set(Math.floor(index / 2), 0, index % 2)
}

function emptyFile({ source }: Disk): Disk['source'] {
  const { startupPolicy } = source
  return { ...source, type: 'file', ...(startupPolicy === undefined ? {} : { startupPolicy }) } as Disk['source']
}

/** The bus of a disk, or the one its name speaks of. */
function busOf({ target, device }: Disk): DiskBus | undefined {
  if (target?.dev === undefined || target.bus !== undefined) return target?.bus
  if (device === 'floppy') return 'fdc'
  const prefix = prefixes.find((one) => target.dev?.startsWith(one))
  return prefix === undefined ? undefined : busOfPrefix[prefix]
}

/** What a disk's place among others depends on. */
interface Rank {
  bus: DiskBus | undefined
  index: number
}

function rankOf(disk: Disk): Rank {
  return { bus: busOf(disk), index: diskIndex(disk.target?.dev ?? '') ?? -1 }
}

function placeAmong(ranks: readonly Rank[], { bus, index }: Rank): number {
  let at = -1
  for (let i = ranks.length - 1; i >= 0; i--) {
    const other = ranks[i]
    if (other === undefined || other.bus !== bus) continue
    if (other.index > index) at = i
    else if (at === -1) at = i + 1
  }
  return at === -1 ? ranks.length : at
}

/** Where a disk belongs: disks of one bus stand together, by name, where the first of them stood. */
export function placeOfDisk(disks: readonly Disk[], disk: Disk): number {
  return placeAmong(disks.map(rankOf), rankOf(disk))
}

function sortDisks(disks: readonly Disk[]): Disk[] {
  const sorted: Disk[] = []
  const ranks: Rank[] = []
  for (const disk of disks) {
    // parity: what a name says of the bus is found out when the disks are in their order.
    const rank = { ...rankOf(disk), bus: disk.target?.bus }
    const at = placeAmong(ranks, rank)
    sorted.splice(at, 0, disk)
    ranks.splice(at, 0, rank)
  }
  return sorted
}

const defaults = pass('disks', (domain) => {
  if (domain.devices) domain.devices.disks = sortDisks(domain.devices.disks)
  for (const disk of domain.devices?.disks ?? []) {
    const target = disk.target
    if (target?.dev !== undefined) {
      const bus = busOf(disk)
      if (bus !== undefined) target.bus = bus
    }
    if (disk.device === 'cdrom') disk.readonly = true
    const { source } = disk
    if (source.type === 'volume' && source.pool === undefined) disk.source = emptyFile(disk)
    if (source.type === 'vhostuser') disk.snapshot = 'no'
    if (source.type === 'network') {
      // An empty drive of any kind is a drive without a file.
      if (source.protocol === undefined) disk.source = emptyFile(disk)
      else if (source.protocol === 'iscsi' && source.name !== undefined && !source.name.includes('/'))
        source.name += '/0'
    }
  }
})

const defaultPorts: Readonly<Record<string, string>> = {
  nbd: '10809',
  sheepdog: '7000',
  gluster: '24007',
  iscsi: '3260',
  http: '80',
  https: '443',
  ftp: '21',
  ftps: '990',
  tftp: '69',
  ssh: '22',
  vxhs: '9999',
}

/** What does not belong to a protocol is not read with it. */
function keepOwn(source: Extract<StorageSource, { type: 'network' }>, protocol: string): void {
  if (!hypertextProtocols.has(protocol)) source.cookies = []
  if (webProtocols.has(protocol)) return
  delete source.readahead
  delete source.timeout
}

/** Hosts reached by TCP have their protocol's usual port unless another is given. */
function completeSource(source: StorageSource): void {
  if (source.type !== 'network' || source.protocol === undefined) return
  keepOwn(source, source.protocol)
  const port = defaultPorts[source.protocol]
  if (port === undefined) return
  for (const host of source.hosts) if ((host.transport ?? 'tcp') === 'tcp') host.port ??= port
}

const sources = pass('storage sources', (domain) => {
  for (const disk of domain.devices?.disks ?? []) {
    completeSource(disk.source)
    if (disk.mirror) completeSource(disk.mirror.source)
    for (let store = disk.backingStore; store?.source; store = store.backingStore) completeSource(store.source)
  }
  for (const hostdev of domain.devices?.hostdevs ?? [])
    if (hostdev.type === 'scsi' && hostdev.source?.protocol === 'iscsi') {
      if (hostdev.source.name?.includes('/') === false) hostdev.source.name += '/0'
      for (const host of hostdev.source.hosts) host.port ??= '3260'
    }
  if (domain.os?.nvram?.source) completeSource(domain.os.nvram.source)
})

const addresses = pass('drive addresses', (domain, context) => {
  const wide = context.hooks.features?.has('wideScsi') === true
  for (const disk of domain.devices?.disks ?? []) {
    if (disk.address !== undefined && disk.address.type !== 'none') continue
    if (disk.target?.dev !== undefined) assignDriveAddress(disk, wide)
  }
})

/** Only drives for media may be without one. */
const missing = pass('disks without a source', ({ devices }) => {
  for (const { device, source, target } of devices?.disks ?? [])
    if (device === 'disk' && isEmptySource(source)) fail(ErrorNumber.NO_SOURCE, target?.dev ?? '')
})

const names = pass('world wide names of disks', ({ devices }) => {
  for (const { wwn } of devices?.disks ?? [])
    if (wwn !== undefined && !isWwn(wwn)) internalError(`Malformed wwn: ${wwn}`)
})

export const diskEarly: readonly Pass<Domain>[] = [missing, names]
export const diskPasses: readonly Pass<Domain>[] = [defaults, sources, addresses]
