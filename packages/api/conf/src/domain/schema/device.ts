// SPDX-License-Identifier: LGPL-2.1-or-later
// What every device may have: boot order, alias, USB master, ROM, ACPI index, guest address; virtio and label options.
import { ErrorNumber } from '@virt/core'
import {
  attr,
  by,
  type Complaint,
  child,
  children,
  type Element,
  element,
  type Fields,
  general,
  leaf,
  only,
} from '../../lang/field.js'
import { absolutePath, except, form, pciBus, pciDomain, pciFunction, pciSlot, within } from '../../lang/forms.js'
import { hexAny, hexLong, narrow, oneOf, onOff, text, token, uint, type Value, yesNo } from '../../lang/value.js'
import { pciFault } from '../../net/pci-address.js'
import type { PrintContext, ReadContext } from '../../runtime/context.js'
import { all, needs } from '../../strict/needs.js'
import type { DeviceAddress, DeviceBoot, ZpciAddress } from '../types.gen.js'

/** Error number of "unsupported configuration". */
export const unsupported: number = ErrorNumber.CONFIG_UNSUPPORTED

/** libvirt's error about a word it does not know: `unknown hub device type 'x'`. */
export const unknown = (what: string): { number: number; message: string } => ({
  number: unsupported,
  message: `unknown ${what} '%s'`,
})
/** libvirt's error about what must be there and is not, or must be there once. */
export const internal = (message: string): { number: number; message: string } => ({
  number: ErrorNumber.INTERNAL_ERROR,
  message,
})

export const deviceAddressType: Value = oneOf(
  'none',
  'pci',
  'drive',
  'virtio-serial',
  'ccid',
  'usb',
  'spapr-vio',
  'virtio-s390',
  'ccw',
  'virtio-mmio',
  'isa',
  'dimm',
  'unassigned',
)

const digits = (count: number): Value => form(uint, new RegExp(`[0-9]{1,${count}}`))
const usbPlace = form(uint, /(0x)?[0-9a-fA-F]{1,3}/)

/** z/Architecture's own numbers of a PCI device. */
export const zpciAddress: Element = element('zpci', {
  uid: attr(form(hexAny(4), /(0x)?[0-9a-fA-F]{1,4}|[0-9]{1,5}/)),
  fid: attr(form(hexAny(8), /(0x)?[0-9a-fA-F]{1,8}|[0-9]{1,10}/)),
})
  .start(({ uid }: ZpciAddress, context: ReadContext) => {
    if (uid === undefined || uid <= 0xffff) return
    const shown = `0x${uid.toString(16).padStart(4, '0')}`
    context.fail(`Invalid PCI address uid='${shown}', must be > 0x0000 and <= 0xffff`)
  })
  .if((zpci: ZpciAddress) => zpci.uid !== undefined || zpci.fid !== undefined)
  .view((zpci: ZpciAddress) =>
    zpci.uid === undefined && zpci.fid === undefined ? zpci : { uid: zpci.uid ?? 0, fid: zpci.fid ?? 0 },
  )

const zeroes: Readonly<Record<string, readonly string[]>> = {
  drive: ['controller', 'bus', 'target', 'unit'],
  'virtio-serial': ['controller', 'bus', 'port'],
  ccid: ['controller', 'slot'],
  usb: ['bus'],
}

/** Where the guest sees a device. A PCI address without numbers is only the wish to be on the PCI bus. */
export const deviceAddress: Element = element('address', {
  type: attr(except(deviceAddressType, 'none', 'virtio-s390')).required(),
  controller: attr(digits(2)).where('type', 'drive', 'virtio-serial', 'ccid'),
  cssid: attr(form(hexAny(1), /0x[0-9a-eA-E][0-9a-fA-F]?|0x[fF][0-9a-eA-E]?|[0-9]{1,3}/)).where('type', 'ccw'),
  ssid: attr(form(hexAny(1), /(0x)?[0-3]/)).where('type', 'ccw'),
  devno: attr(form(hexAny(4), /0x[0-9a-fA-F]{1,4}|[0-9]{1,5}/)).where('type', 'ccw'),
  domain: attr(pciDomain(hexAny(4))).where('type', 'pci'),
  bus: by('type', {
    pci: attr(pciBus(hexAny(2))),
    drive: attr(digits(2)),
    'virtio-serial': attr(digits(2)),
    usb: attr(usbPlace),
  }),
  port: by('type', {
    'virtio-serial': attr(digits(2)),
    usb: attr(form(text, /((0x)?[0-9a-fA-F]{1,3}\.){0,3}(0x)?[0-9a-fA-F]{1,3}/)),
  }),
  target: attr(digits(2)).where('type', 'drive'),
  unit: attr(digits(5)).where('type', 'drive'),
  slot: by('type', { pci: attr(pciSlot(hexAny(2))), ccid: attr(digits(2)), dimm: attr(uint).required().may() }),
  function: attr(pciFunction(hexAny(1))).where('type', 'pci'),
  multifunction: attr(onOff).where('type', 'pci'),
  reg: attr(form(hexLong(8, 16), /(0x)?[0-9a-fA-F]{1,8}/)).where('type', 'spapr-vio'),
  iobase: attr(form(hexAny(1), /0x[a-fA-F0-9]{1,4}/))
    .where('type', 'isa')
    .omit(0),
  irq: attr(form(hexAny(1), /0x[a-fA-F0-9]/))
    .where('type', 'isa')
    .omit(0),
  base: attr(form(hexLong(1, 16), /(0x)?[0-9a-f]+/))
    .where('type', 'dimm')
    .omit(0n),
  zpci: child(zpciAddress).where('type', 'pci'),
})
  .strict(
    all(needs('type', { 'virtio-serial': ['controller'], ccid: ['controller'], usb: ['bus'] }), ({ attributes }) =>
      attributes.get('type') === 'ccw' && ![1, 4].includes(attributes.size) ? 'the address is not whole' : undefined,
    ),
  )
  .if((address: DeviceAddress) => address.type !== 'none')
  .view((address: DeviceAddress) => {
    if (address.type === 'pci' && !address.domain && !address.bus && !address.slot)
      return { type: 'pci', zpci: address.zpci }
    if (address.type === 'ccw') return { cssid: 0, ssid: 0, devno: 0, ...address }
    return address
  })
  .start((address: DeviceAddress & Record<string, unknown>, context: ReadContext) => {
    for (const key of zeroes[address.type] ?? []) address[key] ??= 0
    if (address.type === 'virtio-s390') context.fail("virtio-s390 bus doesn't have an address")
    if (address.type === 'pci' && (address.domain ?? address.bus ?? address.slot ?? address.function) !== undefined) {
      address.domain ??= 0
      address.bus ??= 0
      address.slot ??= 0
      address.function ??= 0
      // parity: an address that is nothing but a function is none, whatever that is.
      const isSaid = address.domain !== 0 || address.bus !== 0 || address.slot !== 0
      const fault = isSaid ? pciFault(address) : undefined
      if (fault !== undefined) context.fail(fault)
    }
    if (address.type === 'ccw') {
      const given = [address.cssid, address.ssid, address.devno].filter((part) => part !== undefined).length
      if (given > 0 && given < 3)
        context.fail('Invalid partial specification for virtio ccw address', ErrorNumber.INTERNAL_ERROR)
    }
  })

const positive = narrow(within(uint, 1, 0xffffffff), (value: number) => value > 0)
/** libvirt's error about a number that may not be zero. */
export const notPositive = (element: string, name: string): Complaint =>
  general((raw) =>
    uint.parse(raw) === 0
      ? `Invalid value for attribute '${name}' in element '${element}': Zero is not permitted`
      : undefined,
  )

export const deviceBoot: Element = element('boot', {
  order: attr(positive).required().bad(notPositive('boot', 'order')),
  loadparm: attr(form(text, /[a-zA-Z0-9.\s]{1,8}/)),
}).finish((boot: DeviceBoot, context: ReadContext) => {
  if (boot.loadparm === undefined) return
  boot.loadparm = boot.loadparm.toUpperCase()
  if (boot.loadparm.length < 1 || boot.loadparm.length > 8)
    context.fail(`loadparm value '${boot.loadparm}' must be between 1 and 8 characters`, ErrorNumber.INTERNAL_ERROR)
  if (!/^[A-Z0-9. ]*$/.test(boot.loadparm))
    context.fail(
      `invalid loadparm value '${boot.loadparm}', expecting chars in set of [a-zA-Z0-9.] and blank spaces`,
      ErrorNumber.INTERNAL_ERROR,
    )
})

export const deviceRom: Element = element('rom', {
  bar: attr(onOff),
  file: attr(absolutePath),
  enabled: attr(yesNo),
})

/** Aliases the user chose are kept when the domain is not running; those of the driver are not. */
const keepsAlias = (device: { alias?: string }, context: PrintContext) =>
  !context.has('inactive') || device.alias?.startsWith('ua-') === true

/** Fields that follow a device's own. */
export const deviceInfo: Fields = {
  boot: child(deviceBoot),
  alias: only('name', form(text, /[a-zA-Z0-9_\-.]+/)).if(keepsAlias),
  master: only('startport', uint),
  rom: child(deviceRom),
  acpi: only('index', positive).may().bad(notPositive('acpi', 'index')),
  address: child(deviceAddress),
}

/** Attributes of `<driver>` of virtio devices. */
export const virtioOptions: Fields = {
  iommu: attr(onOff),
  ats: attr(onOff),
  packed: attr(onOff),
  page_per_vq: attr(onOff),
}

export const virtioDriver: Element = element('driver', virtioOptions)

/** Label of one device's source. */
export const deviceSeclabel: Element = element('seclabel', {
  model: attr(token),
  labelskip: attr(yesNo).omit(false),
  relabel: attr(yesNo).if((label: { labelskip?: boolean }) => label.labelskip !== true),
  label: leaf(text),
}).strict(({ attributes, children }) => {
  if (attributes.get('labelskip') === 'no') return 'labelskip must be yes'
  if (attributes.get('relabel') === 'no' || attributes.has('labelskip'))
    return children.has('label') ? 'a device that is not labelled has no label' : undefined
  return children.has('label') ? undefined : 'label is missing'
})

/** Addresses of a device of the host. */
export const hostUsbAddress: Element = element('address', {
  bus: attr(uint),
  device: attr(uint),
  port: attr(text),
})

export const seclabels: Fields = { seclabels: children(deviceSeclabel) }
