// SPDX-License-Identifier: LGPL-2.1-or-later
// Devices of the host that a guest is given: looked for on the host's buses when it starts.
import { readdirSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Domain, Hostdev } from '@virt/conf'
import { ErrorDomain, ErrorNumber, systemFailure, type VirtError, virtError } from '@virt/core'
import { hostDevicesOf } from '../devices/hostdevs.js'
import { configUnsupported, internalError } from '../errors.js'
import { pathExists } from '../host/path-exists.js'

type UsbDevice = Extract<Hostdev, { type: 'usb' }>
type ScsiDevice = Extract<Hostdev, { type: 'scsi' }>

/** A device of the host's USB. */
interface Found {
  readonly vendor: number
  readonly product: number
  readonly bus: number
  readonly device: number
}

/** Where the kernel tells of devices; tests have places of their own. */
export interface HostBuses {
  readonly usb: string
  readonly scsi: string
  readonly iommuGroups: string
  readonly vhostScsi: string
}

const kernel: HostBuses = {
  usb: '/sys/bus/usb/devices',
  scsi: '/sys/bus/scsi/devices',
  iommuGroups: '/sys/kernel/iommu_groups',
  vhostScsi: '/dev/vhost-scsi',
}

async function list(folder: string): Promise<string[]> {
  return await readdir(folder).catch((error: unknown) => {
    throw systemFailure(error, ErrorDomain.NONE, `cannot open directory '${folder}'`)
  })
}

async function numberIn(folder: string, file: string, base: number): Promise<number> {
  const path = join(folder, file)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw systemFailure(error, ErrorDomain.NONE, `Failed to open file '${path}'`)
  })
  const value = Number.parseInt(text, base)
  if (Number.isNaN(value)) throw usbError(ErrorNumber.INTERNAL_ERROR, `Could not parse usb file ${path}`)
  return value
}

function usbError(number: number, detail: string): VirtError {
  return virtError(number, ErrorDomain.NONE, detail)
}

/** All of the host's USB, in the order of its folder. Hubs of the boards are called after their buses, interfaces have a colon. */
async function usbDevices({ usb }: HostBuses): Promise<Found[]> {
  const found: Found[] = []
  for (const name of await list(usb)) {
    if (name.includes(':')) continue
    const bus = Number.parseInt(name.replace(/^usb/, ''), 10)
    if (Number.isNaN(bus)) throw usbError(ErrorNumber.INTERNAL_ERROR, `Failed to parse dir name '${name}'`)
    const folder = join(usb, name)
    const [vendor, product, device] = [
      await numberIn(folder, 'idVendor', 16),
      await numberIn(folder, 'idProduct', 16),
      await numberIn(folder, 'devnum', 10),
    ]
    found.push({ vendor, product, bus, device })
  }
  return found
}

const hex = (value: number, digits = 0): string => value.toString(16).padStart(digits, '0')

const isOfUsb = (device: Hostdev): device is UsbDevice => device.mode === 'subsystem' && device.type === 'usb'

/** The one device that a document means; undefined: there is none, and it may be missing. @throws VirtError */
function choose(all: readonly Found[], { source }: UsbDevice): Found | undefined {
  const { vendor, product, address, startupPolicy, autoAddress } = source ?? {}
  const required = startupPolicy !== 'optional'
  const isAt = ({ bus, device }: Found): boolean => bus === address?.bus && device === address?.device
  const missing = (what: string): undefined => {
    if (required) throw usbError(ErrorNumber.INTERNAL_ERROR, `Did not find USB device ${what}`)
    return undefined
  }
  const place = `bus:${address?.bus ?? 0} device:${address?.device ?? 0}`
  if (vendor === undefined) return all.find(isAt) ?? missing(place)
  const kind = `${hex(vendor, 4)}:${hex(product ?? 0, 4)}`
  const same = all.filter((one) => one.vendor === vendor && one.product === product)
  const there = address === undefined ? undefined : same.find(isAt)
  if (there !== undefined) return there
  // An address that was found before may be another one by now.
  if (address !== undefined && autoAddress !== true) return missing(`${kind} ${place}`)
  if (same.length === 0) return missing(kind)
  if (same.length > 1)
    throw usbError(
      ErrorNumber.OPERATION_FAILED,
      address === undefined
        ? `Multiple USB devices for ${hex(vendor)}:${hex(product ?? 0)}, use <address> to specify one`
        : `Multiple USB devices for ${hex(vendor)}:${hex(product ?? 0)} were found, but none of them is at ${place}`,
    )
  return same[0]
}

/** A USB device with its place on the host, or the note that it is missing. */
function withUsbPlace(device: UsbDevice, all: readonly Found[]): UsbDevice {
  const found = choose(all, device)
  if (found === undefined) return { ...device, source: { ...device.source, missing: true } }
  const { bus, device: number } = found
  const auto = device.source?.address === undefined || device.source.autoAddress === true
  return {
    ...device,
    source: { ...device.source, address: { bus, device: number }, ...(auto ? { autoAddress: true } : {}) },
  }
}

/** The name of the generic device of a device of the host's SCSI, `sg0`. @throws VirtError when the host has none */
function scsiGeneric({ source }: ScsiDevice, { scsi }: HostBuses): string {
  const { adapter = '', address } = source ?? {}
  const host = /^scsi_host(\d+)$/.exec(adapter)?.[1]
  if (host === undefined) throw internalError(`Cannot parse adapter '${adapter}'`)
  const { bus = 0, target = 0, unit = 0 } = address ?? {}
  const folder = join(scsi, `${host}:${bus}:${target}:${unit}`, 'scsi_generic')
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (error) {
    throw systemFailure(error, ErrorDomain.NONE, `cannot open directory '${folder}'`)
  }
  const [name] = names
  if (name === undefined) throw internalError(`no generic device in ${folder}`)
  return name
}

const isOfScsi = (device: Hostdev): device is ScsiDevice =>
  device.mode === 'subsystem' && device.type === 'scsi' && device.source?.protocol !== 'iscsi'

/** Names of the generic devices of a guest's devices of the host's SCSI, by their aliases. @throws VirtError when the host has one not */
export function scsiNames({ devices }: Domain, buses: HostBuses = kernel): Map<string, string> {
  const found = (devices?.hostdevs ?? []).filter(isOfScsi)
  return new Map(found.map((device) => [device.alias ?? '', scsiGeneric(device, buses)]))
}

/** Whether devices of PCI can be given away: the host keeps them from the memory of others. */
async function hasIommu({ iommuGroups }: HostBuses): Promise<boolean> {
  const groups = await readdir(iommuGroups).catch(() => [])
  return groups.length > 0
}

async function check(device: Hostdev, buses: HostBuses): Promise<void> {
  if (device.mode !== 'subsystem') return
  switch (device.type) {
    case 'pci': {
      const { name } = device.driver ?? {}
      if (name === 'kvm') throw internalError("invalid PCI passthrough type 'kvm'")
      if (!(await hasIommu(buses)))
        throw configUnsupported(
          name === 'vfio'
            ? "host doesn't support VFIO PCI passthrough"
            : "host doesn't support passthrough of host PCI devices",
        )
      throw configUnsupported('host devices of PCI are not supported by this driver yet')
    }
    case 'mdev':
      if (!(await hasIommu(buses))) throw configUnsupported('Mediated host device assignment requires VFIO support')
      throw configUnsupported('mediated host devices are not supported by this driver yet')
    case 'usb':
      if (device.source?.address?.port !== undefined)
        throw configUnsupported('host devices of USB by their port are not supported by this driver yet')
      break
    case 'scsi_host':
      if (!(await pathExists(buses.vhostScsi)))
        throw virtError(
          ErrorNumber.CONFIG_UNSUPPORTED,
          ErrorDomain.NONE,
          `vhost-scsi device file '${buses.vhostScsi}' cannot be found`,
        )
      throw configUnsupported('host adapters of SCSI are not supported by this driver yet')
  }
}

/**
 * The document with its host devices as they are on the host.
 * @throws VirtError for those that the host has not, or cannot give away
 */
export async function withHostDevices(document: Domain, buses: HostBuses = kernel): Promise<Domain> {
  for (const device of hostDevicesOf(document)) await check(device, buses)
  const { devices } = document
  if (devices === undefined || !devices.hostdevs.some(isOfUsb)) return document
  const all = await usbDevices(buses)
  const hostdevs = devices.hostdevs.map((device) => (isOfUsb(device) ? withUsbPlace(device, all) : device))
  return { ...document, devices: { ...devices, hostdevs } }
}

function usbPath({ source }: UsbDevice): string | undefined {
  const { address, missing } = source ?? {}
  if (address === undefined || missing === true) return undefined
  const digits = (value: number): string => String(value).padStart(3, '0')
  return `/dev/bus/usb/${digits(address.bus ?? 0)}/${digits(address.device ?? 0)}`
}

function scsiPath(device: ScsiDevice): string | undefined {
  try {
    return `/dev/${scsiGeneric(device, kernel)}`
  } catch {
    return undefined
  }
}

/** Device files of a guest's host devices. What is gone by now has none. */
export function hostDeviceFiles({ devices }: Domain): string[] {
  return (devices?.hostdevs ?? []).flatMap((device) => {
    if (device.mode !== 'subsystem') return []
    const path = device.type === 'usb' ? usbPath(device) : isOfScsi(device) ? scsiPath(device) : undefined
    return path === undefined ? [] : [path]
  })
}
