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
  type StrictRule,
  wrapped,
} from '../lang/field.js'
import { form, wwn } from '../lang/forms.js'
import { int, oneOf, text, uint, type Value } from '../lang/value.js'
import { all, needs } from '../strict/needs.js'

const missing = (message: string) => ({ number: ErrorNumber.XML_ERROR, message })
const unsupported = (message: string) => ({ number: ErrorNumber.CONFIG_UNSUPPORTED, message })

const path = form(text, /\/[a-zA-Z0-9_+\-/%]+/)
const number = leaf(form(text, /[0-9]{1,20}/))
const amount = form(text, /[0-9]{1,20}/)
const id = form(text, /(0x)?[0-9a-f]+/)
const short = form(text, /.{0,255}/)
const adapter = form(text, /0x[0-9a-fA-F]{1,2}|\s*\+?0*([01]?[0-9]?[0-9]|2[0-4][0-9]|25[0-5])\s*/)
const channel = {
  cssid: form(text, /0x[0-9a-eA-E][0-9a-fA-F]?|0x[fF][0-9a-eA-E]?|\s*\+?0*([01]?[0-9]?[0-9]|2[0-4][0-9]|25[0-4])\s*/),
  ssid: form(text, /(0x)?[0-3]/),
  devno: form(text, /0x[0-9a-fA-F]{1,4}|\s*\+?[0-9]{1,5}\s*/),
}

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
const vpdField = (name: string, index: RegExp): Element =>
  element(name, { index: attr(form(text, index)).must(), value: body(short) })
export const nodeDeviceVpdFields: Element = element('fields', {
  access: attr(oneOf('readonly', 'readwrite')).must(),
  changeLevel: leaf(short).as('change_level'),
  manufactureId: leaf(short).as('manufacture_id'),
  partNumber: leaf(short).as('part_number'),
  serialNumber: leaf(short).as('serial_number'),
  assetTag: leaf(short).as('asset_tag'),
  vendorFields: children(vpdField('vendor_field', /[0-9A-Z]/)),
  systemFields: children(vpdField('system_field', /[0-9B-Z]/)),
}).ordered()
export const nodeDeviceMdevType: Element = element('type', {
  id: attr(text).required(missing("missing 'id' attribute of mediated device's <type> element")),
  name: leaf(text),
  deviceApi: leaf(form(text, /\s*vfio-(pci|ccw|ap)\s*/))
    .as('deviceAPI')
    .must(),
  availableInstances: leaf(uint).must(),
}).ordered()

const placeParts = ['domain', 'bus', 'slot', 'function']
/** A place in which strict checking wants every part. */
const wholePlace = element('address', hostPciAddress.fields).strict(({ attributes }) =>
  placeParts.every((part) => attributes.has(part)) ? undefined : 'a part of the address is missing',
)

const forAbility = (field: Field, ...types: string[]): Field => field.where('type', ...types)
/** A capability inside a capability. */
export const nodeDeviceAbility: Element = element('capability', {
  type: attr(ability).required(missing('missing capability type')),
  maxCount: forAbility(attr(uint), 'virt_functions').omit(0),
  wwnn: forAbility(leaf(wwn), 'fc_host'),
  rport: forAbility(leaf(text), 'fc_remote_port'),
  wwpn: forAbility(leaf(wwn), 'fc_host', 'fc_remote_port'),
  fabricWwn: forAbility(leaf(wwn).as('fabric_wwn'), 'fc_host'),
  maxVports: forAbility(leaf(int).as('max_vports'), 'vport_ops'),
  vports: forAbility(leaf(int), 'vport_ops'),
  addresses: forAbility(children(hostPciAddress).strictly(wholePlace), 'phys_function', 'virt_functions'),
  types: forAbility(children(nodeDeviceMdevType), 'mdev_types').must(),
  name: forAbility(leaf(text), 'vpd'),
  fields: forAbility(children(nodeDeviceVpdFields).unique('access'), 'vpd'),
  mediaAvailable: forAbility(leaf(form(text, /\s*[01]\s*/)).as('media_available'), 'removable'),
  mediaSize: forAbility(leaf(amount).as('media_size'), 'removable'),
  mediaLabel: forAbility(leaf(text).as('media_label'), 'removable'),
  logicalBlockSize: forAbility(leaf(amount).as('logical_block_size'), 'removable'),
  numBlocks: forAbility(leaf(amount).as('num_blocks'), 'removable'),
  cardType: forAbility(leaf(text).as('card_type'), 'qeth_generic', 'qeth_layer2', 'qeth_layer3'),
  chpid: forAbility(leaf(text), 'qeth_generic', 'qeth_layer2', 'qeth_layer3'),
  bridgePortRole: forAbility(leaf(text).as('bridge_role'), 'qeth_layer2'),
  groupDevice: forAbility(leaf(text).as('group_device'), 'ccwgroup_member'),
})
  .ordered(({ values }) => !String(values.get('type')).startsWith('qeth'))
  .strict(
    needs('type', {
      fc_host: ['wwnn', 'wwpn'],
      vport_ops: ['max_vports', 'vports'],
      fc_remote_port: ['rport', 'wwpn'],
      removable: ['media_available', 'media_size'],
      vpd: ['name'],
      ccwgroup_member: ['group_device'],
      qeth_generic: ['card_type', 'chpid'],
      qeth_layer2: ['card_type', 'chpid'],
      qeth_layer3: ['card_type', 'chpid'],
    }),
  )

/** `<product id='0x…'>name</product>` */
export const nodeDeviceIdentity: Element = element('product', { id: attr(id).must(), name: body(text) })
export const nodeDeviceVendor: Element = element('vendor', { id: attr(id).must(), name: body(text) })
export const nodeDeviceHardware: Element = element('hardware', {
  vendor: leaf(text),
  version: leaf(text),
  serial: leaf(text),
  uuid: leaf(form(text, /[a-fA-F0-9]{32}|[a-fA-F0-9]{8}-([a-fA-F0-9]{4}-){3}[a-fA-F0-9]{12}/)).must(),
}).ordered()
export const nodeDeviceFirmware: Element = element('firmware', {
  vendor: leaf(text),
  version: leaf(text),
  releaseDate: leaf(text).as('release_date'),
}).ordered()
export const nodeDeviceIommuGroup: Element = element('iommuGroup', {
  number: attr(uint).must(),
  addresses: children(hostPciAddress),
})
/** Of a PCI device: the devices of the group are told. */
export const nodeDevicePciGroup: Element = element('iommuGroup', {
  ...nodeDeviceIommuGroup.fields,
  addresses: children(hostPciAddress).strictly(wholePlace).must(),
})
export const nodeDevicePciLink: Element = element('link', {
  validity: attr(oneOf('cap', 'sta')).must(),
  port: attr(uint),
  speed: attr(form(text, /[0-9]+(.[0-9]+)?/)),
  width: attr(uint).must(),
})
export const nodeDeviceNetLink: Element = element('link', {
  speed: attr(uint).omit(0),
  state: attr(oneOf('unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up')),
})
export const nodeDeviceChannel: Element = element('channel_dev_addr', {
  cssid: leaf(channel.cssid).must(),
  ssid: leaf(channel.ssid).must(),
  devno: leaf(channel.devno).must(),
})
export const nodeDeviceMember: Element = element('ccw_device', { ref: attr(text).must(), name: body(text) })
export const nodeDeviceAttribute: Element = element('attr', { name: attr(text).must(), value: attr(text).must() })

const at = (field: Field, ...types: string[]): Field => field.where('type', ...types)

/** Capabilities whose elements may stand in any order. */
const interleaved: ReadonlySet<string> = new Set(['mdev', 'css', 'ccw', 'ccwgroup'])
const channelParts = ['cssid', 'ssid', 'devno']
/** Parts of devices on channels, in the order of their groups: each group may stand in any order. */
const channelGroups: Readonly<Record<string, number>> = {
  state: 0,
  cssid: 1,
  ssid: 1,
  devno: 1,
  members: 2,
  capability: 3,
}
const inGroups: StrictRule = ({ attributes, sequence }) => {
  if (attributes.get('type') !== 'ccw' && attributes.get('type') !== 'ccwgroup') return undefined
  const odd = sequence.find((name, i) => (channelGroups[sequence[i - 1] ?? ''] ?? 0) > (channelGroups[name] ?? 0))
  return odd === undefined ? undefined : `${odd} is not at its place`
}
/** What strict checking wants, by type. */
const needed: Readonly<Record<string, readonly string[]>> = {
  system: ['hardware', 'firmware'],
  pci: ['domain', 'bus', 'slot', 'function', 'product', 'vendor'],
  usb_device: ['bus', 'device', 'product', 'vendor'],
  usb: ['number', 'class', 'subclass', 'protocol'],
  net: ['interface'],
  scsi_generic: ['char'],
  scsi_host: ['host'],
  scsi_target: ['target'],
  scsi: ['host', 'bus', 'target', 'lun'],
  storage: ['block'],
  drm: ['<type>'],
  mdev: ['<type>'],
  ccw: channelParts,
  ccwgroup: [...channelParts, 'capability'],
  css: channelParts,
  vdpa: ['chardev'],
  ap_card: ['ap-adapter'],
  ap_queue: ['ap-adapter', 'ap-domain'],
}

/** A capability at the top: what the device is. */
export const nodeDeviceCapability: Element = element('capability', {
  type: attr(nodeDeviceType)
    .required(missing('missing capability type'))
    .bad(unsupported("unknown capability type '%s'")),
  block: at(leaf(path), 'storage'),
  number: at(leaf(amount), 'usb'),
  class: by('type', { pci: leaf(form(text, /0x[0-9a-fA-F]{6}/)), usb: number }),
  subclass: at(leaf(amount), 'usb'),
  protocol: at(leaf(amount), 'usb'),
  description: at(leaf(text), 'usb'),
  domain: at(leaf(amount), 'pci'),
  host: at(leaf(amount), 'scsi_host', 'scsi'),
  uniqueId: at(leaf(amount).as('unique_id'), 'scsi_host'),
  bus: by('type', { pci: number, usb_device: number, scsi: number, storage: leaf(text) }),
  device: at(leaf(amount), 'usb_device'),
  slot: at(leaf(amount), 'pci'),
  function: at(leaf(amount), 'pci'),
  driveType: at(leaf(text).as('drive_type'), 'storage'),
  model: at(leaf(text), 'storage'),
  product: by('type', { system: leaf(text), pci: child(nodeDeviceIdentity), usb_device: child(nodeDeviceIdentity) }),
  vendor: by('type', { storage: leaf(text), pci: child(nodeDeviceVendor), usb_device: child(nodeDeviceVendor) }),
  serial: at(leaf(text), 'storage'),
  hardware: at(child(nodeDeviceHardware), 'system'),
  firmware: at(child(nodeDeviceFirmware), 'system'),
  interface: at(leaf(text), 'net'),
  address: at(leaf(form(text, /([a-fA-F0-9]{2}:){5}[a-fA-F0-9]{2}/)), 'net'),
  link: at(child(nodeDeviceNetLink), 'net'),
  features: at(children(element('feature', { name: attr(form(text, /[a-zA-Z\-_]+/)).must() })), 'net'),
  target: by('type', { scsi: number, scsi_target: leaf(text) }),
  lun: at(leaf(amount), 'scsi'),
  kind: by('type', { scsi: leaf(text).as('type'), drm: leaf(oneOf('primary', 'control', 'render')).as('type') }),
  char: at(leaf(text), 'scsi_generic'),
  chardev: at(leaf(path), 'vdpa'),
  mdevType: at(only('id', text).as('type'), 'mdev'),
  uuid: at(leaf(form(text, /[a-fA-F0-9]{32}|[a-fA-F0-9]{8}-([a-fA-F0-9]{4}-){3}[a-fA-F0-9]{12}/)), 'mdev'),
  parentAddr: at(leaf(text).as('parent_addr'), 'mdev'),
  state: at(leaf(oneOf('online', 'offline')), 'ccwgroup', 'ccw'),
  cssid: at(leaf(channel.cssid), 'ccw', 'css', 'ccwgroup'),
  ssid: at(leaf(channel.ssid), 'ccw', 'css', 'ccwgroup'),
  devno: at(leaf(channel.devno), 'ccw', 'css', 'ccwgroup'),
  channel: at(child(nodeDeviceChannel), 'css'),
  members: at(wrapped('members', nodeDeviceMember), 'ccwgroup'),
  adapter: at(leaf(adapter).as('ap-adapter'), 'ap_card', 'ap_queue'),
  apDomain: at(leaf(adapter).as('ap-domain'), 'ap_queue'),
  size: at(leaf(amount), 'storage'),
  logicalBlockSize: at(leaf(amount).as('logical_block_size'), 'storage'),
  numBlocks: at(leaf(amount).as('num_blocks'), 'storage'),
  capabilities: children(nodeDeviceAbility).unique('type'),
  iommuGroup: by('type', { pci: child(nodeDevicePciGroup), mdev: child(nodeDeviceIommuGroup) }),
  numa: at(only('node', int).may(), 'pci'),
  pciExpress: at(child(element('pci-express', { links: children(nodeDevicePciLink) }).keepEmpty()), 'pci'),
  attributes: at(children(nodeDeviceAttribute), 'mdev'),
})
  .keepOpen()
  .ordered(({ values }) => !interleaved.has(String(values.get('type'))))
  .strict(all(needs('type', needed), inGroups))

/** Of a new vHBA the parent may be said by what it is called on the fabric instead; libvirt finds it by that. */
const parent = element('parent', {
  wwnn: attr(wwn),
  wwpn: attr(wwn),
  fabricWwn: attr(wwn).as('fabric_wwn'),
  name: body(text),
})

export const nodeDevice: Element = element('device', {
  name: leaf(text).must(),
  path: leaf(text).when('live'),
  devnodes: children(element('devnode', { type: attr(oneOf('dev', 'link')).required(), path: body(text) })),
  parent: leaf(text).strictly(parent),
  driver: child(element('driver', { name: leaf(text) })).when('live'),
  capabilities: children(nodeDeviceCapability),
}).keepOpen()
