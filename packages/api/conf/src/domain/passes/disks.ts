// SPDX-License-Identifier: LGPL-2.1-or-later
// Disks: bus and drive address from the target's name, what read-only media are.
import type { Pass } from '../../runtime/context.js'
import type { Disk, DiskBus, Domain } from '../types.gen.js'
import { pass } from './devices.js'
import { xmlError } from './report.js'

const prefixes = ['fd', 'hd', 'sd', 'vd', 'xvd', 'ubd'] as const
const busOfPrefix: Readonly<Record<(typeof prefixes)[number], DiskBus>> = {
  fd: 'fdc',
  hd: 'ide',
  sd: 'sata',
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

/** Name of the disk with an index. */
export function diskName(index: number, prefix: string): string {
  let name = ''
  for (let i = index; i >= 0; i = Math.floor(i / 26) - 1) name = String.fromCharCode(97 + (i % 26)) + name
  return prefix + name
}

const narrow = 7

/** Drive address of a disk that has none: it follows from the target's name. */
export function assignDriveAddress(disk: Disk, wide: boolean): void {
  const name = disk.target?.dev
  const bus = disk.target?.bus
  const index = name === undefined ? undefined : diskIndex(name)
  if (index === undefined) {
    if (bus !== 'ide' && bus !== 'scsi' && bus !== 'fdc' && bus !== 'sata') return
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

const defaults = pass('disks', (domain, context) => {
  for (const disk of domain.devices?.disks ?? []) {
    const target = disk.target
    if (target?.dev !== undefined) {
      if (target.bus === undefined) {
        if (disk.device === 'floppy') target.bus = 'fdc'
        else {
          const prefix = prefixes.find((one) => target.dev?.startsWith(one))
          const bus = prefix === undefined ? undefined : busOfPrefix[prefix]
          if (bus !== undefined) target.bus = bus
        }
      }
    }
    if (disk.device === 'cdrom') disk.readonly = true
    if (disk.device === 'floppy' || disk.device === 'cdrom') {
      if (target && context.has('inactive')) delete target.tray
    }
  }
})

const addresses = pass('drive addresses', (domain, context) => {
  const wide = context.hooks.features?.has('wideScsi') === true
  for (const disk of domain.devices?.disks ?? []) {
    if (disk.address !== undefined && disk.address.type !== 'none') continue
    if (disk.target?.dev !== undefined) assignDriveAddress(disk, wide)
  }
})

export const diskPasses: readonly Pass<Domain>[] = [defaults, addresses]
