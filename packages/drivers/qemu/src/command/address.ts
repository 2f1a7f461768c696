// SPDX-License-Identifier: LGPL-2.1-or-later
// Where a device is plugged in, as QEMU is told.
import type { DeviceAddress } from '@virt/conf'
import { internalError } from '../errors.js'
import type { Build } from './build.js'
import { hasManyBuses } from './machine.js'
import { hex, type Props } from './props.js'

/** A device that has a place. */
interface Placed {
  readonly alias?: string | undefined
  readonly acpi?: number | undefined
  readonly address?: DeviceAddress | undefined
}

/** Properties that say where a device is plugged in; none where QEMU chooses. */
export function addressProps(build: Build, device: Placed): Props {
  const { address } = device
  switch (address?.type) {
    case 'pci':
      return pciProps(build, device, address)
    case 'usb':
      return usbProps(build, address)
    case 'ccid':
      return { bus: `${ccidAlias(build, address.controller ?? 0)}.0` }
    case 'spapr-vio':
      return address.reg === undefined ? {} : { reg: Number(address.reg) }
    case 'ccw':
      return { devno: ccwNumber(address) }
    case 'isa':
      return { iobase: address.iobase, irq: address.irq }
    case 'dimm':
      return { slot: address.slot, addr: address.base === 0n ? undefined : address.base }
    default:
      return {}
  }
}

/** A reader of smart cards. */
function ccidAlias({ domain }: Build, index: number): string {
  const found = domain.devices?.controllers.find((one) => one.type === 'ccid' && (one.index ?? 0) === index)
  return found?.alias ?? `ccid${index}`
}

/** `CSSID.SSID.DEVNO` */
export function ccwNumber({ cssid = 0xfe, ssid = 0, devno = 0 }: Extract<DeviceAddress, { type: 'ccw' }>): string {
  return `${cssid.toString(16)}.${ssid.toString(16)}.${devno.toString(16).padStart(4, '0')}`
}

/** `SLOT` or `SLOT.FUNCTION` */
export function pciSlot({ slot = 0, function: fn = 0 }: Extract<DeviceAddress, { type: 'pci' }>): string {
  return fn === 0 ? hex(slot) : `${hex(slot)}.${hex(fn)}`
}

/** Name of the bus with a number. */
export function pciBus(build: Build, bus: number): string {
  const controller = build.controller('pci', bus)
  if (controller === undefined && bus > 0)
    throw internalError(`Could not find PCI controller with index '${bus}' required for device`)
  // The machine's own bus has QEMU's name, whatever users call it.
  if (controller?.model === 'pcie-root') return `pcie.${bus}`
  if (bus === 0) return hasManyBuses(build.domain) ? 'pci.0' : 'pci'
  const alias = controller?.alias ?? `pci.${bus}`
  // A host bridge of POWER machines is a device of its own, and the bus below it is its own.
  if (controller?.model === 'pci-root' && bus > 0 && controller.modelName === 'spapr-pci-host-bridge')
    return `${alias}.0`
  return alias
}

function pciProps(build: Build, device: Placed, address: Extract<DeviceAddress, { type: 'pci' }>): Props {
  return {
    bus: pciBus(build, address.bus ?? 0),
    multifunction: address.multifunction,
    addr: pciSlot(address),
    'acpi-index': device.acpi === 0 ? undefined : device.acpi,
  }
}

function usbProps(build: Build, address: Extract<DeviceAddress, { type: 'usb' }>): Props {
  const { bus = 0, port } = address
  const alias = build.controller('usb', bus)?.alias ?? (bus === 0 ? 'usb' : `usb${bus}`)
  return { bus: `${alias}.0`, port }
}

const suffixes: Readonly<Record<string, string>> = {
  pci: '-pci',
  ccw: '-ccw',
  'virtio-mmio': '-device',
  'virtio-s390': '-s390',
}

/** What a virtio device is called where it is plugged in: `virtio-net-pci-non-transitional`, `virtio-blk-ccw`. */
export function virtioDriver(build: Build, base: string, device: Placed, model?: string): string {
  const kind = device.address?.type ?? 'pci'
  const suffix = suffixes[kind]
  if (suffix === undefined) throw internalError(`Unexpected address type for '${base}'`)
  if (model === 'virtio-transitional' || model === 'virtio-non-transitional') {
    const transitional = model === 'virtio-transitional'
    if (build.has('virtio-pci-non-transitional'))
      return `${base}${suffix}-${transitional ? 'transitional' : 'non-transitional'}`
  }
  return `${base}${suffix}`
}

/** Options that all virtio devices have. */
export function virtioProps(
  driver:
    | {
        iommu?: boolean | undefined
        ats?: boolean | undefined
        packed?: boolean | undefined
        page_per_vq?: boolean | undefined
      }
    | undefined,
): Props {
  return {
    iommu_platform: driver?.iommu,
    ats: driver?.ats,
    packed: driver?.packed,
    'page-per-vq': driver?.page_per_vq,
  }
}
