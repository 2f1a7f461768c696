// SPDX-License-Identifier: LGPL-2.1-or-later
// <os>, <sysinfo>, <pm>: how the guest starts and what its firmware says.
import { ErrorNumber } from '@virt/core'
import {
  attr,
  body,
  child,
  children,
  type Element,
  element,
  type Fields,
  leaf,
  leaves,
  only,
  tagOf,
  wrapped,
} from '../../lang/field.js'
import { absolutePath, architecture, except, form, genericName, integer } from '../../lang/forms.js'
import { int, narrow, oneOf, text, token, uint, uuid, type Value, yesNo } from '../../lang/value.js'
import type { ReadContext } from '../../runtime/context.js'
import type { Os, Sysinfo, SysinfoGroup } from '../types.gen.js'
import { storageFormat, storageSource, storageType } from './storage.js'

/** The place may be said by child elements instead, or be chosen. */
const placeOrNothing: Value = { ...text, strict: (raw) => !/\S/.test(raw) || absolutePath.strict?.(raw) === true }

/** Formats of flash images. */
const isFlash = (format: string): boolean => format === 'raw' || format === 'qcow2'
const flashFormat = narrow(form(storageFormat, /\s*(raw|qcow2)\s*/), isFlash)
const wrongFormat =
  (what: string) =>
  (raw: string): string | undefined =>
    storageFormat.members?.includes(raw) === true ? `Unsupported ${what} format '${raw}'` : undefined

export const osType: Element = element('type', {
  arch: attr(architecture),
  machine: attr(form(token, /[a-zA-Z0-9_.-]+/)),
  type: body(form(text, /\s*(xen|linux|xenpvh|hvm|exe)\s*/)),
})

export const osLoader: Element = element('loader', {
  readonly: attr(yesNo),
  secure: attr(yesNo),
  type: attr(oneOf('rom', 'pflash')),
  stateless: attr(yesNo),
  format: attr(flashFormat).bad(wrongFormat('loader')),
  path: body(placeOrNothing),
})

export const osNvram: Element = element('nvram', {
  template: attr(absolutePath),
  templateFormat: attr(flashFormat).bad(wrongFormat('nvram template')),
  type: tagOf('source', 'type', storageType, storageSource),
  format: attr(flashFormat).bad(wrongFormat('nvram')),
  path: body(placeOrNothing),
  source: child(storageSource),
})

export const osFirmwareFeature: Element = element('feature', {
  enabled: attr(yesNo).required(),
  name: attr(oneOf('enrolled-keys', 'secure-boot')).required(),
})

export const bootDevice: Value = oneOf('fd', 'hd', 'cdrom', 'network')

export const os: Element = element('os', {
  firmware: attr(oneOf('bios', 'efi')).orEmpty().bad('unknown firmware value %s'),
  type: child(osType).must(),
  firmwareFeatures: wrapped('firmware', osFirmwareFeature),
  init: leaf(absolutePath),
  initargs: leaves(text).as('initarg'),
  initenvs: children(
    element('initenv', { name: attr(form(text, /[a-zA-Z_]+[a-zA-Z0-9_]*/)).must(), value: body(text) }),
  ),
  initdir: leaf(absolutePath),
  inituser: leaf(genericName),
  initgroup: leaf(genericName),
  loader: child(osLoader),
  nvram: child(osNvram),
  kernel: leaf(absolutePath),
  initrd: leaf(absolutePath),
  cmdline: leaf(text),
  dtb: leaf(absolutePath),
  root: leaf(absolutePath),
  acpi: wrapped(
    'acpi',
    element('table', { type: attr(oneOf('raw', 'rawset', 'slic', 'msdm')).required(), path: body(absolutePath) }),
  ),
  shim: leaf(text),
  boots: children(element('boot', { dev: attr(bootDevice).required() })),
  bootmenu: child(element('bootmenu', { enable: attr(yesNo).must(), timeout: attr(integer(uint, 0, 65535)) })),
  bios: child(element('bios', { useserial: attr(yesNo), rebootTimeout: attr(integer(int, -1, 32767)) })),
  smbios: only('mode', except(oneOf('none', 'emulate', 'host', 'sysinfo'), 'none'))
    .omit('none')
    .bad({ number: ErrorNumber.CONFIG_UNSUPPORTED, message: "unknown smbios mode '%s'" }),
}).finish((os: Os, context: ReadContext) => {
  // A place of no type is none.
  if (os.nvram !== undefined && os.nvram.source?.type === undefined) delete os.nvram.source
  const tables = new Set<string>()
  for (const { type } of os.acpi) {
    if (tables.has(type)) context.fail(`ACPI table type '${type}' may only appear once`)
    if (type !== 'raw') tables.add(type)
  }
  // Definitions could once say them without effect.
  if (os.firmware === undefined && !context.has('abiUpdate')) os.firmwareFeatures = []
  if (os.type?.type !== 'exe') {
    delete os.init
    delete os.initdir
    delete os.inituser
    delete os.initgroup
    os.initargs = []
    os.initenvs = []
  }
  if (os.bootmenu?.enable !== true) delete os.bootmenu?.timeout
})

const orders: Readonly<Record<string, readonly string[]>> = {
  bios: ['vendor', 'version', 'date', 'release'],
  system: ['manufacturer', 'product', 'version', 'serial', 'uuid', 'sku', 'family'],
  baseBoard: ['manufacturer', 'product', 'version', 'serial', 'asset', 'location'],
  chassis: ['manufacturer', 'version', 'serial', 'asset', 'sku'],
}

export const sysinfoEntry: Element = element('entry', { name: attr(text), file: attr(text), value: body(text) })

/** What an entry has to be, by table. */
function strictEntry(table: string): Element {
  const names = orders[table]
  const name: Fields = names === undefined ? {} : { name: attr(oneOf(...names)).must() }
  return element('entry', { ...name, value: body(text) })
}

/** A table of the firmware: entries are printed in the table's own order, unknown ones not at all. */
const group = (name: string): Element =>
  element(name, {
    entries: children(sysinfoEntry)
      .strictly(() => strictEntry(name))
      .must(),
  })
    .finish((table: SysinfoGroup) => {
      const order = orders[name]
      if (!order) return
      const value = (one: string) => table.entries.find((entry) => entry.name === one && entry.value !== undefined)
      table.entries = order.flatMap((one) => value(one) ?? [])
    })
    .named(`Sysinfo${name.charAt(0).toUpperCase()}${name.slice(1)}`)

export const sysinfoGroup: Element = element('group', { entries: children(sysinfoEntry) })
const baseBoard = group('baseBoard')

export const sysinfo: Element = element('sysinfo', {
  type: attr(oneOf('smbios', 'fwcfg')).required(),
  bios: child(group('bios')),
  system: child(group('system')),
  baseBoards: children(baseBoard),
  chassis: child(group('chassis')),
  oemStrings: child(group('oemStrings')),
  entries: children(sysinfoEntry).where('type', 'fwcfg'),
}).finish((info: Sysinfo, context: ReadContext) => {
  if (info.type === 'fwcfg')
    for (const { name, value, file } of info.entries) {
      if (name === undefined) context.fail("Firmware entry is missing 'name' attribute")
      if (!value && file === undefined) context.fail("Firmware entry must have either value or 'file' attribute")
    }
  const own = info.system?.entries.find((entry) => entry.name === 'uuid')?.value
  if (own && uuid.parse(own) === undefined) context.fail('malformed <sysinfo> uuid element', ErrorNumber.XML_DETAIL)
  info.baseBoards = info.baseBoards.filter((board) => board.entries.length > 0)
})

export const pm: Element = element('pm', {
  'suspend-to-mem': only('enabled', yesNo).may(),
  'suspend-to-disk': only('enabled', yesNo).may(),
})
