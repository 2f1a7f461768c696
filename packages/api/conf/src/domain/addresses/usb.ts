// SPDX-License-Identifier: LGPL-2.1-or-later
// Ports of the USB buses of a guest, with the hubs plugged into them.

import { internalError, xmlError } from '../passes/report.js'
import type { Controller, ControllerUsb, DeviceAddressUsb, Devices } from '../types.gen.js'

/** Ports of a hub. */
export const hubPorts = 8
/** Longest way from a root port to a device. */
const maxDepth = 4

interface UsbDevice {
  address?: { type: string } | undefined
}

interface Port {
  hub?: Hub | undefined
}

/** A root or a plugged hub: `undefined` stands for a free port. */
class Hub {
  readonly ports: (Port | undefined)[]
  constructor(count: number) {
    this.ports = new Array<Port | undefined>(count).fill(undefined)
  }
}

/** Root ports of a controller; companions have none of their own. */
export function rootPorts(controller: ControllerUsb): number {
  if (controller.master !== undefined) return 0
  switch (controller.model) {
    case 'none':
      return 0
    case 'ehci':
    case 'ich9-ehci1':
      return 6
    case 'pci-ohci':
      return 3
    case 'nec-xhci':
    case 'qemu-xhci':
      return controller.ports ?? 4
    case 'qusb1':
    case 'qusb2':
      return controller.ports ?? 8
    default:
      return 2
  }
}

const isUsb = (controller: Controller): controller is ControllerUsb => controller.type === 'usb'

/** USB devices other than controllers, in the order they are given ports. */
export function usbDevices(devices: Devices, withHubs = false): UsbDevice[] {
  const all: UsbDevice[] = withHubs ? [...devices.hubs] : []
  for (const one of devices.hostdevs) if (one.type === 'usb') all.push(one)
  for (const one of devices.disks) if (one.target?.bus === 'usb') all.push(one)
  for (const one of devices.interfaces) if (one.model === 'usb-net') all.push(one)
  for (const one of devices.controllers) if (one.type === 'ccid') all.push(one)
  for (const one of devices.inputs) if (one.bus === 'usb') all.push(one)
  for (const one of devices.serials) if (one.target?.type === 'usb-serial') all.push(one)
  for (const one of devices.sounds) if (one.model === 'usb') all.push(one)
  for (const one of devices.redirdevs) if (one.bus === 'usb') all.push(one)
  for (const one of devices.filesystems) if (one.driver?.type === 'mtp') all.push(one)
  return all
}

/** Ports of all controllers and hubs together. */
export function countPorts(devices: Devices): number {
  let count = devices.hubs.length * hubPorts
  for (const one of devices.controllers) if (isUsb(one)) count += rootPorts(one)
  return count
}

const pathOf = (port: string) => port.split('.').map((one) => Number(one) - 1)
const hasPort = (address: DeviceAddressUsb): address is DeviceAddressUsb & { port: string } =>
  address.port !== undefined && address.port !== '' && !address.port.startsWith('0')

/** The USB buses of a guest and which of their ports are taken. */
export class UsbSet {
  readonly #buses: (Hub | undefined)[] = []

  constructor(controllers: readonly Controller[]) {
    for (const one of controllers) {
      if (!isUsb(one) || one.master !== undefined) continue
      const index = one.index ?? 0
      if (this.#buses[index]) xmlError(`Duplicate USB controllers with index ${index}`)
      this.#buses[index] = new Hub(rootPorts(one))
    }
  }

  /** Takes the port a device names, if it names one. */
  reserve({ address }: UsbDevice, hub = false): void {
    if (address?.type !== 'usb') return
    const usb = address as DeviceAddressUsb
    if (!hasPort(usb)) return
    const found = this.#find(usb)
    if (!found) return
    const { owner, index } = found
    if (owner.ports[index]) xmlError(`Duplicate USB address bus ${usb.bus} port ${usb.port}`)
    owner.ports[index] = hub ? { hub: new Hub(hubPorts) } : {}
  }

  #find({ bus = 0, port = '' }: DeviceAddressUsb): { owner: Hub; index: number } | undefined {
    const root = this.#buses[bus]
    if (!root) xmlError(`Missing USB bus ${bus}`)
    let owner = root
    const path = pathOf(port)
    const last = path.pop() ?? 0
    for (const [level, step] of path.entries()) {
      if (step >= owner.ports.length) xmlError(`port ${step + 1} out of range in USB address bus: ${bus} port: ${port}`)
      const hub = owner.ports[step]?.hub
      if (!hub)
        xmlError(
          `there is no hub at port ${(pathOf(port)[level] as number) + 1} in USB address bus: ${bus} port: ${port}`,
        )
      owner = hub
    }
    if (last >= owner.ports.length) xmlError(`requested USB port ${port} not present on USB bus ${bus}`)
    return { owner, index: last }
  }

  /** Gives a device without port one, on its bus if it names one. */
  assign(device: UsbDevice, hub = false): void {
    const { address } = device
    if (address !== undefined && address.type !== 'none' && address.type !== 'usb') return
    const usb = address?.type === 'usb' ? (address as DeviceAddressUsb) : undefined
    if (usb && hasPort(usb)) return
    const buses = usb ? [usb.bus ?? 0] : [...this.#buses.keys()]
    if (usb && !this.#buses[usb.bus ?? 0])
      xmlError(`USB bus ${usb.bus ?? 0} requested but no controller with that index is present`)
    for (const bus of buses) {
      const root = this.#buses[bus]
      const path = root && freePath(root, 0)
      if (!path) continue
      const given: DeviceAddressUsb = { type: 'usb', bus, port: path.map((step) => step + 1).join('.') }
      device.address = given
      this.reserve(device, hub)
      return
    }
    internalError('No free USB ports')
  }
}

/** A free port of the hub itself, or of one below it. */
function freePath(hub: Hub, level: number): number[] | undefined {
  const own = hub.ports.indexOf(undefined)
  if (own >= 0) return [own]
  if (level + 1 >= maxDepth) return undefined
  for (const [index, port] of hub.ports.entries()) {
    const below = port?.hub && freePath(port.hub, level + 1)
    if (below) return [index, ...below]
  }
  return undefined
}
