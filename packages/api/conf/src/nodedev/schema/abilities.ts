// SPDX-License-Identifier: LGPL-2.1-or-later
// What a device can do besides what it is: capabilities inside a capability. Each kind of device has its own.

import { hostPciAddress } from '../../common/schema/addresses.js'
import {
  attr,
  body,
  type Complaint,
  children,
  type Element,
  element,
  type Field,
  type Fields,
  leaf,
} from '../../lang/field.js'
import { form, wwn } from '../../lang/forms.js'
import { oneOf, text, token, uint, type Value } from '../../lang/value.js'
import type { ReadContext } from '../../runtime/context.js'
import { needs } from '../../strict/needs.js'
import type { NodeDeviceMdevType, NodeDevicePciAbility, NodeDeviceVpdFields } from '../types.gen.js'
import { amount, available, fault, malformed, signed, unsupported } from './faults.js'

const short = form(text, /.{0,255}/)

const vpdField = (name: string, index: RegExp): Element => {
  const one: Value = { ...form(text, index), parse: (raw) => (raw.length === 1 ? raw : undefined) }
  const malformedIndex = malformed(`'${name}' 'index' value '%s' malformed`)
  return element(name, { index: attr(one).required().bad(malformedIndex), value: body(short) })
}

/** Of several fields of one index the last counts; those of an index that the standard does not have are dropped. */
function indexed<T extends { index?: string | undefined }>(fields: readonly T[], index: RegExp): T[] {
  const byIndex = new Map<string, T>()
  for (const field of fields) if (index.test(field.index ?? '')) byIndex.set(field.index as string, field)
  return [...byIndex.values()]
}

/** The asset tag under the name it has in the data of the device. */
const assetTagIndex = 'A'

const accesses = ['readonly', 'readwrite']
export const nodeDeviceVpdFields: Element = element('fields', {
  access: attr(oneOf(...accesses))
    .required()
    .bad(malformed("Unsupported VPD field access type '%s'")),
  changeLevel: leaf(short).as('change_level'),
  manufactureId: leaf(short).as('manufacture_id'),
  partNumber: leaf(short).as('part_number'),
  serialNumber: leaf(short).as('serial_number'),
  assetTag: leaf(short).as('asset_tag'),
  vendorFields: children(vpdField('vendor_field', /[0-9A-Z]/)),
  systemFields: children(vpdField('system_field', /[0-9B-Z]/)),
})
  .ordered()
  .keepOpen()
  .finish((fields: NodeDeviceVpdFields) => {
    fields.vendorFields = indexed(fields.vendorFields, /^[0-9A-Z]$/)
    if (fields.access === 'readwrite') {
      const tag = fields.systemFields.find(({ index }) => index === assetTagIndex)
      if (tag !== undefined) fields.assetTag = tag.value
      fields.changeLevel = fields.manufactureId = fields.partNumber = fields.serialNumber = undefined
      fields.systemFields = indexed(fields.systemFields, /^[0-9B-Z]$/)
    } else {
      fields.assetTag = undefined
      fields.systemFields = []
    }
  })

const noId = malformed("missing 'id' attribute for mediated device's <type> element")
/** A type of mediated devices that can be made of a device. */
export const nodeDeviceMdevType: Element = element('type', {
  id: attr(token).required(noId).bad(noId),
  name: leaf(text),
  deviceApi: leaf(form(text, /\s*vfio-(pci|ccw|ap)\s*/))
    .as('deviceAPI')
    .must(),
  availableInstances: leaf(uint).lax().must(),
})
  .ordered()
  .finish(({ id, deviceApi, availableInstances }: NodeDeviceMdevType, context: ReadContext) => {
    if (deviceApi === undefined) context.fail(`missing device API for mediated device type '${id}'`)
    if (availableInstances === undefined)
      context.fail(`missing number of available instances for mediated device type '${id}'`)
  })

const placeParts = ['domain', 'bus', 'slot', 'function']
/** A place in which strict checking wants every part. */
const wholePlace = element('address', hostPciAddress.fields).strict(({ attributes }) =>
  placeParts.every((part) => attributes.has(part)) ? undefined : 'a part of the address is missing',
)
export const places = (): Field => children(hostPciAddress).strictly(wholePlace)

/** Types of the capabilities a kind of device has, with what libvirt says when there is none or another. */
interface Kinds {
  types: readonly string[]
  missing?: Complaint | 'general'
  unknown?: Complaint
  /** Others are not looked at. */
  lax?: true
}

function ability({ types, missing, unknown, lax }: Kinds, fields: Fields = {}): Element {
  const type = attr(oneOf(...types))
  if (missing !== undefined) type.required(missing === 'general' ? undefined : missing)
  else type.must()
  if (unknown !== undefined) type.bad(unknown)
  if (lax) type.lax()
  if (missing === undefined) type.orEmpty()
  return element('capability', { type, ...fields })
}

const of = (field: Field, ...types: string[]): Field => field.where('type', ...types)
const noType = malformed('Missing capability type')
const mdevTypes = (): Field => of(children(nodeDeviceMdevType), 'mdev_types').must()
const groupDevice = (): Field =>
  of(leaf(text).as('group_device'), 'ccwgroup_member').required(unsupported('missing group_device value'))

export const nodeDevicePciAbility: Element = ability(
  {
    types: ['phys_function', 'virt_functions', 'pci-bridge', 'cardbus-bridge', 'mdev_types', 'vpd'],
    missing: noType,
    lax: true,
  },
  {
    maxCount: of(attr(uint), 'virt_functions').omit(0).orEmpty().bad(malformed("Malformed 'maxCount' parameter")),
    addresses: of(places(), 'phys_function', 'virt_functions'),
    types: mdevTypes(),
    name: of(leaf(text), 'vpd').required(malformed('Could not read a device name from the <name> element')),
    fields: of(children(nodeDeviceVpdFields).unique('access'), 'vpd'),
  },
)
  .ordered()
  .finish((ability: NodeDevicePciAbility, context: ReadContext) => {
    if (ability.type === 'phys_function' && ability.addresses.length === 0)
      context.fail("Missing address in 'phys_function' capability")
    if (ability.type !== 'vpd') return
    const { fields } = ability
    ability.fields = accesses.flatMap((access) => fields.filter((one) => one.access === access).slice(-1))
  })

export const nodeDeviceNetAbility: Element = ability({
  types: ['80203', '80211'],
  unknown: unsupported('invalid network type supplied'),
})

export const nodeDeviceHostAbility: Element = ability(
  {
    types: ['fc_host', 'vport_ops'],
    missing: fault('missing SCSI host capability type'),
    unknown: fault("unknown SCSI host capability type '%s'"),
  },
  {
    wwnn: of(leaf(wwn), 'fc_host'),
    wwpn: of(leaf(wwn), 'fc_host'),
    fabricWwn: of(leaf(wwn).as('fabric_wwn'), 'fc_host'),
    maxVports: of(leaf(signed).as('max_vports'), 'vport_ops').lax(),
    vports: of(leaf(signed), 'vport_ops').lax(),
  },
)
  .ordered()
  .strict(needs('type', { fc_host: ['wwnn', 'wwpn'], vport_ops: ['max_vports', 'vports'] }))

export const nodeDeviceTargetAbility: Element = ability(
  {
    types: ['fc_remote_port'],
    missing: fault('missing type for SCSI target capability'),
    unknown: fault("unknown SCSI target capability type '%s'"),
  },
  {
    rport: of(leaf(text), 'fc_remote_port').required(fault('missing rport name')),
    wwpn: of(leaf(wwn), 'fc_remote_port').required(fault('missing wwpn identifier')),
  },
).ordered()

export const nodeDeviceStorageAbility: Element = ability(
  {
    types: ['removable', 'hotpluggable'],
    missing: fault('missing storage capability type'),
    unknown: fault("unknown storage capability type '%s'"),
  },
  {
    mediaAvailable: of(leaf(available).as('media_available'), 'removable').default(false).must(),
    mediaSize: of(leaf(amount).as('media_size'), 'removable')
      .required(fault('no removable media size supplied'))
      .bad(fault('invalid removable media size supplied')),
    mediaLabel: of(leaf(text).as('media_label'), 'removable'),
    logicalBlockSize: of(leaf(amount).as('logical_block_size'), 'removable').lax(),
    numBlocks: of(leaf(amount).as('num_blocks'), 'removable').lax(),
  },
).ordered()

export const nodeDeviceSubchannelAbility: Element = ability(
  { types: ['mdev_types', 'ccwgroup_member'], missing: noType, lax: true },
  { types: mdevTypes(), groupDevice: groupDevice() },
).ordered()

export const nodeDeviceChannelAbility: Element = ability(
  { types: ['ccwgroup_member'], lax: true },
  { groupDevice: groupDevice() },
)

export const nodeDeviceGroupAbility: Element = ability(
  { types: ['qeth_generic', 'qeth_layer2', 'qeth_layer3'], missing: 'general' },
  {
    cardType: leaf(text).as('card_type').must(),
    chpid: leaf(text).must(),
    bridgePortRole: of(leaf(text).as('bridge_role'), 'qeth_layer2'),
  },
)

export const nodeDeviceMatrixAbility: Element = ability(
  { types: ['mdev_types'], missing: noType, lax: true },
  { types: mdevTypes() },
)
