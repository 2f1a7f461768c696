// SPDX-License-Identifier: LGPL-2.1-or-later
// Disks that boards take by number: SD cards. QEMU has no device for them that could be given a node, only its older option.
import { type Disk, diskIndex } from '@virt/conf'
import type { Build } from '../command/build.js'
import { listProps, type Props, type PropValue } from '../command/props.js'
import { type Image, imagesOf } from './image.js'
import { imageParts } from './storage.js'

/** Properties without what blocks of nodes alone have. */
const nodesOnly: ReadonlySet<string> = new Set(['node-name', 'read-only', 'auto-read-only', 'discard', 'cache'])

/** Properties inside properties, as lists have them: `file.server.0.host`. */
function flat(prefix: string, value: PropValue): [string, Exclude<PropValue, undefined>][] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null) return [[prefix, value]]
  const entries: [string, PropValue][] = Array.isArray(value)
    ? value.map((one, i) => [String(i), one])
    : Object.entries(value as Props)
  return entries.flatMap(([name, inner]) => flat(`${prefix}.${name}`, inner))
}

/** Where the bytes are. */
function sourceProps({ driver, filename, ...rest }: Props): Props {
  if (driver === 'file' || driver === 'host_device') return { file: filename }
  const own = Object.entries({ driver, filename, ...rest }).filter(([name]) => !nodesOnly.has(name))
  return Object.fromEntries(own.flatMap(([name, value]) => flat(`file.${name}`, value)))
}

/** `-drive` */
export function driveText(build: Build, disk: Disk): string {
  const [top] = imagesOf(disk).images
  const { objects, nodes } = imageParts(build, top as Image, undefined)
  for (const object of objects) build.object(object)
  const { driver, readonly } = disk
  return listProps(undefined, {
    ...sourceProps(nodes[0] as Props),
    format: driver?.type ?? 'raw',
    if: 'sd',
    index: diskIndex(disk.target?.dev ?? '') ?? 0,
    readonly: readonly === true ? true : undefined,
    cache: driver?.cache === 'default' ? undefined : driver?.cache,
    aio: driver?.io === 'default' ? undefined : driver?.io,
    discard: driver?.discard === 'default' ? undefined : driver?.discard,
  })
}
