// SPDX-License-Identifier: LGPL-2.1-or-later
// <os>, <sysinfo>, <pm>: how the guest starts and what its firmware says.
import {
  attr,
  body,
  child,
  children,
  type Element,
  element,
  leaf,
  leaves,
  only,
  tagOf,
  wrapped,
} from '../../lang/field.js'
import { int, oneOf, text, uint, type Value, yesNo } from '../../lang/value.js'
import type { ReadContext } from '../../runtime/context.js'
import type { Os, Sysinfo, SysinfoGroup } from '../types.gen.js'
import { storageFormat, storageSource, storageType } from './storage.js'

export const osType: Element = element('type', { arch: attr(text), machine: attr(text), type: body(text) })

export const osLoader: Element = element('loader', {
  readonly: attr(yesNo),
  secure: attr(yesNo),
  type: attr(oneOf('rom', 'pflash')),
  stateless: attr(yesNo),
  format: attr(storageFormat),
  path: body(text),
})

export const osNvram: Element = element('nvram', {
  template: attr(text),
  templateFormat: attr(storageFormat),
  type: tagOf('source', 'type', storageType, storageSource),
  format: attr(storageFormat),
  path: body(text),
  source: child(storageSource),
})

export const osFirmwareFeature: Element = element('feature', {
  enabled: attr(yesNo).required(),
  name: attr(oneOf('enrolled-keys', 'secure-boot')).required(),
})

export const bootDevice: Value = oneOf('fd', 'hd', 'cdrom', 'network')

export const os: Element = element('os', {
  firmware: attr(oneOf('bios', 'efi')),
  type: child(osType),
  firmwareFeatures: wrapped('firmware', osFirmwareFeature),
  init: leaf(text),
  initargs: leaves(text).as('initarg'),
  initenvs: children(element('initenv', { name: attr(text), value: body(text) })),
  initdir: leaf(text),
  inituser: leaf(text),
  initgroup: leaf(text),
  loader: child(osLoader),
  nvram: child(osNvram),
  kernel: leaf(text),
  initrd: leaf(text),
  cmdline: leaf(text),
  dtb: leaf(text),
  root: leaf(text),
  acpi: wrapped(
    'acpi',
    element('table', { type: attr(oneOf('raw', 'rawset', 'slic', 'msdm')).required(), path: body(text) }),
  ),
  shim: leaf(text),
  boots: children(element('boot', { dev: attr(bootDevice).required() })),
  bootmenu: child(element('bootmenu', { enable: attr(yesNo).lax(), timeout: attr(uint) })),
  bios: child(element('bios', { useserial: attr(yesNo), rebootTimeout: attr(int) })),
  smbios: only('mode', oneOf('none', 'emulate', 'host', 'sysinfo')).omit('none'),
}).finish((os: Os, context: ReadContext) => {
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

/** A table of the firmware: entries are printed in the table's own order, unknown ones not at all. */
const group = (name: string): Element =>
  element(name, { entries: children(sysinfoEntry) })
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
}).finish((info: Sysinfo) => {
  info.baseBoards = info.baseBoards.filter((board) => board.entries.length > 0)
})

export const pm: Element = element('pm', {
  'suspend-to-mem': only('enabled', yesNo),
  'suspend-to-disk': only('enabled', yesNo),
})
