// SPDX-License-Identifier: LGPL-2.1-or-later
// <sysinfo> from what dmidecode prints.
import type { HostSysinfo, HostSysinfoTable } from '@virt/conf'

/** Arguments by which dmidecode prints what is read here. */
export const dmidecodeArguments: readonly string[] = ['-q', '-t', '0,1,2,3,4,11,17']

type Fields = readonly (readonly [entry: string, label: string])[]

const bios: Fields = [
  ['vendor', 'Vendor'],
  ['version', 'Version'],
  ['date', 'Release Date'],
  ['release', 'BIOS Revision'],
]
const system: Fields = [
  ['manufacturer', 'Manufacturer'],
  ['product', 'Product Name'],
  ['version', 'Version'],
  ['serial', 'Serial Number'],
  ['uuid', 'UUID'],
  ['sku', 'SKU Number'],
  ['family', 'Family'],
]
const baseBoard: Fields = [
  ['manufacturer', 'Manufacturer'],
  ['product', 'Product Name'],
  ['version', 'Version'],
  ['serial', 'Serial Number'],
  ['asset', 'Asset Tag'],
  ['location', 'Location In Chassis'],
]
const chassis: Fields = [
  ['manufacturer', 'Manufacturer'],
  ['version', 'Version'],
  ['serial', 'Serial Number'],
  ['asset', 'Asset Tag'],
  ['sku', 'SKU Number'],
]
const processor: Fields = [
  ['socket_destination', 'Socket Designation'],
  ['type', 'Type'],
  ['family', 'Family'],
  ['manufacturer', 'Manufacturer'],
  ['signature', 'Signature'],
  ['version', 'Version'],
  ['external_clock', 'External Clock'],
  ['max_speed', 'Max Speed'],
  ['status', 'Status'],
  ['serial_number', 'Serial Number'],
  ['part_number', 'Part Number'],
]
const memoryDevice: Fields = [
  ['size', 'Size'],
  ['form_factor', 'Form Factor'],
  ['locator', 'Locator'],
  ['bank_locator', 'Bank Locator'],
  ['type', 'Type'],
  ['type_detail', 'Type Detail'],
  ['speed', 'Speed'],
  ['manufacturer', 'Manufacturer'],
  ['serial_number', 'Serial Number'],
  ['part_number', 'Part Number'],
]

/**
 * parity: a field is the first text of its label after the title, wherever that stands. In complete tables it is in
 * the title's own table.
 */
function readTable(text: string, title: number, fields: Fields): HostSysinfoTable {
  const entries = fields.flatMap(([name, label]) => {
    const at = text.indexOf(`${label}: `, title)
    if (at < 0) return []
    const start = at + label.length + 2
    const end = text.indexOf('\n', start)
    return end < 0 ? [] : { name, value: text.slice(start, end).trimEnd() }
  })
  return { entries }
}

function readTables(text: string, title: string, fields: Fields): HostSysinfoTable[] {
  const tables: HostSysinfoTable[] = []
  for (let at = text.indexOf(title); at >= 0; at = text.indexOf(title, at + title.length))
    tables.push(readTable(text, at, fields))
  return tables.filter((table) => table.entries.length > 0)
}

function isEmptySlot({ entries }: HostSysinfoTable): boolean {
  return entries.some(({ name, value }) => name === 'size' && value === 'No Module Installed')
}

/** Gives the string of a number as it is in the firmware: `dmidecode --dump --oem-string NUMBER`. */
export type ReadOemString = (number: number) => Promise<string>

async function readOemStrings(text: string, exact: ReadOemString): Promise<HostSysinfoTable | undefined> {
  const entries: HostSysinfoTable['entries'][number][] = []
  for (let at = text.indexOf('OEM Strings\n'); at >= 0; at = text.indexOf('OEM Strings\n', at + 1)) {
    const lines = text.slice(at).split('\n').slice(1)
    for (const line of lines) {
      const match = /^\s+String (\d+): (.*)$/.exec(line)
      if (match?.[2] === undefined) break
      // A dot stands also for what cannot be printed.
      const value = match[2].includes('.') ? (await exact(Number(match[1]))).replace(/\n$/, '') : match[2].trimEnd()
      entries.push({ value })
    }
  }
  return entries.length === 0 ? undefined : { entries }
}

/**
 * Reads what dmidecode printed.
 * @param text output of `dmidecode` with `dmidecodeArguments`
 * @param exact gives strings of the maker that hold more than can be printed
 * @since 0.1.0, `virSysinfoRead`
 */
export async function readDmiSysinfo(text: string, exact: ReadOemString): Promise<HostSysinfo> {
  const first = (title: string, fields: Fields): HostSysinfoTable | undefined => readTables(text, title, fields)[0]
  return {
    type: 'smbios',
    bios: first('BIOS Information', bios),
    system: first('System Information', system),
    baseBoards: readTables(text, 'Base Board Information', baseBoard),
    chassis: first('Chassis Information', chassis),
    processors: readTables(text, 'Processor Information', processor),
    memoryDevices: readTables(text, 'Memory Device', memoryDevice).filter((device) => !isEmptySlot(device)),
    oemStrings: await readOemStrings(text, exact),
  }
}
