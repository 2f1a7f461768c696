// SPDX-License-Identifier: LGPL-2.1-or-later
// The device models QEMU guests get that name none, by machine.
import type {
  ControllerUsb,
  ScsiControllerModel,
  SerialTargetModel,
  SerialTargetType,
  UsbControllerModel,
  VideoModelType,
} from '../../../types.gen.js'
import type { QemuCapabilities } from '../host.js'
import {
  isArm,
  isArmVirt,
  isLoongarch,
  isLoongarchVirt,
  isPpc64,
  isPSeries,
  isRiscv,
  isRiscvVirt,
  isS390,
  isX86,
  type Machine,
} from '../machine.js'

/** The first of the models whose capability is there. */
function available<T>(
  caps: QemuCapabilities,
  ...choices: readonly (readonly [flag: string, model: T])[]
): T | undefined {
  return choices.find(([flag]) => caps.has(flag))?.[1]
}

const xhci = [
  ['qemu-xhci', 'qemu-xhci'],
  ['nec-usb-xhci', 'nec-xhci'],
] as const satisfies readonly (readonly [string, UsbControllerModel])[]

/** Model of a USB controller that names none. @param isNew the guest is being defined, and may be given modern ones */
export function usbModel(
  machine: Machine,
  caps: QemuCapabilities,
  controller: Pick<ControllerUsb, 'address'>,
  isNew: boolean,
): UsbControllerModel | undefined {
  if (isS390(machine) && (controller.address?.type ?? 'none') === 'none') return 'none'
  if (isPpc64(machine))
    return (isNew ? available(caps, ...xhci) : undefined) ?? available(caps, ['pci-ohci', 'pci-ohci'])
  if (machine.arch === 'aarch64' || isLoongarch(machine)) return available(caps, ...xhci)
  return available(caps, ['piix3-usb-uhci', 'piix3-uhci'], ['pci-ohci', 'pci-ohci'])
}

/** Boards that an adapter of their own is part of, the only ones with it. */
export const hasBuiltInScsi = ({ arch, machine }: Machine): boolean =>
  arch === 'sparc' || /^(magnum|pica61|q800)$/.test(machine)

/** Model of a SCSI controller that names none. */
export function scsiModel(machine: Machine, caps: QemuCapabilities): ScsiControllerModel | undefined {
  if (isPSeries(machine)) return 'ibmvscsi'
  if (isS390(machine) || isLoongarch(machine)) return 'virtio-scsi'
  if (hasBuiltInScsi(machine)) return 'ncr53c90'
  return available<ScsiControllerModel>(caps, ['lsi', 'lsilogic'], ['virtio-scsi-pci', 'virtio-scsi'])
}

/** Model of a network card that names none. */
export function netModel(machine: Machine, caps: QemuCapabilities): string {
  if (isS390(machine) || isLoongarch(machine) || isRiscv(machine) || isArmVirt(machine)) return 'virtio'
  if (isArm(machine)) return machine.machine === 'versatilepb' ? 'smc91c111' : 'lan9118'
  return available(caps, ['rtl8139', 'rtl8139'], ['e1000', 'e1000'], ['virtio-net', 'virtio']) ?? 'rtl8139'
}

/** Model of a video card that names none. */
export function videoModel(machine: Machine, caps: QemuCapabilities): VideoModelType {
  if (isPpc64(machine)) return 'vga'
  if (isS390(machine) || isArmVirt(machine) || isRiscvVirt(machine) || isLoongarchVirt(machine)) return 'virtio'
  return available<VideoModelType>(caps, ['cirrus-vga', 'cirrus'], ['VGA', 'vga']) ?? 'default'
}

/** Kind of a serial port that names none. */
export function serialType(machine: Machine): SerialTargetType | undefined {
  if (isX86(machine)) return 'isa-serial'
  if (isPSeries(machine)) return 'spapr-vio-serial'
  if (isArmVirt(machine) || isRiscvVirt(machine) || isLoongarchVirt(machine)) return 'system-serial'
  return isS390(machine) ? 'sclp-serial' : undefined
}

const serialModels: Readonly<Partial<Record<SerialTargetType, SerialTargetModel>>> = {
  'isa-serial': 'isa-serial',
  'usb-serial': 'usb-serial',
  'pci-serial': 'pci-serial',
  'spapr-vio-serial': 'spapr-vty',
  'sclp-serial': 'sclpconsole',
  'isa-debug': 'isa-debugcon',
}

/** Device behind a serial port of a kind. */
export function serialModel(machine: Machine, type: SerialTargetType): SerialTargetModel | undefined {
  if (type !== 'system-serial') return serialModels[type]
  if (isArmVirt(machine)) return 'pl011'
  return isRiscvVirt(machine) || isLoongarchVirt(machine) ? '16550a' : undefined
}
