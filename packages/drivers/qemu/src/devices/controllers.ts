// SPDX-License-Identifier: LGPL-2.1-or-later
// Controllers: buses that other devices are plugged into.
import type { Controller, ControllerPci, ControllerScsi, ControllerUsb, Domain } from '@virt/conf'
import type { Flag } from '../capabilities/flags.js'
import { addressProps, virtioDriver, virtioProps } from '../command/address.js'
import { hasBuiltinIde } from '../command/aliases.js'
import type { Build } from '../command/build.js'
import { isI440fx, isQ35, isS390 } from '../command/machine.js'
import type { Props } from '../command/props.js'
import { configUnsupported, internalError } from '../errors.js'

/** In this order; a floppy controller comes behind the disks, a CCID controller behind the USB hubs. */
const order: readonly Controller['type'][] = ['pci', 'usb', 'scsi', 'ide', 'sata', 'virtio-serial']

/** Whether the machine has a controller by itself. */
function isBuiltin(domain: Domain, controller: Controller): boolean {
  const { type, index = 0 } = controller
  switch (type) {
    case 'pci':
      return controller.model === 'pcie-root' || (controller.model === 'pci-root' && index === 0)
    case 'sata':
      return isQ35(domain) && index === 0
    case 'ide':
      return hasBuiltinIde(domain) && index === 0
    case 'usb':
      // On s390 there is none unless one is asked for by its model.
      return controller.model === 'none' || (controller.model === undefined && isS390(domain))
    case 'scsi':
      return controller.model === 'ncr53c90'
    default:
      return false
  }
}

const usbDrivers: Readonly<Record<string, string>> = {
  'piix3-uhci': 'piix3-usb-uhci',
  'piix4-uhci': 'piix4-usb-uhci',
  ehci: 'usb-ehci',
  'ich9-ehci1': 'ich9-usb-ehci1',
  'ich9-uhci1': 'ich9-usb-uhci1',
  'ich9-uhci2': 'ich9-usb-uhci2',
  'ich9-uhci3': 'ich9-usb-uhci3',
  'vt82c686b-uhci': 'vt82c686b-usb-uhci',
  'pci-ohci': 'pci-ohci',
  'nec-xhci': 'nec-usb-xhci',
  'qemu-xhci': 'qemu-xhci',
}

/** Capabilities of models, where they are not called as QEMU's device. */
const usbFlags: Readonly<Record<string, string>> = {
  'piix4-uhci': 'piix4-usb-uhci',
  'ich9-uhci1': 'ich9-usb-ehci1',
  'ich9-uhci2': 'ich9-usb-ehci1',
  'ich9-uhci3': 'ich9-usb-ehci1',
}

function usb(build: Build, controller: ControllerUsb): Props {
  const driver = usbDrivers[controller.model ?? '']
  if (driver === undefined) throw configUnsupported(`Unsupported USB controller model ${controller.model ?? 'default'}`)
  const flag = usbFlags[controller.model ?? ''] ?? driver
  if (!build.has(flag as Flag))
    throw configUnsupported(`USB controller model '${controller.model}' not supported in this QEMU binary`)
  const { ports, master, index = 0 } = controller
  if (ports !== undefined && driver !== 'nec-usb-xhci' && driver !== 'qemu-xhci')
    throw configUnsupported(`usb controller type '${controller.model}' doesn't support 'ports' with this QEMU binary`)
  const own = build.controller('usb', index)
  if (master !== undefined && (own?.type !== 'usb' || own.master !== undefined))
    throw internalError('masterbus not found')
  const companion = master !== undefined && own !== undefined
  return {
    driver,
    p2: ports,
    p3: ports,
    ...(companion ? { masterbus: `${own.alias}.0`, firstport: master } : { id: controller.alias }),
  }
}

const scsiDrivers: Readonly<Record<string, string>> = {
  lsilogic: 'lsi',
  lsisas1068: 'mptsas1068',
  lsisas1078: 'megasas',
  vmpvscsi: 'pvscsi',
  ibmvscsi: 'spapr-vscsi',
  am53c974: 'am53c974',
  dc390: 'dc-390',
}

/** Which queues of a device are served by which threads. */
export function threadMapping(
  threads: readonly {
    readonly id?: number | undefined
    readonly queues?: readonly { readonly id?: number | undefined }[] | undefined
  }[],
): Props[] | undefined {
  if (threads.length === 0) return undefined
  return threads.map(({ id, queues = [] }) => ({
    iothread: `iothread${id}`,
    vqs: queues.length === 0 ? undefined : queues.map((queue) => queue.id),
  }))
}

function scsi(build: Build, controller: ControllerScsi): Props {
  const { model, driver: options } = controller
  const virtio = model?.startsWith('virtio') === true
  const driver = virtio
    ? virtioDriver(build, 'virtio-scsi', controller, model.replace('virtio-scsi', 'virtio'))
    : scsiDrivers[model ?? '']
  if (driver === undefined) throw configUnsupported(`Unsupported controller model: ${model ?? 'auto'}`)
  return {
    driver,
    ...(virtio ? virtioProps(options) : {}),
    iothread: options?.iothread ? `iothread${options.iothread}` : undefined,
    id: controller.alias,
    num_queues: options?.queues || undefined,
    'iothread-vq-mapping': threadMapping(options?.iothreads ?? []),
    cmd_per_lun: options?.cmd_per_lun || undefined,
    max_sectors: options?.max_sectors || undefined,
    ioeventfd: options?.ioeventfd,
  }
}

function pci(controller: ControllerPci): Props {
  const { model, target = {}, alias, modelName } = controller
  const node = target.node
  const hotplug = target.hotplug
  const memReserve = target.memReserve === undefined ? undefined : target.memReserve * 1024n
  switch (model) {
    case 'pci-root':
      return { driver: 'spapr-pci-host-bridge', index: target.index, id: alias, numa_node: node }
    case 'pci-bridge':
      return {
        driver: modelName ?? 'pci-bridge',
        chassis_nr: target.chassisNr,
        'mem-reserve': memReserve,
        id: alias,
      }
    case 'pci-expander-bus':
      return { driver: modelName ?? 'pxb', bus_nr: target.busNr, id: alias, numa_node: node }
    case 'pcie-expander-bus':
      return { driver: modelName ?? 'pxb-pcie', bus_nr: target.busNr, id: alias, numa_node: node }
    case 'dmi-to-pci-bridge':
      return { driver: modelName ?? 'i82801b11-bridge', id: alias }
    case 'pcie-to-pci-bridge':
      return { driver: modelName ?? 'pcie-pci-bridge', id: alias }
    case 'pcie-root-port':
      return {
        driver: modelName ?? 'pcie-root-port',
        port: target.port,
        chassis: target.chassis,
        id: alias,
        'mem-reserve': memReserve,
        hotplug,
      }
    case 'pcie-switch-upstream-port':
      return { driver: modelName ?? 'x3130-upstream', id: alias }
    case 'pcie-switch-downstream-port':
      return {
        driver: modelName ?? 'xio3130-downstream',
        port: target.port,
        chassis: target.chassis,
        id: alias,
        hotplug,
      }
    default:
      throw configUnsupported(`wrong function called for pci-root/pcie-root`)
  }
}

/** Properties of a controller without its place. */
function propsOf(build: Build, controller: Controller): Props {
  switch (controller.type) {
    case 'usb':
      return usb(build, controller)
    case 'scsi':
      return scsi(build, controller)
    case 'pci':
      return pci(controller)
    case 'virtio-serial':
      return {
        driver: virtioDriver(build, 'virtio-serial', controller, controller.model),
        ...virtioProps(controller.driver),
        id: controller.alias,
        max_ports: controller.ports,
        vectors: controller.vectors,
      }
    case 'sata':
      return { driver: 'ahci', id: controller.alias }
    case 'ccid':
      return { driver: 'usb-ccid', id: controller.alias }
    default:
      throw configUnsupported(`Only a single IDE controller is supported for this machine type`)
  }
}

function add(build: Build, controller: Controller): void {
  build.device({ ...propsOf(build, controller), ...addressProps(build, controller) }, controller)
}

/** What of the machine's own controllers can be changed. */
export function globalControllers(build: Build): void {
  const { domain } = build
  for (const controller of domain.devices?.controllers ?? []) {
    if (controller.type !== 'pci' || (controller.index ?? 0) !== 0) continue
    const { pcihole64, target } = controller
    if (pcihole64 !== undefined) {
      const host = controller.model === 'pcie-root' ? 'q35-pcihost' : 'i440FX-pcihost'
      build.global(host, 'pci-hole64-size', `${pcihole64}K`)
    }
    if (controller.model === 'pci-root' && target?.hotplug !== undefined && isI440fx(domain))
      build.global('PIIX4_PM', 'acpi-root-pci-hotplug', target.hotplug ? 'on' : 'off')
  }
}

export function controllers(build: Build): void {
  const { domain } = build
  for (const type of order)
    for (const controller of domain.devices?.controllers ?? [])
      if (controller.type === type && !isBuiltin(domain, controller)) add(build, controller)
}

/** USB hubs, and the controllers that are plugged in as USB devices. */
export function hubs(build: Build): void {
  for (const hub of build.domain.devices?.hubs ?? [])
    build.device({ driver: 'usb-hub', id: hub.alias, ...addressProps(build, hub) }, hub)
  for (const controller of build.domain.devices?.controllers ?? [])
    if (controller.type === 'ccid') add(build, controller)
}
