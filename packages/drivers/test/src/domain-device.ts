// SPDX-License-Identifier: LGPL-2.1-or-later
// Devices that come and go while the domain runs, and devices of its next start.
import {
  checkCompatible,
  checkPossible,
  commonOf,
  type DeviceElement,
  type Devices,
  type Disk,
  type Domain,
  diskIndex,
  type Hostdev,
  type Interface,
  parseDevice,
  placeOfDisk,
  type SingleDevice,
} from '@virt/conf'
import {
  ErrorDomain,
  ErrorNumber,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  VirtError,
  virtError,
} from '@virt/core'
import { Affect } from '@virt/stateful'
import { sourcePath } from './domain-block.js'
import { hooks } from './domain-document.js'
import { documentOf, impact, theDocuments } from './domain-impact.js'
import { tell } from './domain-lifecycle.js'
import { refOf, type TestDomain } from './domain-record.js'
import { Event } from './domain-state.js'
import { invalidArg, testError } from './errors.js'
import type { TestState } from './state.js'

/** What errors call a device, where it is not the element's name. */
const kinds: Partial<Record<DeviceElement, string>> = {
  serial: 'chr',
  parallel: 'chr',
  console: 'chr',
  channel: 'chr',
}
const kindOf = (element: DeviceElement): string => kinds[element] ?? element

function unsupported(detail: string): VirtError {
  return testError(ErrorNumber.OPERATION_UNSUPPORTED, detail)
}

function parse(xml: string, within: Domain): SingleDevice {
  const single = parseDevice(xml, within, { inactive: true, hooks })
  checkPossible(single, within)
  return single
}

/** Names are the user's only with this prefix. */
function userAlias(alias: string | undefined): string | undefined {
  return alias?.startsWith('ua-') ? alias : undefined
}

/** Buses whose disks may come and go. */
const plugBuses: ReadonlySet<string> = new Set(['virtio', 'usb'])

function checkDisk({ device, target }: Disk): void {
  const bus = target?.bus ?? 'none'
  if (device === 'floppy') throw unsupported("floppy device hotplug isn't supported")
  if (device === 'cdrom' && bus === 'virtio') throw unsupported("cdrom device with virtio bus isn't supported")
  if (!plugBuses.has(bus)) throw unsupported(`disk bus '${bus}' cannot be hotplugged.`)
}

const removable = ({ device }: Disk): boolean => device === 'cdrom' || device === 'floppy'

function attachDisk(devices: Devices, disk: Disk): { devices: Devices; alias: string | undefined } {
  const name = disk.target?.dev ?? ''
  const same = devices.disks.find((one) => one.target?.dev === name)
  if (same !== undefined && removable(same) && removable(disk)) {
    // Another medium comes into the drive that is there.
    const disks = devices.disks.map((one) => (one === same ? { ...same, source: disk.source } : one))
    return { devices: { ...devices, disks }, alias: undefined }
  }
  checkDisk(disk)
  if (same !== undefined)
    throw virtError(
      ErrorNumber.XML_ERROR,
      ErrorDomain.DOMAIN,
      `target '${name}' duplicated for disk sources '${sourcePath(same) ?? ''}' and '${sourcePath(disk) ?? ''}'`,
    )
  const alias = userAlias(disk.alias) ?? `${disk.target?.bus}-disk${diskIndex(name) ?? -1}`
  const disks = devices.disks.toSpliced(placeOfDisk(devices.disks, disk), 0, { ...disk, alias })
  return { devices: { ...devices, disks }, alias }
}

/** Interfaces that may come and go. */
const plugInterfaces: ReadonlySet<string> = new Set(['bridge', 'ethernet'])

/** The first free name of an interface, after all that are in use. */
function netAlias(interfaces: readonly Interface[]): string {
  const used = interfaces.map(({ alias }) => Number(/^net(\d+)$/.exec(alias ?? '')?.[1] ?? -1))
  return `net${Math.max(-1, ...used) + 1}`
}

function attachInterface(devices: Devices, one: Interface): { devices: Devices; alias: string } {
  if (!plugInterfaces.has(one.type))
    throw unsupported(`hotplug of interface type of ${one.type} is not implemented yet`)
  const alias = userAlias(one.alias) ?? netAlias(devices.interfaces)
  return { devices: { ...devices, interfaces: [...devices.interfaces, { ...one, alias }] }, alias }
}

/** The words with which libvirt refuses host devices; they are not what they should be, but what it says. */
const hostdevWords: Readonly<Record<string, string>> = {
  usb: 'default',
  scsi: 'vfio',
  scsi_host: 'xen',
  mdev: '(null)',
}

function attachHostdev(devices: Devices, one: Hostdev): { devices: Devices; alias: string | undefined } {
  const refuse = (detail: string): VirtError =>
    testError(ErrorNumber.CONFIG_UNSUPPORTED, `hotplug is not supported for hostdev ${detail}`)
  if (one.mode === 'capabilities') throw refuse(`mode '${one.mode}'`)
  if (one.type !== 'pci') throw refuse(`subsys type '${hostdevWords[one.type] ?? one.type}'`)
  const alias = userAlias(one.alias)
  return { devices: { ...devices, hostdevs: [...devices.hostdevs, { ...one, alias }] }, alias }
}

/** The devices with one more, and its alias if it has one. */
function attached(within: Domain, single: SingleDevice): { devices: Devices; alias: string | undefined } {
  const { element, devices } = single
  const before: Devices = within.devices ?? { ...devices, disks: [], interfaces: [], hostdevs: [] }
  const [disk, one, hostdev] = [devices.disks[0], devices.interfaces[0], devices.hostdevs[0]]
  if (element === 'disk' && disk !== undefined) return attachDisk(before, disk)
  if (element === 'interface' && one !== undefined) return attachInterface(before, one)
  if (element === 'hostdev' && hostdev !== undefined) return attachHostdev(before, hostdev)
  throw unsupported(`live attach of device '${kindOf(element)}' is not supported`)
}

/** The devices without the one of an alias. */
function detached(devices: Devices | undefined, alias: string): Devices {
  for (const [key, found] of Object.entries(devices ?? {})) {
    const list: unknown[] = Array.isArray(found) ? found : [found]
    const device = list.find((one) => (one as { alias?: string } | undefined)?.alias === alias)
    if (device === undefined) continue
    checkDetach(key, device)
    return { ...(devices as Devices), [key]: list.filter((one) => one !== device) }
  }
  throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.DOMAIN, `no device found with alias ${alias}`)
}

/** Keys of lists whose devices errors call otherwise than the list without its last letter. */
const keyKinds: Readonly<Record<string, string>> = {
  serials: 'chr',
  parallels: 'chr',
  consoles: 'chr',
  channels: 'chr',
  graphics: 'graphics',
  memorys: 'memory',
  watchdogs: 'watchdog',
}

function checkDetach(key: string, device: unknown): void {
  switch (key) {
    case 'disks': {
      const { device: kind = 'disk' } = device as Disk
      if (kind !== 'disk' && kind !== 'lun') throw unsupported(`disk device type '${kind}' cannot be detached`)
      return
    }
    case 'interfaces': {
      const { type } = device as Interface
      if (!plugInterfaces.has(type)) throw unsupported(`live detach of interface type ${type} is not implemented yet`)
      return
    }
    case 'hostdevs':
      return
    default:
      throw unsupported(`live detach of device '${keyKinds[key] ?? key.replace(/s$/, '')}' is not supported`)
  }
}

/** The devices with another disk in the place of the one of the same target. */
function updated(within: Domain, { element, devices }: SingleDevice): Devices {
  const disk = devices.disks[0]
  if (element !== 'disk' || disk === undefined)
    throw unsupported(`persistent update of device '${kindOf(element)}' is not supported`)
  const name = disk.target?.dev
  const before = within.devices
  const at = before?.disks.findIndex((one) => one.target?.dev === name) ?? -1
  if (before === undefined || at < 0) throw invalidArg(`target ${name} doesn't exist.`)
  return { ...before, disks: before.disks.with(at, { ...disk, alias: userAlias(disk.alias) }) }
}

/** The driver changes running domains only: what is to last is a flag that it does not know. */
function requireLive(domain: TestDomain, flags: number, fn: string): void {
  const refuse = (bits: number): VirtError =>
    new VirtError(`unsupported flags (0x${bits.toString(16)}) in function ${fn}`, {
      number: ErrorNumber.INVALID_ARG,
      domain: ErrorDomain.TEST,
      str1: fn,
      str2: 'flags',
      int1: 0,
      int2: 0,
    })
  // Bits that it does not know come last, together with those that the state of the domain adds.
  const unknown = ((impact(domain, flags) | flags) & ~Affect.live) >>> 0
  if (unknown !== 0) throw refuse(unknown)
}

const attachFn = 'testDomainAttachDeviceLiveAndConfig'
const detachFn = 'testDomainDetachDeviceAliasLiveAndConfig'

export const deviceChangeSupport: SlotTable = {
  domainAttachDevice: {},
  domainAttachDeviceFlags: {},
  domainDetachDeviceAlias: {},
  domainUpdateDeviceFlags: { flags: Affect.live | Affect.config, fn: 'testDomainUpdateDeviceFlags' },
}

export function deviceChangeSlots(state: TestState): SlotMethods & Resolvers {
  const attach = (domain: TestDomain, xml: string, flags: number): void => {
    requireLive(domain, flags, attachFn)
    const { def } = domain
    const single = parse(xml, def)
    const { alias: given } = commonOf(single)
    checkCompatible(single, def, userAlias(given) !== undefined)
    const { devices, alias } = attached(def, single)
    state.domains.change(domain, (change) => {
      domain.def = { ...def, devices }
      if (alias !== undefined) change.emit('domain', 'deviceAdded', { dom: refOf(domain), devAlias: alias })
    })
  }
  return {
    domainAttachDevice: (_call, domain: TestDomain, xml) => attach(domain, xml, Affect.current),
    domainAttachDeviceFlags: (_call, domain: TestDomain, xml, flags) => attach(domain, xml, flags),
    domainDetachDeviceAlias(_call, domain: TestDomain, alias, flags) {
      requireLive(domain, flags, detachFn)
      const { def } = domain
      const devices = detached(def.devices, alias)
      state.domains.change(domain, (change) => {
        domain.def = { ...def, devices }
        change.emit('domain', 'deviceRemoved', { dom: refOf(domain), devAlias: alias })
      })
    },
    domainUpdateDeviceFlags(_call, domain: TestDomain, xml, flags) {
      const documents = theDocuments(domain, flags).map((which) => {
        const document = documentOf(domain, which)
        const single = parse(xml, document)
        const devices = updated(document, single)
        checkCompatible(single, document, false)
        return [which, { ...document, devices }] as const
      })
      const lasting = (impact(domain, flags) & Affect.config) !== 0
      state.domains.change(domain, (change) => {
        for (const [which, document] of documents) domain[which] = document
        if (lasting) tell(change, refOf(domain), Event.defined.type, Event.defined.updated)
      })
    },
  }
}
