// SPDX-License-Identifier: LGPL-2.1-or-later
// What only a guest's document tells: its title, its disks and interfaces.
import { type Disk, type Domain as DomainDocument, domain, type Interface } from '@virt/conf'
import { type Guest, type GuestDisk, type GuestInterface, idleDisk, idleInterface } from './guest.js'
import { Numbers } from './numbers.js'

interface Numbering {
  disks: Numbers
  interfaces: Numbers
}
const numberings = new WeakMap<Guest, Numbering>()

/** A copy that does not keep the document alive which it was cut from. */
const own = (text: string | undefined): string => (text === undefined ? '' : Buffer.from(text).toString())

/** Reads a guest's document into the guest. @throws VirtError when it is no domain */
export function applyDefinition(guest: Guest, xml: string): void {
  const document: DomainDocument = domain.parse(xml, { raw: true })
  guest.title = own(document.title)
  let numbering = numberings.get(guest)
  if (numbering === undefined) {
    numbering = { disks: new Numbers(), interfaces: new Numbers() }
    numberings.set(guest, numbering)
  }
  const disks = document.devices?.disks ?? []
  const diskNumbers = numbering.disks.of(disks.map((disk, i) => disk.target?.dev ?? `#${i}`))
  guest.disks = disks.map((disk, i) => diskOf(disk, diskNumbers[i] as number))
  const interfaces = document.devices?.interfaces ?? []
  const interfaceNumbers = numbering.interfaces.of(
    interfaces.map((port, i) => (port.mac === undefined ? `#${i}` : own(port.mac.address))),
  )
  guest.interfaces = interfaces.map((port, i) => interfaceOf(port, interfaceNumbers[i] as number))
}

/** Where a disk's content is: a path, or a URL for what is on a network. */
function sourceText(source: Record<string, unknown>): string {
  const { type, file, dev, dir, volume, pool, name, protocol } = source as Record<string, string | undefined>
  if (type === 'volume') return `${pool ?? ''}/${volume ?? ''}`
  if (type === 'network') {
    const [host] = (source.hosts ?? []) as { name?: string; port?: number | string }[]
    const port = host?.port === undefined ? '' : `:${host.port}`
    return `${protocol ?? ''}://${host?.name ?? ''}${port}/${name ?? ''}`
  }
  return file ?? dev ?? dir ?? ''
}

function diskOf(disk: Disk, number: number): GuestDisk {
  return {
    number,
    target: own(disk.target?.dev),
    source: own(sourceText(disk.source as unknown as Record<string, unknown>)),
    device: disk.device ?? 'disk',
    readOnly: disk.readonly === true || disk.device === 'cdrom',
    ...idleDisk,
  }
}

function interfaceOf(port: Interface, number: number): GuestInterface {
  const { type, mac, target, source, link } = port as Interface & {
    target?: { dev?: string }
    source?: Record<string, string | undefined>
    link?: { state?: string }
  }
  const { network, bridge, dev, path, switchid } = source ?? {}
  return {
    number,
    target: own(target?.dev),
    mac: own(mac?.address),
    kind: type,
    source: own(network ?? bridge ?? dev ?? path ?? switchid),
    linkUp: link?.state !== 'down',
    ...idleInterface,
  }
}
