// SPDX-License-Identifier: LGPL-2.1-or-later
// Host devices: SCSI ones get a place on a SCSI bus of the guest, none may be given twice.
import type { Pass } from '../../runtime/context.js'
import type { Domain, Hostdev } from '../types.gen.js'
import { pass } from './devices.js'
import { xmlError } from './report.js'

type Place = readonly [controller: number, bus: number, target: number, unit: number]

function taken(domain: Domain): Set<string> {
  const places = new Set<string>()
  const { disks = [], hostdevs = [] } = domain.devices ?? {}
  for (const disk of disks)
    if (disk.target?.bus === 'scsi' && disk.address?.type === 'drive') places.add(placeOf(disk.address))
  for (const hostdev of hostdevs)
    if (hostdev.type === 'scsi' && hostdev.address?.type === 'drive') places.add(placeOf(hostdev.address))
  return places
}

function placeOf(address: {
  controller?: number | undefined
  bus?: number | undefined
  target?: number | undefined
  unit?: number | undefined
}): string {
  return [address.controller ?? 0, address.bus ?? 0, address.target ?? 0, address.unit ?? 0].join('/')
}

const addresses = pass('SCSI host devices', (domain, context) => {
  const { devices } = domain
  if (!devices) return
  const places = taken(domain)
  for (const hostdev of devices.hostdevs) {
    if (hostdev.type !== 'scsi' || hostdev.mode !== 'subsystem') continue
    if (hostdev.address !== undefined && hostdev.address.type !== 'none') continue
    const [controller, bus, target, unit] = free(domain, places, context.hooks.features?.has('wideScsi') ? 16 : 7)
    hostdev.address = { type: 'drive', controller, bus, target, unit }
    places.add(placeOf(hostdev.address))
  }
})

function free(domain: Domain, places: ReadonlySet<string>, units: number): Place {
  const known = domain.devices?.controllers.filter((one) => one.type === 'scsi').length ?? 0
  for (let controller = 0; controller < known; controller++)
    for (let unit = 0; unit < units; unit++)
      // Number 7 of a wide bus is the controller itself.
      if (unit !== 7 && !places.has(`${controller}/0/0/${unit}`)) return [controller, 0, 0, unit]
  // A controller that is still to be made.
  for (let controller = known; ; controller++)
    for (let unit = 0; unit < units; unit++)
      if (unit !== 7 && !places.has(`${controller}/0/0/${unit}`)) return [controller, 0, 0, unit]
}

/** What makes two host devices the same. */
function identity(hostdev: Hostdev): string | undefined {
  if (hostdev.mode === 'capabilities') return `${hostdev.type}:${JSON.stringify(hostdev.source)}`
  switch (hostdev.type) {
    case 'pci': {
      const address = hostdev.source?.address
      return address && `pci:${address.domain}:${address.bus}:${address.slot}:${address.function}`
    }
    case 'usb': {
      const { vendor, product, address } = hostdev.source ?? {}
      if (address?.bus) return `usb:${address.bus}:${address.device}`
      return `usb:${vendor}:${product}`
    }
    case 'scsi': {
      const { source } = hostdev
      if (source?.protocol === 'iscsi') return `iscsi:${source.name}:${JSON.stringify(source.hosts)}`
      const address = source?.address
      return `scsi:${source?.adapter}:${address?.bus}:${address?.target}:${address?.unit}`
    }
    case 'scsi_host':
      return `wwpn:${hostdev.source?.wwpn}`
    case 'mdev':
      return `mdev:${hostdev.source?.address?.uuid}`
    default:
      return undefined
  }
}

const duplicates = pass('duplicate host devices', ({ devices }) => {
  const seen = new Set<string>()
  for (const hostdev of devices?.hostdevs ?? []) {
    const id = identity(hostdev)
    if (id === undefined) continue
    if (seen.has(id)) xmlError('Hostdev already exists in the domain configuration')
    seen.add(id)
  }
})

export const hostdevPasses: readonly Pass<Domain>[] = [addresses]
export const hostdevRules: readonly Pass<Domain>[] = [duplicates]
