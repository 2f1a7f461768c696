// SPDX-License-Identifier: LGPL-2.1-or-later
// <device> of the host: what it is, in one capability whose type decides which elements there are.
import { ErrorNumber } from '@virt/core'
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
} from '../../lang/field.js'
import { form, wwn } from '../../lang/forms.js'
import { int, oneOf, text, token, uint, uuid, type Value } from '../../lang/value.js'
import type { ReadContext } from '../../runtime/context.js'
import { all, needs } from '../../strict/needs.js'
import type { NodeDeviceCapability, NodeDeviceParent, NodeDevicePciExpress, NodeDevicePciLink } from '../types.gen.js'
import {
  nodeDeviceChannelAbility,
  nodeDeviceGroupAbility,
  nodeDeviceHostAbility,
  nodeDeviceMatrixAbility,
  nodeDeviceNetAbility,
  nodeDevicePciAbility,
  nodeDeviceStorageAbility,
  nodeDeviceSubchannelAbility,
  nodeDeviceTargetAbility,
  places,
} from './abilities.js'
import {
  about,
  adapter,
  adapterDomain,
  addressed,
  amount,
  channelPart,
  fault,
  identity,
  index,
  linkSpeed,
  linkWidth,
  malformed,
  netFeatures,
  notNegative,
  pciClass,
  place,
  signed,
  supplied,
  unreadable,
  unsupported,
  wrongDomain,
} from './faults.js'

const path = form(text, /\/[a-zA-Z0-9_+\-/%]+/)
const uuidForm = /[a-fA-F0-9]{32}|[a-fA-F0-9]{8}-([a-fA-F0-9]{4}-){3}[a-fA-F0-9]{12}/

/** What a device is. */
const deviceTypes = [
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
]
const knownTypes: ReadonlySet<string> = new Set([...deviceTypes, ...Object.keys(unreadable)])
export const nodeDeviceType: Value = {
  ...oneOf(...deviceTypes),
  parse: (raw) => (knownTypes.has(raw) ? raw : undefined),
  strict: (raw) => deviceTypes.includes(raw),
}

const id = (what: string): Field => supplied(attr(identity).orEmpty(), what)
/** `<product id='0x…'>name</product>` */
function named(name: string, what: string): Element {
  return element(name, { id: id(what), name: body(text) })
}
export const nodeDevicePciProduct: Element = named('product', 'PCI product ID')
export const nodeDevicePciVendor: Element = named('vendor', 'PCI vendor ID')
export const nodeDeviceUsbProduct: Element = named('product', 'USB product ID')
export const nodeDeviceUsbVendor: Element = named('vendor', 'USB vendor ID')
const made = (one: Element, what: string): Field => child(one).required(fault(`no ${what} supplied`))
/** libvirt looks for the product after the vendor. */
const model = (one: Element, what: string): Field => child(one).late(fault(`no ${what} supplied`))

const noUuid = fault('no system UUID supplied')
export const nodeDeviceHardware: Element = element('hardware', {
  vendor: leaf(text),
  version: leaf(text),
  serial: leaf(text),
  uuid: leaf(form(uuid, uuidForm)).required(noUuid).bad(fault('malformed uuid element')),
})
  .ordered()
  .keepOpen()
export const nodeDeviceFirmware: Element = element('firmware', {
  vendor: leaf(text),
  version: leaf(text),
  releaseDate: leaf(text).as('release_date'),
})
  .ordered()
  .keepOpen()
export const nodeDeviceIommuGroup: Element = element('iommuGroup', {
  number: attr(uint).default(0).orEmpty().bad(fault('invalid iommuGroup number attribute')).must(),
}).tolerates({ addresses: places() })
/** Of a PCI device: the devices of the group are told. */
export const nodeDevicePciGroup: Element = element('iommuGroup', {
  number: attr(index).required(),
  addresses: places().must(),
}).if(({ addresses }: { addresses: readonly unknown[] }) => addresses.length > 0)

const linkKinds = ['cap', 'sta']
const ofLink = (field: Field): Field => field.where('validity', ...linkKinds)
export const nodeDevicePciLink: Element = element('link', {
  validity: attr(oneOf(...linkKinds))
    .lax()
    .must(),
  port: ofLink(attr(form(int, /[0-9]{1,10}/)).if(notNegative('port'))),
  speed: ofLink(attr(linkSpeed).orEmpty()),
  width: ofLink(attr(linkWidth).required()),
})
/** What a link can do comes before what it does; the first of each counts. */
export const nodeDevicePciExpress: Element = element('pci-express', { links: children(nodeDevicePciLink) })
  .keepEmpty()
  .finish((express: NodeDevicePciExpress) => {
    const first = (validity: string): NodeDevicePciLink[] =>
      express.links.filter((link) => link.validity === validity).slice(0, 1)
    express.links = linkKinds.flatMap(first)
  })
export const nodeDeviceNetLink: Element = element('link', {
  speed: attr(uint).omit(0),
  state: attr(oneOf('unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up')).orEmpty(),
})
export const nodeDeviceNetFeature: Element = element('feature', {
  name: attr(form(oneOf(...netFeatures), /[a-zA-Z\-_]+/))
    .required(malformed('missing network device feature name'))
    .bad(malformed("unknown network device feature '%s'")),
})
export const nodeDeviceChannel: Element = element('channel_dev_addr', {
  cssid: channelPart('cssid'),
  ssid: channelPart('ssid'),
  devno: channelPart('devno'),
})
const noRef = { number: ErrorNumber.XML_ERROR, message: about('Missing ref property on ccw_device in members') }
export const nodeDeviceMember: Element = element('ccw_device', {
  ref: attr(text).required(noRef),
  name: body(text),
}).keepOpen()
export const nodeDeviceAttribute: Element = element('attr', {
  name: attr(token).orEmpty().must(),
  value: attr(token).orEmpty().must(),
})

const at = (field: Field, ...types: string[]): Field => field.where('type', ...types)

/** Capabilities whose elements may stand in any order. */
const interleaved: ReadonlySet<string> = new Set(['mdev', 'css', 'ccw', 'ccwgroup'])
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
/** What strict checking wants besides what the parser wants, by type. */
const needed: Readonly<Record<string, readonly string[]>> = {
  system: ['hardware', 'firmware'],
  scsi_generic: ['char'],
  storage: ['block'],
  mdev: ['<type>'],
  ccwgroup: ['capability'],
  vdpa: ['chardev'],
}
/** One list each for the capabilities inside, which every kind of device has its own of. */
const abilities: Readonly<Record<string, Field>> = {
  pci: children(nodeDevicePciAbility).unique('type'),
  net: children(nodeDeviceNetAbility).unique('type'),
  scsi_host: children(nodeDeviceHostAbility).unique('type'),
  scsi_target: children(nodeDeviceTargetAbility).unique('type'),
  storage: children(nodeDeviceStorageAbility).unique('type'),
  css: children(nodeDeviceSubchannelAbility).unique('type'),
  ccw: children(nodeDeviceChannelAbility).unique('type'),
  ccwgroup: children(nodeDeviceGroupAbility).unique('type'),
  ap_matrix: children(nodeDeviceMatrixAbility).unique('type'),
}

/** Keeps a size that is no number until it is known whether anybody wants it. */
const size: Value = { ...amount, parse: (raw) => amount.parse(raw) ?? raw, settled: amount.parse }

/** A capability at the top: what the device is. */
export const nodeDeviceCapability: Element = element('capability', {
  type: attr(nodeDeviceType).required(),
  block: at(leaf(path), 'storage').required(fault('no block device path supplied')),
  number: at(supplied(leaf(index), 'USB interface number'), 'usb'),
  class: by('type', {
    pci: leaf(pciClass).bad(fault('invalid PCI class supplied')).if(notNegative('class')),
    usb: supplied(leaf(index), 'USB interface class'),
  }),
  subclass: at(supplied(leaf(index), 'USB interface subclass'), 'usb'),
  protocol: at(supplied(leaf(index), 'USB interface protocol'), 'usb'),
  description: at(leaf(text), 'usb'),
  domain: at(supplied(leaf(index), 'PCI domain ID'), 'pci'),
  // A host adapter that is being created is given its number.
  host: by('type', {
    scsi_host: supplied(leaf(index), 'SCSI host ID').readWhen('!create'),
    scsi: supplied(leaf(index), 'SCSI host ID'),
  }),
  uniqueId: at(leaf(signed).as('unique_id').omit(-1), 'scsi_host')
    .bad(fault('invalid unique_id supplied'))
    .readWhen('!create'),
  bus: by('type', {
    pci: supplied(leaf(place), 'PCI bus ID'),
    usb_device: supplied(leaf(index), 'USB bus number'),
    scsi: supplied(leaf(index), 'SCSI bus ID'),
    storage: leaf(text),
  }),
  device: at(supplied(leaf(index), 'USB device number'), 'usb_device'),
  slot: at(supplied(leaf(place), 'PCI slot ID'), 'pci'),
  function: at(supplied(leaf(place), 'PCI function ID'), 'pci'),
  driveType: at(leaf(text).as('drive_type'), 'storage'),
  model: at(leaf(text), 'storage'),
  product: by('type', {
    system: leaf(text),
    pci: model(nodeDevicePciProduct, 'PCI product ID'),
    usb_device: model(nodeDeviceUsbProduct, 'USB product ID'),
  }),
  vendor: by('type', {
    storage: leaf(text),
    pci: made(nodeDevicePciVendor, 'PCI vendor ID'),
    usb_device: made(nodeDeviceUsbVendor, 'USB vendor ID'),
  }),
  serial: at(leaf(text), 'storage'),
  hardware: at(child(nodeDeviceHardware), 'system').required(noUuid),
  firmware: at(child(nodeDeviceFirmware), 'system'),
  interface: at(leaf(text), 'net').required(fault('no network interface supplied')),
  address: at(leaf(form(text, /([a-fA-F0-9]{2}:){5}[a-fA-F0-9]{2}/)), 'net'),
  link: at(child(nodeDeviceNetLink), 'net'),
  features: at(children(nodeDeviceNetFeature), 'net'),
  target: by('type', {
    scsi: supplied(leaf(index), 'SCSI target ID'),
    scsi_target: leaf(text).required(fault('no target name supplied')),
  }),
  lun: at(supplied(leaf(index), 'SCSI LUN ID'), 'scsi'),
  kind: by('type', {
    scsi: leaf(text).as('type'),
    drm: leaf(oneOf('primary', 'control', 'render'))
      .as('type')
      .required(unsupported("unknown drm type '(null)'"))
      .bad(unsupported("unknown drm type '%s'")),
  }),
  char: at(leaf(text), 'scsi_generic'),
  chardev: at(leaf(path), 'vdpa'),
  mdevType: at(only('id', token).as('type').orEmpty(), 'mdev'),
  uuid: at(leaf(form(uuid, uuidForm)), 'mdev').bad({
    number: ErrorNumber.INTERNAL_ERROR,
    message: "Invalid uuid '%s' for new mdev device",
  }),
  parentAddr: at(leaf(text).as('parent_addr'), 'mdev'),
  state: at(leaf(oneOf('online', 'offline')), 'ccwgroup', 'ccw').bad(unsupported("unknown state '%s'")),
  cssid: at(channelPart('cssid'), 'ccw', 'css', 'ccwgroup'),
  ssid: at(channelPart('ssid'), 'ccw', 'css', 'ccwgroup'),
  devno: at(channelPart('devno'), 'ccw', 'css', 'ccwgroup'),
  channel: at(child(nodeDeviceChannel), 'css'),
  members: at(wrapped('members', nodeDeviceMember), 'ccwgroup'),
  adapter: at(addressed(leaf(adapter).as('ap-adapter'), 'ap-adapter'), 'ap_card', 'ap_queue'),
  apDomain: at(addressed(leaf(adapterDomain).as('ap-domain'), 'ap-domain').bad(wrongDomain), 'ap_queue'),
  size: at(leaf(size), 'storage'),
  logicalBlockSize: at(leaf(amount).as('logical_block_size').lax(), 'storage'),
  numBlocks: at(leaf(amount).as('num_blocks').lax(), 'storage'),
  capabilities: by('type', abilities),
  iommuGroup: by('type', { pci: child(nodeDevicePciGroup), mdev: child(nodeDeviceIommuGroup) }),
  numa: at(only('node', int).orEmpty(), 'pci')
    .bad(fault('invalid NUMA node ID supplied'))
    .if(notNegative('numa'))
    .may(),
  pciExpress: at(child(nodeDevicePciExpress), 'pci'),
  attributes: at(children(nodeDeviceAttribute), 'mdev'),
})
  .keepOpen()
  .ordered(({ values }) => !interleaved.has(String(values.get('type'))))
  .strict(all(needs('type', needed), inGroups))
  .finish((capability: NodeDeviceCapability, context: ReadContext) => {
    if (capability.type === 'storage') checkSize(capability, context)
    if (capability.type === 'mdev' && capability.mdevType === undefined)
      context.fail(about('missing type id attribute')('', context.parent() ?? {}), ErrorNumber.CONFIG_UNSUPPORTED)
  })

type Storage = Extract<NodeDeviceCapability, { type: 'storage' }>

/** A device says its size, or that of the medium in it: then nobody looks at its own. */
function checkSize(storage: Storage, context: ReadContext): void {
  const removable = storage.capabilities.some(({ type }) => type === 'removable')
  const wrong = typeof storage.size === 'bigint' ? undefined : storage.size === undefined ? 'no' : 'invalid'
  if (removable) storage.size = undefined
  else if (wrong !== undefined)
    context.fail(about(`${wrong} size supplied`)('', context.parent() ?? {}), ErrorNumber.INTERNAL_ERROR)
}

/** Of a new vHBA the parent may be said by what it is called on the fabric instead; libvirt finds it by that. */
const strictParent = element('parent', {
  wwnn: attr(wwn),
  wwpn: attr(wwn),
  fabricWwn: attr(wwn).as('fabric_wwn'),
  name: body(text),
})
const never = (): boolean => false
export const nodeDeviceParent: Element = element('parent', {
  wwnn: attr(token).orEmpty().if(never),
  wwpn: attr(token).orEmpty().if(never),
  fabricWwn: attr(token).as('fabric_wwn').orEmpty().if(never),
  name: body(text),
}).finish(({ wwnn, wwpn }: NodeDeviceParent, context: ReadContext) => {
  if (wwnn !== undefined && wwpn === undefined)
    context.fail(`when providing parent wwnn='${wwnn}', the wwpn must also be provided`)
  if (wwpn !== undefined && wwnn === undefined)
    context.fail(`when providing parent wwpn='${wwpn}', the wwnn must also be provided`)
})

export const nodeDevice: Element = element('device', {
  name: leaf(text).readWhen('!create').required({ number: ErrorNumber.NO_NAME, message: '' }),
  path: leaf(text).when('live'),
  devnodes: children(element('devnode', { type: attr(oneOf('dev', 'link')).required(), path: body(text) }).keepOpen()),
  parent: child(nodeDeviceParent).strictly(strictParent),
  driver: child(element('driver', { name: leaf(text) })).when('live'),
  capabilities: children(nodeDeviceCapability),
}).keepOpen()
