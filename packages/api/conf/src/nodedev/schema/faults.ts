// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt says of parts of a device that are missing or wrong, and values that only devices have.
import { ErrorNumber } from '@virt/core'
import { type Complaint, type Field, leaf } from '../../lang/field.js'
import { form } from '../../lang/forms.js'
import { hex, hexAny, int, oneOf, readInteger, uint, uintAny, ulong, type Value } from '../../lang/value.js'

/** What a device is called in errors; one that is being created has no name yet. */
export function nameOf({ name }: { readonly name?: unknown }): string {
  return typeof name === 'string' ? name : 'new device'
}

type Whole = Readonly<Record<string, unknown>>
/** A message that ends in the device's name. */
export const about =
  (text: string) =>
  (raw: string, whole: Whole): string =>
    `${text.replace('%s', () => raw)} for '${nameOf(whole)}'`
/** What is missing, or wrong, of most kinds of devices. */
export const fault = (text: string): Complaint => ({ number: ErrorNumber.INTERNAL_ERROR, message: about(text) })
/** The same of devices on channels, crypto adapters and mediated devices. */
export const unsupported = (text: string): Complaint => ({
  number: ErrorNumber.CONFIG_UNSUPPORTED,
  message: about(text),
})
/** What is wrong with the XML, as it stands. */
export const malformed = (message: string): Complaint => ({ number: ErrorNumber.XML_ERROR, message })

/** A field that has to be there and be of the value's form. */
export const supplied = (field: Field, what: string): Field =>
  field.required(fault(`no ${what} supplied`)).bad(fault(`invalid ${what} supplied`))

const digits = /[0-9]{1,20}/
/** A number of 32 bits. */
export const place: Value = form(uint, digits)
const printSigned = (value: number): string => String(value | 0)
/** The same, where libvirt prints it as if it had a sign. */
export const index: Value = form({ ...uint, print: printSigned }, digits)
/** A number of bytes or blocks. */
export const amount: Value = form(ulong, digits)
/** A number with a sign. */
export const signed: Value = form(int, digits)
/** A number of a vendor or product, in hexadecimal whether it says so or not. */
export const identity: Value = form(hex(4), /(0x)?[0-9a-f]+/)
/** The class of a PCI device: 24 bits; less than nothing is none. */
export const pciClass: Value = form(
  {
    ...hex(6),
    parse(raw) {
      const read = readInteger(raw, 16)
      return read === undefined || read < -0x80000000n || read > 0xffffffn ? undefined : Number(read)
    },
  },
  /0x[0-9a-fA-F]{6}/,
)
/** Whether a number of the record is none below zero. */
export const notNegative =
  (key: string) =>
  (record: Whole): boolean =>
    !(typeof record[key] === 'number' && record[key] < 0)
const adapterForm = /0x[0-9a-fA-F]{1,2}|\s*\+?0*([01]?[0-9]?[0-9]|2[0-4][0-9]|25[0-5])\s*/
export const adapter: Value = form(hexAny(2), adapterForm)
const mostDomains = 255
const narrowDomain = hexAny(4)
export const adapterDomain: Value = form(
  {
    ...narrowDomain,
    parse(raw) {
      const read = narrowDomain.parse(raw) as number | undefined
      return read === undefined || read > mostDomains ? undefined : read
    },
  },
  adapterForm,
)
const domainRange = about("ap-domain value '%s' is out of range")
const domainForm = about("invalid ap-domain value '%s'")
/** What is wrong with a domain of a crypto adapter. */
export const wrongDomain: Complaint = {
  number: ErrorNumber.CONFIG_UNSUPPORTED,
  message: (raw, whole) => (narrowDomain.parse(raw) === undefined ? domainForm : domainRange)(raw, whole),
}

/** Parts of an address on a channel. */
type ChannelPart = 'cssid' | 'ssid' | 'devno'
const channelForms: Readonly<Record<ChannelPart, Value>> = {
  cssid: form(
    hexAny(1),
    /0x[0-9a-eA-E][0-9a-fA-F]?|0x[fF][0-9a-eA-E]?|\s*\+?0*([01]?[0-9]?[0-9]|2[0-4][0-9]|25[0-4])\s*/,
  ),
  ssid: form(hexAny(1), /(0x)?[0-3]/),
  devno: form(hex(4), /0x[0-9a-fA-F]{1,4}|\s*\+?[0-9]{1,5}\s*/),
}
/** A field of an address on a channel. */
export const channelPart = (part: ChannelPart): Field => addressed(leaf(channelForms[part]), part)
/** A field that has to be there, of devices on channels and crypto adapters. */
export const addressed = (field: Field, name: string): Field =>
  field.required(unsupported(`missing ${name} value`)).bad(unsupported(`invalid ${name} value '%s'`))

/** Speeds of links, in GT/s. */
export const linkSpeed: Value = form(oneOf('2.5', '5', '8', '16', '32', '64'), /[0-9]+(.[0-9]+)?/)
/** How many lanes a link has. */
export const linkWidth: Value = form({ ...uintAny, print: printSigned }, /[0-9]{1,10}/)
/** What a network interface can do by itself, in libvirt's order. */
export const netFeatures: readonly string[] = [
  'rx',
  'tx',
  'sg',
  'tso',
  'gso',
  'gro',
  'lro',
  'rxvlan',
  'txvlan',
  'ntuple',
  'rxhash',
  'rdma',
  'txudptnl',
  'switchdev',
]
/** Types of devices that libvirt tells of, or asks for, but does not read, with the numbers it has for them. */
export const unreadable: Readonly<Record<string, number>> = {
  fc_host: 9,
  vports: 10,
  scsi_generic: 11,
  mdev_types: 13,
  vdpa: 17,
  vpd: 21,
}
/** `true` only for `1`, whatever else is there. */
export const available: Value = {
  ts: 'boolean',
  json: { type: 'boolean' },
  parse: (raw) => raw === '1',
  print: (value: boolean) => (value ? '1' : '0'),
  plain: true,
  strict: (raw) => /^\s*[01]\s*$/.test(raw),
}
