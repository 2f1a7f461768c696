// SPDX-License-Identifier: LGPL-2.1-or-later
// Names by which QEMU, and everybody who talks with it, knows the devices of a running guest.
import { type Controller, type Disk, type Domain, diskIndex } from '@virt/conf'
import { isQ35, isX86, machineOf } from './machine.js'

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

/** Models of SCSI controllers that know no targets, only units. */
const narrow: ReadonlySet<string> = new Set(['lsilogic', 'dc390', 'am53c974'])

function diskAlias(domain: Domain, disk: Disk): string {
  const bus = disk.target?.bus ?? ''
  const { address } = disk
  if (address?.type === 'drive') {
    const { controller = 0, bus: on = 0, target = 0, unit = 0 } = address
    if (bus !== 'scsi') return `${bus}${controller}-${on}-${unit}`
    const own = domain.devices?.controllers.find((one) => one.type === 'scsi' && (one.index ?? 0) === controller)
    const wide = own?.type !== 'scsi' || !narrow.has(own.model ?? '')
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

/** Lists whose members are numbered, and what they are called. */
const numbered = {
  interfaces: 'net',
  filesystems: 'fs',
  sounds: 'sound',
  hostdevs: 'hostdev',
  redirdevs: 'redir',
  videos: 'video',
  hubs: 'hub',
  inputs: 'input',
  serials: 'serial',
  parallels: 'parallel',
  channels: 'channel',
  consoles: 'console',
  smartcards: 'smartcard',
  watchdogs: 'watchdog',
  rngs: 'rng',
  tpms: 'tpm',
  shmems: 'shmem',
  panics: 'panic',
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
  for (const [list, name] of Object.entries(numbered)) {
    const all = devices[list as keyof typeof numbered] as readonly Named[]
    made[list] = all.map((one, i) => named(one, () => `${name}${i}`))
  }
  for (const [key, alias] of Object.entries(single)) {
    const device = devices[key as keyof typeof single] as Named | undefined
    if (device !== undefined) made[key] = named(device, () => alias)
  }
  const [console] = devices.consoles
  // The console that is a serial port has the port's name.
  const [serial] = made.serials as Named[]
  const consoles = made.consoles as Named[]
  if (console?.target?.type === 'serial' && serial?.alias !== undefined && domain.os?.type?.type === 'hvm')
    made.consoles = [{ ...console, alias: serial.alias }, ...consoles.slice(1)]
  return { ...domain, devices: made as unknown as Domain['devices'] }
}

function memoryAliases<T extends Named & { model: string }>(devices: readonly T[]): T[] {
  const counts = new Map<string, number>()
  return devices.map((device) =>
    named(device, () => {
      const name = memoryNames[device.model] ?? device.model
      const count = counts.get(name) ?? 0
      counts.set(name, count + 1)
      return `${name}${count}`
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
