// SPDX-License-Identifier: LGPL-2.1-or-later
// <sysinfo> of a host: what its firmware tells of it. That of a guest is a part of <domain>.
import { attr, body, child, children, type Element, element, type Field } from '../lang/field.js'
import { oneOf, text } from '../lang/value.js'

/** One fact by name; strings of the maker have none. */
export const hostSysinfoEntry: Element = element('entry', { name: attr(text), value: body(text) })
export const hostSysinfoTable: Element = element('table', { entries: children(hostSysinfoEntry) })

const table = (name: string): Field => child(hostSysinfoTable).as(name)
const tables = (name: string): Field => children(hostSysinfoTable).as(name)

export const hostSysinfo: Element = element('sysinfo', {
  type: attr(oneOf('smbios')).default('smbios'),
  bios: table('bios'),
  system: table('system'),
  baseBoards: tables('baseBoard'),
  chassis: table('chassis'),
  processors: tables('processor'),
  memoryDevices: tables('memory_device'),
  oemStrings: table('oemStrings'),
})
