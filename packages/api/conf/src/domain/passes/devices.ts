// SPDX-License-Identifier: LGPL-2.1-or-later
// Walking all devices of a domain.
import type { Pass } from '../../runtime/context.js'
import type { DeviceAddress, DeviceBoot, Devices, Domain } from '../types.gen.js'

/** What passes look at in any device. */
export interface AnyDevice {
  boot?: DeviceBoot | undefined
  alias?: string | undefined
  address?: DeviceAddress | undefined
  acpi?: number | undefined
}

/** Keys of `devices` that hold devices with an address, in libvirt's order of walking. */
const lists = [
  'disks',
  'interfaces',
  'sounds',
  'hostdevs',
  'videos',
  'controllers',
  'smartcards',
  'serials',
  'parallels',
  'channels',
  'consoles',
  'inputs',
  'filesystems',
  'watchdogs',
  'rngs',
  'hubs',
  'shmems',
  'tpms',
  'panics',
  'redirdevs',
  'memorys',
  'cryptos',
] as const satisfies readonly (keyof Devices)[]
/** Devices of which there is one, and behind which list they come. */
const singles: { readonly [list in (typeof lists)[number]]?: readonly (keyof Devices)[] } = {
  watchdogs: ['memballoon'],
  rngs: ['nvram'],
  memorys: ['iommu', 'vsock'],
  cryptos: ['pstore'],
}

/** The lists with what comes behind each. */
const walk = lists.map((key) => ({ key, behind: singles[key] ?? [] }))

/** Calls a function with every device that can have an address, and with the key of its list. */
export function eachDevice(domain: Domain, visit: (device: AnyDevice, key: string) => void): void {
  const { devices } = domain
  if (!devices) return
  for (const { key, behind } of walk) {
    const list: readonly AnyDevice[] = devices[key]
    if (list.length > 0)
      for (const device of list) if (key !== 'consoles' || !isSerialConsole(domain, device)) visit(device, key)
    for (const single of behind) {
      const device = devices[single]
      if (device !== undefined) visit(device as AnyDevice, single)
    }
  }
}

/** Every device that can have an address, with the key of its list. */
export function allDevices(domain: Domain): [key: string, device: AnyDevice][] {
  const all: [string, AnyDevice][] = []
  eachDevice(domain, (device, key) => all.push([key, device]))
  return all
}

/** Whether a console is the first serial port seen a second time. */
function isSerialConsole({ devices, os }: Domain, console: object): boolean {
  const [first] = devices?.consoles ?? []
  if (console !== first || os?.type?.type !== 'hvm' || (devices?.serials.length ?? 0) === 0) return false
  const type = first.target?.type ?? 'serial'
  return type === 'serial' || type === 'none'
}

/** The devices of a domain; none is the same as an empty list of each. */
export function devicesOf(domain: Domain): Devices {
  domain.devices ??= emptyDevices()
  return domain.devices
}

function emptyDevices(): Devices {
  const empty: readonly never[] = Object.freeze([])
  const keys = [...lists, 'leases', 'graphics', 'audios']
  return Object.fromEntries(keys.map((key) => [key, empty])) as unknown as Devices
}

/** A pass over the domain. */
export function pass(name: string, run: Pass<Domain>['run']): Pass<Domain> {
  return { name, run }
}
