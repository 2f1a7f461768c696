// SPDX-License-Identifier: LGPL-2.1-or-later
// What firmware tells the guest of its machine.

import type { Sysinfo } from '@virt/conf'
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import type { Build } from '../command/build.js'
import { escapeComma } from '../command/props.js'
import { configUnsupported } from '../errors.js'

type Entries = {
  readonly entries: readonly { readonly name?: string | undefined; readonly value?: string | undefined }[]
}

/** Fields of a table, in their order: libvirt's names and QEMU's. */
type Fields = readonly (readonly [own: string, qemu: string])[]

const bios: Fields = [
  ['vendor', 'vendor'],
  ['version', 'version'],
  ['date', 'date'],
  ['release', 'release'],
]

const system: Fields = [
  ['manufacturer', 'manufacturer'],
  ['product', 'product'],
  ['version', 'version'],
  ['serial', 'serial'],
  ['uuid', 'uuid'],
  ['sku', 'sku'],
  ['family', 'family'],
]

const board: Fields = [
  ['manufacturer', 'manufacturer'],
  ['product', 'product'],
  ['version', 'version'],
  ['serial', 'serial'],
  ['asset', 'asset'],
  ['location', 'location'],
]

const chassis: Fields = [
  ['manufacturer', 'manufacturer'],
  ['version', 'version'],
  ['serial', 'serial'],
  ['asset', 'asset'],
  ['sku', 'sku'],
]

/** Tables of what somebody has made. */
const boards: ReadonlySet<number> = new Set([2, 3])

function table(build: Build, type: number, given: Entries | undefined, fields: Fields): void {
  if (given === undefined || given.entries.length === 0) return
  const values = new Map(given.entries.map(({ name, value }) => [name, value]))
  const parts = fields.flatMap(([own, qemu]) => {
    // parity: boards and chassis are always of a manufacturer.
    const value = values.get(own) ?? (boards.has(type) && own === 'manufacturer' ? '' : undefined)
    return value === undefined ? [] : [`${qemu}=${escapeComma(value)}`]
  })
  build.add('-smbios', [`type=${type}`, ...parts].join(','))
}

/** Tables of SMBIOS, from the document or as the host has them. */
function tables(build: Build, source: Extract<Sysinfo, { type: 'smbios' }>, own: boolean): void {
  table(build, 0, source.bios, bios)
  table(build, 1, source.system, system)
  // Boards and chassis of the host are its own affair.
  if (!own) return
  for (const one of source.baseBoards) table(build, 2, one, board)
  table(build, 3, source.chassis, chassis)
  const strings = source.oemStrings?.entries ?? []
  if (strings.length > 0)
    build.add('-smbios', ['type=11', ...strings.map(({ value = '' }) => `value=${escapeComma(value)}`)].join(','))
}

/** Values that the guest reads from the firmware configuration device. */
function firmwareValues(build: Build, { entries }: Extract<Sysinfo, { type: 'fwcfg' }>): void {
  for (const { name = '', value, file } of entries) {
    if (!name.startsWith('opt/')) throw configUnsupported('Invalid firmware name')
    if (/^opt\/(?:ovmf|org\.qemu|org\.libvirt)\//.test(name)) throw configUnsupported('That firmware name is reserved')
    const what = value === undefined ? `file=${escapeComma(file ?? '')}` : `string=${escapeComma(value)}`
    build.add('-fw_cfg', `name=${escapeComma(name)},${what}`)
  }
}

/** `-smbios`, `-fw_cfg` */
export function smbios(build: Build): void {
  const { os, sysinfos } = build.domain
  const mode = os?.smbios
  if (mode === 'sysinfo') {
    const given = sysinfos.find((one) => one.type === 'smbios')
    if (given?.type !== 'smbios')
      throw virtError(
        ErrorNumber.XML_ERROR,
        ErrorDomain.QEMU,
        `Domain '${build.domain.name}' sysinfo are not available`,
      )
    tables(build, given, true)
  } else if (mode === 'host') {
    const host = build.context.host.sysinfo?.()
    if (host === undefined) throw configUnsupported('Host SMBIOS information is not available')
    tables(build, host, false)
  }
  for (const one of sysinfos) if (one.type === 'fwcfg') firmwareValues(build, one)
}
