// SPDX-License-Identifier: LGPL-2.1-or-later
// Parts that networks, network ports and domain interfaces share.
import { ErrorNumber } from '@virt/core'
import { attr, child, children, type Element, element } from '../../lang/field.js'
import { except, form, within } from '../../lang/forms.js'
import { intAny, narrow, oneOf, token, uint, uintAny, ulong, uuid, type Value, yesNo } from '../../lang/value.js'
import type { ReadContext } from '../../runtime/context.js'
import type { Bandwidth, BandwidthRate, VirtualPort, VirtualPortParameters, Vlan } from '../types.gen.js'

export const virtualPortType: Value = oneOf('802.1Qbg', '802.1Qbh', 'openvswitch', 'midonet')

/** What is wrong with a number of a port: its form, or its size. */
const badNumber = (name: string, outOfRange: string) => (raw: string) =>
  (uintAny.parse(raw) ?? intAny.parse(raw)) !== undefined ? outOfRange : `cannot parse value of ${name} parameter`

/** A number of so many bits, in decimal or hexadecimal. */
const bits = (count: number): Value => ({
  ...narrow(uintAny, (n: number) => n < 2 ** count),
  strict: (raw) =>
    new RegExp(`^0x[0-9a-fA-F]{1,${count / 4}}$`).test(raw) || (/^[0-9]+$/.test(raw) && Number(raw) < 2 ** count),
})

export const virtualPortParameters: Element = element('parameters', {
  managerid: attr(bits(8)).bad(badNumber('managerid', 'value of managerid out of range')),
  typeid: attr(bits(24)).bad(badNumber('typeid', 'value for typeid out of range')),
  typeidversion: attr(bits(8)).bad(badNumber('typeidversion', 'value of typeidversion out of range')),
  instanceid: attr(uuid).bad('cannot parse instanceid parameter as a uuid'),
  interfaceid: attr(uuid).bad('cannot parse interfaceid parameter as a uuid'),
  profileid: attr(form(token, /[\s\S]{0,39}/)).orEmpty(),
})

const allowed: Readonly<Record<string, readonly (keyof VirtualPortParameters)[]>> = {
  '802.1Qbg': ['managerid', 'typeid', 'typeidversion', 'instanceid'],
  '802.1Qbh': ['profileid'],
  openvswitch: ['interfaceid', 'profileid'],
}

/** Parameters that do not belong to the port's type are an error; without a type any will do. */
export const virtualPort: Element = element('virtualport', {
  type: attr(virtualPortType).bad({ number: ErrorNumber.CONFIG_UNSUPPORTED, message: 'unknown virtualport type %s' }),
  parameters: child(virtualPortParameters),
})
  .strict(({ children, values }) =>
    values.get('type') === 'midonet' && !children.has('parameters') ? 'parameters are missing' : undefined,
  )
  .finish((port: VirtualPort, context: ReadContext) => {
    const names = port.type === undefined ? undefined : allowed[port.type]
    if (!names || !port.parameters) return
    for (const key of Object.keys(port.parameters) as (keyof VirtualPortParameters)[])
      if (!names.includes(key)) context.fail(`extra ${key} unsupported in <virtualport type='${port.type}'>`)
  })

const rate = () => attr(within(ulong, 1n, 18014398509481984n)).omit(0n)

export const bandwidthRate: Element = element('inbound', {
  average: rate().doc('KiB/s'),
  peak: rate().doc('KiB/s'),
  floor: rate().doc('KiB/s, inbound only'),
  burst: rate().doc('KiB'),
}).finish((rates: BandwidthRate, context: ReadContext) => {
  if (rates.average === undefined && rates.floor === undefined)
    context.fail('Missing mandatory average or floor attributes', ErrorNumber.XML_DETAIL)
  if ((rates.peak !== undefined || rates.burst !== undefined) && rates.average === undefined)
    context.fail("'peak' and 'burst' require 'average' attribute", ErrorNumber.CONFIG_UNSUPPORTED)
})

export const bandwidth: Element = element('bandwidth', {
  classID: attr(within(uint, 1, 0xffffffff))
    .printWhen('status')
    .anywhere(),
  inbound: child(bandwidthRate),
  outbound: child(bandwidthRate).as('outbound'),
}).finish((limits: Bandwidth, context: ReadContext) => {
  if (limits.outbound?.floor !== undefined)
    context.fail('floor attribute is not supported for this config', ErrorNumber.CONFIG_UNSUPPORTED)
})

export const vlanTag: Element = element('tag', {
  id: attr(within(uint, 0, 4095)).required(),
  nativeMode: attr(oneOf('tagged', 'untagged')),
})

/** VLAN tags; more than one makes it a trunk. */
export const vlan: Element = element('vlan', {
  trunk: attr(except(yesNo, 'no')).omit(false).orEmpty().bad('invalid "trunk=\'%s\'" in <vlan> - must be yes or no'),
  tags: children(vlanTag).must(),
}).finish((vlan: Vlan, context: ReadContext) => {
  if (vlan.tags.length === 0)
    context.fail("missing tag id - each <vlan> must have at least one <tag id='n'/> subelement")
  for (const { id } of vlan.tags) if (id > 4095) context.fail(`vlan tag id ${id} too large (maximum 4095)`)
  const native = vlan.tags.filter((tag) => tag.nativeMode !== undefined).length
  if (native > 1) context.fail('duplicate native vlan setting')
  if (vlan.trunk === false && vlan.tags.length > 1)
    context.fail("invalid \"trunk='no'\" in <vlan> - trunk='yes' is required for more than one vlan tag")
  if (vlan.trunk === false && native > 0)
    context.fail('invalid configuration in <vlan> - "trunk=\'no\'" is not allowed with a native vlan id')
  if (vlan.tags.length > 1) vlan.trunk = true
})

/** Whether a device forwards traffic between its own ports. */
export const portOptions: Element = element('port', { isolated: attr(yesNo) })
