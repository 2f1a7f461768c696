// SPDX-License-Identifier: LGPL-2.1-or-later
// Addresses other than PCI: spapr-vio registers, channel devices, virtio-mmio, USB ports, memory slots.
import { assignCcw } from '../../../addresses/ccw.js'
import { countPorts, hubPorts, UsbSet, usbDevices } from '../../../addresses/usb.js'
import { type AnyDevice, allDevices } from '../../../passes/devices.js'
import { internalError, unsupported, xmlError } from '../../../passes/report.js'
import type { DeviceAddress, DeviceAddressDimm, DeviceAddressType, Devices, Domain, Hub } from '../../../types.gen.js'
import type { QemuScope } from '../host.js'
import { isArm, isArmVirt, isCcw, isPSeries, isRiscvVirt, machineOf } from '../machine.js'

const isUnset = ({ address }: AnyDevice): boolean => address === undefined || address.type === 'none'

/** First register of each kind of device, as QEMU has them. */
const registers = { net: 0x1000n, scsi: 0x2000n, nvram: 0x3000n, tpm: 0x4000n, serial: 0x30000000n }

/** Devices on pSeries' virtual I/O bus get registers. */
export function assignSpaprVio(domain: Domain): void {
  const { devices } = domain
  if (!devices) return
  const vio: DeviceAddress & { type: 'spapr-vio' } = { type: 'spapr-vio' }
  const on = (device: AnyDevice, is: boolean) => {
    if (is && device.address?.type !== 'spapr-vio') device.address = { ...vio }
  }
  for (const net of devices.interfaces) {
    on(net, net.model === 'spapr-vlan')
    assignRegister(domain, net, registers.net)
  }
  for (const one of devices.controllers) {
    on(one, one.type === 'scsi' && one.model === 'ibmvscsi')
    assignRegister(domain, one, registers.scsi)
  }
  for (const one of devices.serials) {
    on(one, one.target?.type === 'spapr-vio-serial')
    assignRegister(domain, one, registers.serial)
  }
  if (devices.nvram) {
    on(devices.nvram, isPSeries(machineOf(domain)))
    assignRegister(domain, devices.nvram, registers.nvram)
  }
  for (const one of devices.tpms) {
    on(one, one.model === 'tpm-spapr')
    assignRegister(domain, one, registers.tpm)
  }
}

function assignRegister(domain: Domain, device: AnyDevice, first: bigint): void {
  const { address } = device
  if (address?.type !== 'spapr-vio') return
  const chosen = address.reg
  const taken = new Set<bigint>()
  for (const [, other] of allDevices(domain))
    if (other !== device && other.address?.type === 'spapr-vio' && other.address.reg !== undefined)
      taken.add(other.address.reg)
  let reg = chosen ?? first
  while (taken.has(reg)) {
    if (chosen !== undefined) xmlError(`spapr-vio address 0x${chosen.toString(16)} already in use`)
    reg += 0x1000n
  }
  address.reg = reg
}

/** Says of devices on virtio that have no address which bus they are on. */
function primeVirtio(devices: Devices, type: Extract<DeviceAddressType, 'ccw' | 'virtio-mmio'>): void {
  const on = (device: AnyDevice) => {
    if (isUnset(device)) device.address = { type }
  }
  const virtioModel = (model: string | undefined) => model?.startsWith('virtio') === true
  for (const one of devices.disks) if (one.target?.bus === 'virtio') on(one)
  for (const one of devices.interfaces) if (one.type !== 'hostdev' && virtioModel(one.model)) on(one)
  for (const one of devices.inputs) if (one.bus === 'virtio') on(one)
  for (const one of devices.controllers)
    if (one.type === 'virtio-serial' || (one.type === 'scsi' && virtioModel(one.model))) on(one)
  for (const one of devices.hostdevs) if (one.type === 'scsi_host') on(one)
  for (const one of devices.sounds) if (one.model === 'virtio') on(one)
  if (devices.memballoon && virtioModel(devices.memballoon.model)) on(devices.memballoon)
  for (const one of devices.rngs) if (virtioModel(one.model)) on(one)
  if (type !== 'ccw') return
  for (const one of devices.filesystems) on(one)
  for (const one of devices.videos) if (one.model?.type === 'virtio') on(one)
  for (const one of devices.cryptos) on(one)
  for (const one of devices.memorys) if (one.model === 'virtio-mem') on(one)
  if (devices.vsock) on(devices.vsock)
}

/** Devices on the channel subsystem of s390x get numbers. */
export function assignChannel(domain: Domain): void {
  const { devices } = domain
  if (!devices || !isCcw(machineOf(domain))) return
  primeVirtio(devices, 'ccw')
  for (const one of devices.hostdevs)
    if (one.type === 'mdev' && one.model === 'vfio-ccw' && isUnset(one)) one.address = { type: 'ccw' }
  assignCcw(domain)
}

/** Boards without PCI, and those whose user chose not to use it, have virtio devices on memory-mapped I/O. */
export function assignMmio(domain: Domain): void {
  const { devices } = domain
  const machine = machineOf(domain)
  if (!devices) return
  const board = isArm(machine) && machine.arch !== 'armv7b' && machine.machine.startsWith('vexpress-')
  const chosen = (): boolean => allDevices(domain).some(([, { address }]) => address?.type === 'virtio-mmio')
  if (board || ((isArmVirt(machine) || isRiscvVirt(machine)) && chosen())) primeVirtio(devices, 'virtio-mmio')
}

/** USB devices get ports; new guests get hubs where the ports do not suffice. */
export function assignUsb(domain: Domain, { context }: QemuScope): void {
  const { devices } = domain
  if (!devices) return
  if (devices.controllers.some((one) => one.type === 'usb' && one.model === 'none')) {
    if (usbDevices(devices).length > 0)
      unsupported('USB is disabled for this domain, but USB devices are present in the domain XML')
    return
  }
  if (context.has('abiUpdate')) addHubs(devices)
  // Ports of guests defined long ago are QEMU's to choose, unless they were all written down.
  else if (usbDevices(devices, true).some((one) => !hasUsbPort(one))) return
  plugUsb(devices)
}

/**
 * A copy of a guest that is about to start: all its USB devices have ports, of hubs that it gets where there are too few.
 * @throws VirtError when no port is free, or one that a device names is not there
 */
export function withUsbPorts(domain: Domain): Domain {
  const { devices } = domain
  if (!devices || devices.controllers.some((one) => one.type === 'usb' && one.model === 'none')) return domain
  if (usbDevices(devices, true).every(hasUsbPort)) return domain
  const copy = structuredClone(devices)
  addHubs(copy)
  plugUsb(copy)
  return { ...domain, devices: copy }
}

function plugUsb(devices: Devices): void {
  const set = new UsbSet(devices.controllers)
  const hubs = devices.hubs.filter((one) => one.type === 'usb')
  const plugged = usbDevices(devices)
  for (const hub of [...hubs].sort((a, b) => depth(a) - depth(b))) set.reserve(hub, true)
  for (const one of plugged) set.reserve(one)
  for (const hub of hubs) set.assign(hub, true)
  for (const one of plugged) set.assign(one)
}

const hasUsbPort = ({ address }: { address?: { type: string; port?: unknown } | undefined }): boolean =>
  address?.type === 'usb' && address.port !== undefined

const depth = ({ address }: Hub): number => (address?.type === 'usb' ? (address.port?.split('.').length ?? 0) : 0)

function addHubs(devices: Devices): void {
  const wanted = usbDevices(devices, true).length
  const ports = countPorts(devices)
  if (wanted <= ports) return
  const count = Math.ceil((wanted - ports + 1) / (hubPorts - 1))
  devices.hubs = [...devices.hubs, ...Array.from({ length: count }, (): Hub => ({ type: 'usb' }))]
}

/** DIMMs get slots. */
export function assignMemorySlots(domain: Domain): void {
  const slots = domain.maxMemory?.slots ?? 0
  const taken = new Set<number>()
  const dimms = (domain.devices?.memorys ?? []).filter(({ model }) => model === 'dimm' || model === 'nvdimm')
  for (const { address } of dimms) {
    if (address?.type !== 'dimm' || address.slot === undefined) continue
    const { slot } = address
    if (slot >= slots) xmlError(`memory device slot '${slot}' exceeds slots count '${slots}'`)
    if (taken.has(slot)) xmlError(`memory device slot '${slot}' is already being used by another memory device`)
    taken.add(slot)
  }
  for (const device of dimms) {
    if (device.address !== undefined && device.address.type !== 'none') continue
    let slot = 0
    while (taken.has(slot)) slot++
    if (slot >= slots) internalError('failed to allocate memory slot')
    taken.add(slot)
    const address: DeviceAddressDimm = { type: 'dimm', slot, base: 0n }
    device.address = address
  }
}
