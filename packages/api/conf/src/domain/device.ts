// SPDX-License-Identifier: LGPL-2.1-or-later
// Devices by themselves: the texts that clients attach, update and detach.
import { ErrorDomain } from '@virt/core'
import type { DocumentHooks } from '../runtime/context.js'
import { type DocumentKind, documentKind, type ParseOptions } from '../runtime/document.js'
import { printTree } from '../runtime/tree.js'
import { parseTree } from '../runtime/tree-read.js'
import { domain } from './domain.js'
import { type AnyDevice, allDevices, devicesOf } from './passes/devices.js'
import { detailError, unsupported } from './passes/report.js'
import type { Devices, Domain, Hostdev } from './types.gen.js'

/** The key that holds the devices of each element of `<devices>`. */
export interface DeviceKeys {
  audio: 'audios'
  channel: 'channels'
  console: 'consoles'
  controller: 'controllers'
  crypto: 'cryptos'
  disk: 'disks'
  filesystem: 'filesystems'
  graphics: 'graphics'
  hostdev: 'hostdevs'
  hub: 'hubs'
  input: 'inputs'
  interface: 'interfaces'
  iommu: 'iommu'
  lease: 'leases'
  memballoon: 'memballoon'
  memory: 'memorys'
  nvram: 'nvram'
  panic: 'panics'
  parallel: 'parallels'
  pstore: 'pstore'
  redirdev: 'redirdevs'
  rng: 'rngs'
  serial: 'serials'
  shmem: 'shmems'
  smartcard: 'smartcards'
  sound: 'sounds'
  tpm: 'tpms'
  video: 'videos'
  vsock: 'vsock'
  watchdog: 'watchdogs'
}

/** Elements of `<devices>` that are devices. */
export type DeviceElement = keyof DeviceKeys

/** The key that holds them. */
export const deviceKeys: Readonly<DeviceKeys> = {
  audio: 'audios',
  channel: 'channels',
  console: 'consoles',
  controller: 'controllers',
  crypto: 'cryptos',
  disk: 'disks',
  filesystem: 'filesystems',
  graphics: 'graphics',
  hostdev: 'hostdevs',
  hub: 'hubs',
  input: 'inputs',
  interface: 'interfaces',
  iommu: 'iommu',
  lease: 'leases',
  memballoon: 'memballoon',
  memory: 'memorys',
  nvram: 'nvram',
  panic: 'panics',
  parallel: 'parallels',
  pstore: 'pstore',
  redirdev: 'redirdevs',
  rng: 'rngs',
  serial: 'serials',
  shmem: 'shmems',
  smartcard: 'smartcards',
  sound: 'sounds',
  tpm: 'tpms',
  video: 'videos',
  vsock: 'vsock',
  watchdog: 'watchdogs',
}

/** One device, and what is so only because it is alone. */
export interface SingleDevice {
  readonly element: DeviceElement
  /** Holds this device and no other. */
  readonly devices: Devices
}

/** A domain of which only the rules over single devices are asked. */
const lone: DocumentKind<Domain> = documentKind<Domain>({ ...domain.parts, rules: [] })

function isDevice(name: string): name is DeviceElement {
  return Object.hasOwn(deviceKeys, name)
}

/** A device alone gets no company and no place: it has those of the domain it comes to. */
function aloneHooks(hooks: DocumentHooks | undefined): DocumentHooks | undefined {
  if (!hooks?.passes) return hooks
  const { domain: _, addresses: __, rules: ___, ...passes } = hooks.passes
  return { ...hooks, passes }
}

/**
 * Reads one device as clients write it.
 * @param xml the device's element
 * @param within the domain it is for, of which its defaults may depend
 * @throws VirtError as for the same device in a domain; `config-unsupported` for what is not a device
 * @since 0.1.0, `virDomainDeviceDefParse`
 */
export function parseDevice(xml: string, within: Domain, options: ParseOptions = {}): SingleDevice {
  const tree = parseTree(xml, ErrorDomain.DOMAIN)
  const { name: element } = tree
  if (!isDevice(element)) unsupported(`unknown device type '${element}'`)
  const text = `<domain type='${within.type}'><name>x</name><devices>${printTree(tree)}</devices></domain>`
  const { devices: read } = domain.parse(text, { ...options, raw: true })
  const key = deviceKeys[element]
  // Memory comes in addition to what the domain has.
  const plugged = read?.memorys[0]?.target?.size ?? 0n
  const memory = within.memory && { ...within.memory, value: (within.memory.value ?? 0n) + plugged }
  const { devices } = lone.complete(
    { ...within, memory, devices: read },
    { ...options, hooks: aloneHooks(options.hooks) },
  )
  const none = devicesOf({ ...within, devices: undefined })
  const found = devices?.[key]
  return { element, devices: { ...none, [key]: Array.isArray(found) ? found.slice(0, 1) : found } }
}

/** The device itself, as far as all devices are alike. */
export function commonOf({ element, devices }: SingleDevice): AnyDevice {
  const found = devices[deviceKeys[element]]
  return ((Array.isArray(found) ? found[0] : found) ?? {}) as AnyDevice
}

function isContainerStorage(hostdev: Hostdev | undefined): boolean {
  return hostdev?.mode === 'capabilities' && hostdev.type === 'storage'
}

function needsUsb({ element, devices }: SingleDevice): boolean {
  switch (element) {
    case 'disk':
      return devices.disks[0]?.target?.bus === 'usb'
    case 'hostdev':
      // parity: what libvirt looks at is 0 for storage of a container as well as for USB.
      return devices.hostdevs[0]?.type === 'usb' || isContainerStorage(devices.hostdevs[0])
    case 'input':
      return devices.inputs[0]?.bus === 'usb'
    case 'hub':
      return devices.hubs[0]?.type === 'usb'
    default:
      return false
  }
}

function hasUsb({ devices }: Domain): boolean {
  return devices?.controllers.some(({ type, model }) => type === 'usb' && model !== 'none') === true
}

/** Checks what a device needs of its domain to be read at all. @throws VirtError */
export function checkPossible(single: SingleDevice, within: Domain): void {
  if (single.element === 'redirdev' && !hasUsb(within))
    unsupported('cannot add redirected USB device: USB is disabled for this domain')
  if (single.element === 'memory' && (within.cpu?.numa?.cells.length ?? 0) === 0)
    detailError("can't add memory backend as guest has no NUMA nodes configured")
}

/**
 * Checks whether a device fits beside the others of a domain. Mirrors `virDomainDefCompatibleDevice`.
 * @param isNew it comes in addition: its user's alias must be new as well
 * @throws VirtError `config-unsupported`
 */
export function checkCompatible(single: SingleDevice, within: Domain, isNew: boolean): void {
  const { alias, boot } = commonOf(single)
  if (isNew && alias !== undefined)
    for (const [, other] of allDevices(within))
      if (other.alias === alias) unsupported(`non unique alias detected: ${alias}`)
  if (boot !== undefined) {
    if ((within.os?.boots.length ?? 0) > 0)
      unsupported('per-device boot elements cannot be used together with os/boot elements')
    for (const [, other] of allDevices(within))
      if (isNew && other.boot?.order === boot.order)
        unsupported(`boot order ${boot.order} is already used by another device`)
  }
  if (needsUsb(single) && !hasUsb(within))
    unsupported('Device configuration is not compatible: Domain has no USB bus support')
}
