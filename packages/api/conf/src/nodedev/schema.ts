// SPDX-License-Identifier: LGPL-2.1-or-later
// <device> of the host: what it is, in one capability whose type decides which elements there are.
import { ErrorNumber } from '@virt/core'
import { hostPciAddress } from '../common/schema/addresses.js'
import {
  attr,
  body,
  by,
  child,
  children,
  type Element,
  element,
  type Field,
  leaf,
  only,
  wrapped,
} from '../lang/field.js'
import { int, oneOf, text, uint, type Value } from '../lang/value.js'

const missing = (message: string) => ({ number: ErrorNumber.XML_ERROR, message })
const unsupported = (message: string) => ({ number: ErrorNumber.CONFIG_UNSUPPORTED, message })

/** What a device is. */
export const nodeDeviceType: Value = oneOf(
  'system',
  'pci',
  'usb_device',
  'usb',
  'net',
  'scsi_host',
  'scsi_target',
  'scsi',
  'storage',
  'scsi_generic',
  'drm',
  'mdev',
  'ccw',
  'css',
  'vdpa',
  'ap_card',
  'ap_queue',
  'ap_matrix',
  'vpd',
  'ccwgroup',
)
/** What it can do besides. */
const ability: Value = oneOf(
  'fc_host',
  'vport_ops',
  'phys_function',
  'virt_functions',
  'pci-bridge',
  'cardbus-bridge',
  'mdev_types',
  'vpd',
  '80203',
  '80211',
  'removable',
  'hotpluggable',
  'fc_remote_port',
  'qeth_generic',
  'qeth_layer2',
  'qeth_layer3',
  'ccwgroup_member',
)

export const nodeDeviceVpdField: Element = element('field', { index: attr(text), value: body(text) })
const vpdField = (name: string): Element => element(name, { index: attr(text), value: body(text) })
export const nodeDeviceVpdFields: Element = element('fields', {
  access: attr(oneOf('readonly', 'readwrite')),
  changeLevel: leaf(text).as('change_level'),
  manufactureId: leaf(text).as('manufacture_id'),
  partNumber: leaf(text).as('part_number'),
  serialNumber: leaf(text).as('serial_number'),
  assetTag: leaf(text).as('asset_tag'),
  vendorFields: children(vpdField('vendor_field')),
  systemFields: children(vpdField('system_field')),
})
export const nodeDeviceMdevType: Element = element('type', {
  id: attr(text).required(missing("missing 'id' attribute of mediated device's <type> element")),
  name: leaf(text),
  deviceApi: leaf(text).as('deviceAPI'),
  availableInstances: leaf(uint),
})

const forAbility = (field: Field, ...types: string[]): Field => field.where('type', ...types)
/** A capability inside a capability. */
export const nodeDeviceAbility: Element = element('capability', {
  type: attr(ability).required(missing('missing capability type')),
  maxCount: forAbility(attr(uint), 'virt_functions').omit(0),
  wwnn: forAbility(leaf(text), 'fc_host'),
  rport: forAbility(leaf(text), 'fc_remote_port'),
  wwpn: forAbility(leaf(text), 'fc_host', 'fc_remote_port'),
  fabricWwn: forAbility(leaf(text).as('fabric_wwn'), 'fc_host'),
  maxVports: forAbility(leaf(int).as('max_vports'), 'vport_ops'),
  vports: forAbility(leaf(int), 'vport_ops'),
  addresses: forAbility(children(hostPciAddress), 'phys_function', 'virt_functions'),
  types: forAbility(children(nodeDeviceMdevType), 'mdev_types'),
  name: forAbility(leaf(text), 'vpd'),
  fields: forAbility(children(nodeDeviceVpdFields), 'vpd'),
  mediaAvailable: forAbility(leaf(text).as('media_available'), 'removable'),
  mediaSize: forAbility(leaf(text).as('media_size'), 'removable'),
  mediaLabel: forAbility(leaf(text).as('media_label'), 'removable'),
  logicalBlockSize: forAbility(leaf(text).as('logical_block_size'), 'removable'),
  numBlocks: forAbility(leaf(text).as('num_blocks'), 'removable'),
  cardType: forAbility(leaf(text).as('card_type'), 'qeth_generic', 'qeth_layer2', 'qeth_layer3'),
  chpid: forAbility(leaf(text), 'qeth_generic', 'qeth_layer2', 'qeth_layer3'),
  bridgePortRole: forAbility(leaf(text).as('bridge_role'), 'qeth_layer2'),
  groupDevice: forAbility(leaf(text).as('group_device'), 'ccwgroup_member'),
})

/** `<product id='0x…'>name</product>` */
export const nodeDeviceIdentity: Element = element('product', { id: attr(text), name: body(text) })
export const nodeDeviceVendor: Element = element('vendor', { id: attr(text), name: body(text) })
export const nodeDeviceHardware: Element = element('hardware', {
  vendor: leaf(text),
  version: leaf(text),
  serial: leaf(text),
  uuid: leaf(text),
})
export const nodeDeviceFirmware: Element = element('firmware', {
  vendor: leaf(text),
  version: leaf(text),
  releaseDate: leaf(text).as('release_date'),
})
export const nodeDeviceIommuGroup: Element = element('iommuGroup', {
  number: attr(uint),
  addresses: children(hostPciAddress),
})
export const nodeDevicePciLink: Element = element('link', {
  validity: attr(oneOf('cap', 'sta')),
  port: attr(uint),
  speed: attr(text),
  width: attr(uint),
})
export const nodeDeviceNetLink: Element = element('link', {
  speed: attr(uint).omit(0),
  state: attr(oneOf('unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up')),
})
export const nodeDeviceChannel: Element = element('channel_dev_addr', {
  cssid: leaf(text),
  ssid: leaf(text),
  devno: leaf(text),
})
export const nodeDeviceMember: Element = element('ccw_device', { ref: attr(text), name: body(text) })
export const nodeDeviceAttribute: Element = element('attr', { name: attr(text), value: attr(text) })

const at = (field: Field, ...types: string[]): Field => field.where('type', ...types)

/** A capability at the top: what the device is. */
export const nodeDeviceCapability: Element = element('capability', {
  type: attr(nodeDeviceType)
    .required(missing('missing capability type'))
    .bad(unsupported("unknown capability type '%s'")),
  block: at(leaf(text), 'storage'),
  number: at(leaf(text), 'usb'),
  class: at(leaf(text), 'pci', 'usb'),
  subclass: at(leaf(text), 'usb'),
  protocol: at(leaf(text), 'usb'),
  description: at(leaf(text), 'usb'),
  domain: at(leaf(text), 'pci'),
  host: at(leaf(text), 'scsi_host', 'scsi'),
  uniqueId: at(leaf(text).as('unique_id'), 'scsi_host'),
  bus: at(leaf(text), 'pci', 'usb_device', 'scsi', 'storage'),
  device: at(leaf(text), 'usb_device'),
  slot: at(leaf(text), 'pci'),
  function: at(leaf(text), 'pci'),
  driveType: at(leaf(text).as('drive_type'), 'storage'),
  model: at(leaf(text), 'storage'),
  product: by('type', { system: leaf(text), pci: child(nodeDeviceIdentity), usb_device: child(nodeDeviceIdentity) }),
  vendor: by('type', { storage: leaf(text), pci: child(nodeDeviceVendor), usb_device: child(nodeDeviceVendor) }),
  serial: at(leaf(text), 'storage'),
  hardware: at(child(nodeDeviceHardware), 'system'),
  firmware: at(child(nodeDeviceFirmware), 'system'),
  interface: at(leaf(text), 'net'),
  address: at(leaf(text), 'net'),
  link: at(child(nodeDeviceNetLink), 'net'),
  features: at(children(element('feature', { name: attr(text) })), 'net'),
  target: at(leaf(text), 'scsi', 'scsi_target'),
  lun: at(leaf(text), 'scsi'),
  kind: by('type', { scsi: leaf(text).as('type'), drm: leaf(oneOf('primary', 'control', 'render')).as('type') }),
  char: at(leaf(text), 'scsi_generic'),
  chardev: at(leaf(text), 'vdpa'),
  mdevType: at(only('id', text).as('type'), 'mdev'),
  uuid: at(leaf(text), 'mdev'),
  parentAddr: at(leaf(text).as('parent_addr'), 'mdev'),
  state: at(leaf(oneOf('online', 'offline')), 'ccwgroup'),
  cssid: at(leaf(text), 'ccw', 'css', 'ccwgroup'),
  ssid: at(leaf(text), 'ccw', 'css', 'ccwgroup'),
  devno: at(leaf(text), 'ccw', 'css', 'ccwgroup'),
  channel: at(child(nodeDeviceChannel), 'css'),
  members: at(wrapped('members', nodeDeviceMember), 'ccwgroup'),
  adapter: at(leaf(text).as('ap-adapter'), 'ap_card', 'ap_queue'),
  apDomain: at(leaf(text).as('ap-domain'), 'ap_queue'),
  size: at(leaf(text), 'storage'),
  logicalBlockSize: at(leaf(text).as('logical_block_size'), 'storage'),
  numBlocks: at(leaf(text).as('num_blocks'), 'storage'),
  capabilities: children(nodeDeviceAbility),
  iommuGroup: at(child(nodeDeviceIommuGroup), 'pci', 'mdev'),
  numa: at(only('node', int), 'pci'),
  pciExpress: at(child(element('pci-express', { links: children(nodeDevicePciLink) }).keepEmpty()), 'pci'),
  attributes: at(children(nodeDeviceAttribute), 'mdev'),
}).keepOpen()

export const nodeDevice: Element = element('device', {
  name: leaf(text),
  path: leaf(text).when('live'),
  devnodes: children(element('devnode', { type: attr(oneOf('dev', 'link')).required(), path: body(text) })),
  parent: leaf(text),
  driver: child(element('driver', { name: leaf(text) })).when('live'),
  capabilities: children(nodeDeviceCapability),
})
