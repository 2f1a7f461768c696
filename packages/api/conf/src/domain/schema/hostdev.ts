// SPDX-License-Identifier: LGPL-2.1-or-later
// <hostdev>: devices of the host given to the guest.

import {
  attr,
  by,
  child,
  children,
  type Element,
  element,
  extension,
  type Field,
  flag,
  leaf,
  only,
} from '../../lang/field.js'
import {
  absolutePath,
  deviceName,
  form,
  genericName,
  pciBus,
  pciDomain,
  pciFunction,
  pciSlot,
} from '../../lang/forms.js'
import { hexAny, never, oneOf, onOff, text, uint, ulong, uuid, type Value, yesNo } from '../../lang/value.js'
import { pciFault } from '../../net/pci-address.js'
import type { ReadContext } from '../../runtime/context.js'
import type { Hostdev, HostdevPciAddress } from '../types.gen.js'
import { deviceInfo, internal, unsupported, zpciAddress } from './device.js'
import { guestIp, guestRoute } from './net-parts.js'
import { storageAuth, storageHost } from './storage.js'

/** Host driver that takes a PCI device. */
export const hostdevDriver: Element = element('driver', {
  name: attr(oneOf('kvm', 'vfio', 'xen')),
  model: attr(genericName),
})

/** Two interfaces that the guest bonds. */
export const teaming: Element = element('teaming', {
  type: attr(oneOf('persistent', 'transient'))
    .required()
    .bad({ number: unsupported, message: "unknown teaming type '%s'" }),
  persistent: attr(text),
})

export const hostdevPciAddress: Element = element('address', {
  domain: attr(pciDomain(hexAny(4))).default(0),
  bus: attr(pciBus(hexAny(2))).default(0),
  slot: attr(pciSlot(hexAny(2))).default(0),
  function: attr(pciFunction(hexAny(1))).default(0),
  zpci: child(zpciAddress),
})
  .tolerates({ multifunction: attr(onOff) })
  .finish((address: HostdevPciAddress, context: ReadContext) => {
    const isSaid = address.domain !== 0 || address.bus !== 0 || address.slot !== 0
    const fault = isSaid ? pciFault(address) : undefined
    if (fault !== undefined) context.fail(fault)
  })

export const hostdevSourcePci: Element = element('source', {
  startupPolicy: attr(oneOf('default', 'optional', 'mandatory', 'requisite')).omit('default'),
  writeFiltering: attr(yesNo),
  address: child(hostdevPciAddress).must(),
  origstates: child(element('origstates', { unbind: flag(), removeslot: flag(), reprobe: flag() })).when(
    'pciOrigStates',
  ),
})

export const hostdevSourceUsb: Element = element('source', {
  startupPolicy: attr(oneOf('default', 'optional', 'mandatory', 'requisite')).omit('default'),
  missing: attr(yesNo).when('live').omit(false),
  autoAddress: attr(yesNo).as('autoAddress').when('status').omit(false),
  guestReset: attr(oneOf('off', 'uninitialized', 'on')),
  vendor: only('id', hexAny(4)),
  product: only('id', hexAny(4)),
  address: child(element('address', { bus: attr(uint).required(), device: attr(uint).required(), port: attr(text) })),
})

export const hostdevSourceScsi: Element = element('source', {
  protocol: attr(oneOf('adapter', 'iscsi')).omit('adapter'),
  name: attr(text),
  adapter: only('name', text),
  address: child(
    element('address', { bus: attr(uint).required(), target: attr(uint).required(), unit: attr(ulong).required() }),
  ),
  hosts: children(storageHost),
  privateData: extension('storageSource').when('status'),
  auth: child(storageAuth),
  initiator: child(element('initiator', { iqn: only('name', text) })),
}).strict(({ attributes, children: parts }) => {
  if (attributes.get('protocol') === 'iscsi') return undefined
  return parts.has('adapter') && parts.has('address') ? undefined : 'adapter or address is missing'
})

export const hostdevSourceScsiHost: Element = element('source', {
  protocol: attr(oneOf('vhost')).required(),
  wwpn: attr(form(text, /(naa\.)[0-9a-fA-F]{16}/)).must(),
})

export const hostdevSourceMdev: Element = element('source', {
  address: child(
    element('address', {
      uuid: attr(uuid)
        .required({ number: unsupported, message: "Missing 'uuid' attribute for element <address>" })
        .bad(internal('Cannot parse uuid attribute of element <address>')),
    }),
  ).must(),
})
export const hostdevSourceStorage: Element = element('source', { block: leaf(absolutePath).must() })
export const hostdevSourceMisc: Element = element('source', { char: leaf(absolutePath).must() })
export const hostdevSourceNet: Element = element('source', { interface: leaf(deviceName).must() })

/** Devices of most types are of one model. */
const noModel = (type: string): Field =>
  attr(never).bad(`'model' attribute in <hostdev> is only supported when type='${type}'`)

export const hostdevType: Value = oneOf('usb', 'pci', 'scsi', 'scsi_host', 'mdev', 'storage', 'misc', 'net')
const subsystem = (hostdev: Hostdev) => hostdev.mode === 'subsystem'

export const hostdev: Element = element('hostdev', {
  mode: attr(oneOf('subsystem', 'capabilities')).default('subsystem'),
  type: attr(hostdevType).required(),
  managed: attr(yesNo).lax().default(false).if(subsystem),
  sgio: attr(oneOf('default', 'filtered', 'unfiltered')).omit('default'),
  rawio: attr(yesNo),
  model: by('type', {
    ...Object.fromEntries((['usb', 'pci', 'scsi'] as const).map((type) => [type, noModel(type)])),
    mdev: attr(oneOf('vfio-pci', 'vfio-ccw', 'vfio-ap')).required(),
    scsi_host: attr(oneOf('default', 'virtio', 'virtio-transitional', 'virtio-non-transitional')).omit('default'),
  }),
  display: attr(onOff).where('type', 'mdev', 'pci'),
  ramfb: attr(onOff).where('type', 'mdev', 'pci'),
  driver: child(hostdevDriver).where('type', 'pci'),
  source: by('type', {
    pci: child(hostdevSourcePci),
    usb: child(hostdevSourceUsb),
    scsi: child(hostdevSourceScsi),
    scsi_host: child(hostdevSourceScsiHost),
    mdev: child(hostdevSourceMdev),
    storage: child(hostdevSourceStorage),
    misc: child(hostdevSourceMisc),
    net: child(hostdevSourceNet),
  }),
  ips: children(guestIp).where('type', 'net'),
  routes: children(guestRoute).where('type', 'net'),
  teaming: child(teaming),
  readonly: flag().where('type', 'scsi').anywhere(),
  shareable: flag().where('type', 'scsi').anywhere(),
  ...deviceInfo,
})
  .strict(({ attributes, children }) => {
    if (!children.has('source')) return 'source is missing'
    const odd = attributes.get('type') === 'scsi' ? undefined : ['sgio', 'rawio'].find((name) => attributes.has(name))
    return odd === undefined ? undefined : `${odd} belongs to SCSI`
  })
  .start((hostdev: Hostdev & { sgio?: unknown; rawio?: unknown }, context: ReadContext) => {
    if (hostdev.type === 'scsi') return
    if (hostdev.sgio !== undefined) context.fail('sgio is only supported for scsi host device')
    if (hostdev.rawio !== undefined) context.fail('rawio is only supported for scsi host device')
  })
