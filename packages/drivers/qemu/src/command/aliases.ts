// SPDX-License-Identifier: LGPL-2.1-or-later
// Names by which QEMU, and everybody who talks with it, knows the devices of a running guest.
import { type Controller, type Disk, type Domain, diskIndex, type MemoryDevice } from '@virt/conf'
import { actualType } from './actual.js'
import { hasManyBuses, isQ35, isX86, machineOf } from './machine.js'

type Named = { alias?: string | undefined }

/** Aliases that users have chosen are theirs. */
const isUsers = (alias: string | undefined): boolean => alias?.startsWith('ua-') === true

/** Whether the machine has an IDE controller that is not plugged in. */
export function hasBuiltinIde(domain: Domain): boolean {
  const { arch, machine } = machineOf(domain)
  const families = ['malta', 'sun4u', 'g3beige', 'mac99']
  return (
    (isX86(domain) && (machine === 'pc' || /^pc-(?:i440fx|0|1)/.test(machine) || isQ35(domain))) ||
    (arch !== '' && families.includes(machine))
  )
}

function controllerAlias(domain: Domain, controller: Controller): string {
  const { type, index = 0 } = controller
  switch (type) {
    case 'pci':
      if (!hasManyBuses(domain)) return 'pci'
      return controller.model === 'pcie-root' ? `pcie.${index}` : `pci.${index}`
    case 'ide':
      return hasBuiltinIde(domain) && index === 0 ? 'ide' : `ide${index}`
    case 'sata':
      return isQ35(domain) && index === 0 ? 'ide' : `sata${index}`
    case 'usb':
      return index === 0 ? 'usb' : `usb${index}`
    case 'scsi':
      return controller.model === 'ncr53c90' && index === 0 ? 'scsi' : `scsi${index}`
    default:
      return `${type}${index}`
  }
}

function diskAlias(domain: Domain, disk: Disk): string {
  const bus = disk.target?.bus ?? ''
  const { address } = disk
  if (address?.type === 'drive') {
    const { controller = 0, bus: on = 0, target = 0, unit = 0 } = address
    if (bus !== 'scsi') return `${bus}${controller}-${on}-${unit}`
    const own = domain.devices?.controllers.find((one) => one.type === 'scsi' && (one.index ?? 0) === controller)
    // parity: other adapters without targets have one in their names.
    const wide = own?.type !== 'scsi' || own.model !== 'lsilogic'
    return wide ? `scsi${controller}-${on}-${target}-${unit}` : `scsi${controller}-${on}-${unit}`
  }
  const index = diskIndex(disk.target?.dev ?? '') ?? 0
  return `${bus === 'virtio' ? 'virtio-disk' : `${bus}-disk`}${index}`
}

const memoryNames: Readonly<Record<string, string>> = {
  dimm: 'dimm',
  nvdimm: 'nvdimm',
  'virtio-pmem': 'virtiopmem',
  'virtio-mem': 'virtiomem',
  'sgx-epc': 'epc',
}

/** Lists whose members are named by their place in the list. */
const placed = {
  filesystems: 'fs',
  sounds: 'sound',
  videos: 'video',
  hubs: 'hub',
  smartcards: 'smartcard',
  watchdogs: 'watchdog',
  tpms: 'tpm',
} as const

/** Lists whose members are counted: names of users' own are no numbers. */
const counted = {
  redirdevs: 'redir',
  inputs: 'input',
  serials: 'serial',
  parallels: 'parallel',
  channels: 'channel',
  consoles: 'console',
  rngs: 'rng',
  shmems: 'shmem',
  cryptos: 'crypto',
} as const

/** Devices of which there is one. */
const single = {
  memballoon: 'balloon0',
  nvram: 'nvram',
  vsock: 'vsock0',
  iommu: 'iommu0',
  pstore: 'pstore0',
} as const

function named<T extends Named>(device: T, alias: () => string): T {
  return device.alias !== undefined && isUsers(device.alias) ? device : { ...device, alias: alias() }
}

/** Names with numbers that count up. */
function counter(name: string): () => string {
  let next = 0
  return () => `${name}${next++}`
}

function count<T extends Named>(devices: readonly T[], alias: () => string): T[] {
  return devices.map((one) => named(one, alias))
}

/** Interfaces that are host devices are named and counted as such: before those of the document, or behind where a network gave them. */
function networkAndHostAliases({
  interfaces,
  hostdevs,
}: NonNullable<Domain['devices']>): Pick<NonNullable<Domain['devices']>, 'interfaces' | 'hostdevs'> {
  const host = counter('hostdev')
  const net = counter('net')
  const first = interfaces.map((one) => (one.type === 'hostdev' ? named(one, host) : one))
  const devices = count(hostdevs, host)
  const rest = first.map((one) => {
    if (one.type === 'hostdev') return one
    return named(one, actualType(one) === 'hostdev' ? host : net)
  })
  return { interfaces: rest, hostdevs: devices }
}

/** The document with an alias on every device. Those that users have chosen stay. */
export function withAliases(domain: Domain): Domain {
  const { devices } = domain
  if (devices === undefined) return domain
  const made: Record<string, unknown> = {
    ...devices,
    disks: devices.disks.map((disk) => named(disk, () => diskAlias(domain, disk))),
    controllers: devices.controllers.map((one) => named(one, () => controllerAlias(domain, one))),
    memorys: memoryAliases(devices.memorys),
  }
  for (const [list, name] of Object.entries(placed)) {
    const all = devices[list as keyof typeof placed] as readonly Named[]
    made[list] = all.map((one, i) => named(one, () => `${name}${i}`))
  }
  for (const [list, name] of Object.entries(counted))
    made[list] = count(devices[list as keyof typeof counted] as readonly Named[], counter(name))
  Object.assign(made, networkAndHostAliases(devices))
  for (const [key, alias] of Object.entries(single)) {
    const device = devices[key as keyof typeof single] as (Named & { readonly model?: string }) | undefined
    if (device !== undefined && device.model !== 'none') made[key] = named(device, () => alias)
  }
  const [console] = devices.consoles
  // The console that is a serial port has the port's name.
  const [serial] = made.serials as Named[]
  const consoles = made.consoles as Named[]
  if (console?.target?.type === 'serial' && serial?.alias !== undefined && domain.os?.type?.type === 'hvm')
    made.consoles = [{ ...console, alias: serial.alias }, ...consoles.slice(1)]
  return { ...domain, devices: made as unknown as Domain['devices'] }
}

function memoryAliases(devices: readonly MemoryDevice[]): MemoryDevice[] {
  const counters = new Map<string, () => string>()
  return devices.map((device) =>
    named(device, () => {
      const name = memoryNames[device.model] ?? device.model
      // Those in slots are named by their slot, which outlasts that of others.
      if (device.address?.type === 'dimm' && device.address.slot !== undefined) return `${name}${device.address.slot}`
      const next = counters.get(name) ?? counter(name)
      counters.set(name, next)
      return next()
    }),
  )
}

/** The names of all devices of a document. */
export function aliasesOf({ devices }: Domain): string[] {
  const found = Object.values(devices ?? {}).flatMap((value: unknown) => (Array.isArray(value) ? value : [value]))
  return found.flatMap((one: unknown) => {
    const alias = typeof one === 'object' && one !== null ? (one as Named).alias : undefined
    return alias === undefined ? [] : [alias]
  })
}
