// SPDX-License-Identifier: LGPL-2.1-or-later
// Which terminals QEMU has made for the guest's serial ports and consoles.

import type { Domain } from '@virt/conf'
import type { Json } from '@virt/core'
import { objectsOf, textOf } from '../monitor/json-access.js'

interface Characters {
  readonly type?: string | undefined
  readonly alias?: string | undefined
  readonly sources: readonly { readonly path?: string | undefined }[]
}

/** Paths by alias, of QEMU's answer to `query-chardev`. */
function pathsOf(answer: Json): Map<string, string> {
  const rows = objectsOf(answer, 'return').flatMap((one): [string, string][] => {
    const label = textOf(one, 'label') ?? ''
    const file = textOf(one, 'filename') ?? ''
    return label.startsWith('char') && file.startsWith('pty:') ? [[label.slice(4), file.slice(4)]] : []
  })
  return new Map(rows)
}

function named<T extends Characters>(list: readonly T[], paths: ReadonlyMap<string, string>): T[] {
  return list.map((one) => {
    const path = one.type === 'pty' ? paths.get(one.alias ?? '') : undefined
    return path === undefined ? one : { ...one, sources: [{ ...one.sources[0], path }] }
  })
}

/** The document with the terminals' names. @param answer of `query-chardev` */
export function withTerminals(document: Domain, answer: Json): Domain {
  const { devices } = document
  if (devices === undefined) return document
  const paths = pathsOf(answer)
  const serials = named(devices.serials, paths)
  const consoles = named(devices.consoles, paths).map((one, i) => {
    // The first console is the first serial port once more, where it says so.
    const serial = serials[0]
    const twin = i === 0 && serial !== undefined && (one.target?.type ?? 'serial') === 'serial'
    const own = twin ? { ...one, alias: serial.alias, sources: serial.sources } : one
    const tty = own.type === 'pty' ? own.sources[0]?.path : undefined
    return tty === undefined ? own : { ...own, tty }
  })
  return {
    ...document,
    devices: {
      ...devices,
      serials,
      parallels: named(devices.parallels, paths),
      channels: named(devices.channels, paths),
      consoles,
    },
  }
}
