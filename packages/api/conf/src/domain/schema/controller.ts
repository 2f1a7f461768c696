// SPDX-License-Identifier: LGPL-2.1-or-later
// <controller>: buses of the guest.

import { attr, by, child, type Element, element, leaf, only, scaled, wrapped } from '../../lang/field.js'
import { form } from '../../lang/forms.js'
import { inKiB } from '../../lang/scale.js'
import { natural, naturalAny, never, oneOf, onOff, text, uint, ulong, type Value } from '../../lang/value.js'
import type { Controller } from '../types.gen.js'
import { deviceInfo, unsupported, virtioOptions } from './device.js'
import { iothreadMapping } from './disk.js'

export const controllerType: Value = oneOf(
  'ide',
  'fdc',
  'scsi',
  'sata',
  'virtio-serial',
  'ccid',
  'usb',
  'pci',
  'xenbus',
  'isa',
)

export const pciControllerModel: Value = oneOf(
  'pci-root',
  'pcie-root',
  'pci-bridge',
  'dmi-to-pci-bridge',
  'pcie-to-pci-bridge',
  'pcie-root-port',
  'pcie-switch-upstream-port',
  'pcie-switch-downstream-port',
  'pci-expander-bus',
  'pcie-expander-bus',
)
export const scsiControllerModel: Value = oneOf(
  'auto',
  'buslogic',
  'lsilogic',
  'lsisas1068',
  'vmpvscsi',
  'ibmvscsi',
  'virtio-scsi',
  'lsisas1078',
  'virtio-transitional',
  'virtio-non-transitional',
  'ncr53c90',
  'dc390',
  'am53c974',
)
export const usbControllerModel: Value = oneOf(
  'piix3-uhci',
  'piix4-uhci',
  'ehci',
  'ich9-ehci1',
  'ich9-uhci1',
  'ich9-uhci2',
  'ich9-uhci3',
  'vt82c686b-uhci',
  'pci-ohci',
  'nec-xhci',
  'qusb1',
  'qusb2',
  'qemu-xhci',
  'none',
)
export const virtioModel: Value = oneOf('virtio', 'virtio-transitional', 'virtio-non-transitional')
const unknownModel = { number: unsupported, message: "Unknown model type '%s'" }
const onlyOne = (name: string): string => `Multiple <${name}> elements in controller definition not allowed`

export const controllerDriver: Element = element('driver', {
  queues: attr(uint).omit(0),
  cmd_per_lun: attr(uint).omit(0),
  max_sectors: attr(uint).omit(0),
  ioeventfd: attr(onOff),
  iothread: attr(uint).omit(0),
  ...virtioOptions,
  iothreads: wrapped('iothreads', iothreadMapping),
})

export const pciControllerTarget: Element = element('target', {
  chassisNr: attr(naturalAny),
  chassis: attr(naturalAny),
  port: attr(hexPort()),
  busNr: attr(naturalAny),
  index: attr(natural),
  hotplug: attr(onOff),
  memReserve: attr(ulong).omit(0n),
  node: leaf(uint),
})

function hexPort(): Value {
  return { ...naturalAny, print: (value: number) => `0x${value.toString(16)}` }
}

/** Ports of a USB 2 controller that its companions serve. */
const companionPorts: Readonly<Record<string, number>> = { 'ich9-uhci1': 0, 'ich9-uhci2': 2, 'ich9-uhci3': 4 }

const pciModelName = form(
  text,
  /\s*(spapr-pci-host-bridge|pci-bridge|i82801b11-bridge|pcie-pci-bridge|ioh3420|pcie-root-port|x3130-upstream|xio3130-downstream|pxb|pxb-pcie)\s*/,
)

export const controller: Element = element('controller', {
  type: attr(controllerType).required(),
  index: attr(natural),
  model: by('type', {
    pci: attr(pciControllerModel).must().bad(unknownModel),
    scsi: attr(scsiControllerModel).bad(unknownModel),
    usb: attr(usbControllerModel).bad(unknownModel),
    ide: attr(oneOf('piix3', 'piix4', 'ich6')).bad(unknownModel),
    'virtio-serial': attr(virtioModel).bad(unknownModel),
    fdc: attr(never).bad(unknownModel),
    sata: attr(never).bad(unknownModel),
    ccid: attr(never).bad(unknownModel),
    xenbus: attr(never).bad(unknownModel),
    isa: attr(never).bad(unknownModel),
  }),
  ports: attr(natural).where('type', 'virtio-serial', 'usb'),
  vectors: attr(natural).where('type', 'virtio-serial'),
  maxGrantFrames: attr(natural).where('type', 'xenbus'),
  maxEventChannels: attr(natural).where('type', 'xenbus'),
  driver: child(controllerDriver),
  modelName: only('name', pciModelName).as('model').where('type', 'pci').once(onlyOne('model')),
  target: child(pciControllerTarget).where('type', 'pci').once(onlyOne('target')),
  pcihole64: scaled(inKiB).where('type', 'pci'),
  ...deviceInfo,
}).finish((controller: Controller) => {
  if (controller.type !== 'usb' || controller.model === undefined) return
  const port = companionPorts[controller.model]
  if (port !== undefined) controller.master ??= port
})
