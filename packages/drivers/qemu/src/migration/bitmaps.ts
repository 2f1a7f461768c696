// SPDX-License-Identifier: LGPL-2.1-or-later
// Bitmaps of what has changed on a disk since it was backed up: with a disk that is copied they go along.
import type { Disk, Domain, MigrationCookie } from '@virt/conf'
import type { Json } from '@virt/core'
import { nodesOfDisk } from '../devices/disks.js'
import { imagesOf } from '../devices/image.js'
import { internalError } from '../errors.js'
import { asObject, booleanOf, numberOf, objectsOf, textOf } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'
import { storageNodes } from '../process/node-names.js'
import type { Run } from '../process/run.js'
import type { MigrationData } from './data.js'
import { copiedDisks, targetOf } from './disks.js'
import type { Migration } from './leaving.js'
import type { MigrationRequest } from './request.js'

/** A bitmap that is made for a migration only, and the node that has it. */
export interface TemporaryBitmap {
  readonly node: string
  readonly name: string
}

/** Bitmaps by disk, as cookies have them. */
export type Bitmaps = MigrationCookie['blockDirtyBitmaps']

/** The bitmaps of one image. */
interface Marked {
  readonly bitmaps: readonly JsonObject[]
  /** Whether its format has a place for them on disk. */
  readonly keeps: boolean
}

const nameOf = (bitmap: JsonObject): string => textOf(bitmap, 'name') ?? ''

async function markedNodes(run: Run): Promise<ReadonlyMap<string, Marked>> {
  const nodes = objectsOf(await run.monitor.command('query-named-block-nodes', { flat: true }), 'return')
  return new Map(
    nodes.map((node) => {
      const format = asObject(asObject(node.image)?.['format-specific'])
      const compat = format && textOf(asObject(format.data) ?? {}, 'compat')
      const keeps = format !== undefined && textOf(format, 'type') === 'qcow2' && compat !== '0.10'
      const bitmaps = node['dirty-bitmaps']
      return [
        textOf(node, 'node-name') ?? '',
        { bitmaps: Array.isArray(bitmaps) ? objectsOf(bitmaps, 'dirty-bitmaps') : [], keeps },
      ]
    }),
  )
}

function nodeOf(run: Run, disk: Disk): string {
  return nodesOfDisk({ has: (flag) => run.facts.caps.flags.has(flag) }, disk).image
}

/** The bitmaps that a source has of the disks that it copies. */
export async function offeredBitmaps(
  document: Domain,
  run: Run,
  request: MigrationRequest,
  flags: number,
): Promise<Bitmaps> {
  const disks = copiedDisks(document, request, flags)
  if (disks.length === 0) return []
  const nodes = await markedNodes(run)
  return disks.flatMap((disk) => {
    const target = targetOf(disk)
    // Those that QEMU copies by have no names.
    const whole = (nodes.get(nodeOf(run, disk))?.bitmaps ?? []).filter(
      (one) => nameOf(one) !== '' && booleanOf(one, 'inconsistent') !== true,
    )
    const bitmaps = whole.map((one) => ({ name: nameOf(one), alias: `libvirt-${target}-${nameOf(one)}` }))
    return bitmaps.length === 0 ? [] : [{ target, bitmaps }]
  })
}

function diskOf({ devices }: Domain, target: string): Disk {
  const disk = devices?.disks.find((one) => targetOf(one) === target)
  if (disk === undefined) throw internalError(`Couldn't find disk '${target}' for which there are bitmaps to migrate`)
  return disk
}

/** Those of a source's bitmaps that a destination has a place for. @throws VirtError for one of a disk that it does not have */
export async function acceptedBitmaps(
  { domain, run }: Pick<Migration, 'domain' | 'run'>,
  offered: Bitmaps,
): Promise<Bitmaps> {
  if (offered.length === 0) return []
  const nodes = await markedNodes(run)
  return offered.flatMap(({ target, bitmaps }) => {
    const marked = nodes.get(nodeOf(run, diskOf(domain.def, target)))
    if (marked?.keeps !== true) return []
    const there = new Set(marked.bitmaps.map(nameOf))
    const left = bitmaps.filter(({ name }) => !there.has(name))
    return left.length === 0 ? [] : [{ target, bitmaps: left }]
  })
}

/** How QEMU is told which bitmap is which at the other end. */
export function bitmapMapping(
  { domain, run }: Pick<Migration, 'domain' | 'run'>,
  disks: Bitmaps,
  temporary: boolean,
): Json[] {
  return disks.map(({ target, bitmaps }) => ({
    'node-name': nodeOf(run, diskOf(domain.def, target)),
    alias: target,
    bitmaps: bitmaps.map(({ name, alias }) => ({
      name: temporary ? temporaryName(alias) : name,
      alias,
      // What stands for it here is not kept on disk, what comes of it there is.
      ...(temporary ? { transform: { persistent: true } } : {}),
    })),
  }))
}

const temporaryName = (alias: string): string => `libvirt-migration-${alias}`

/**
 * Makes one bitmap of all that have its name in the images that a disk stands on: over there they are one image.
 * @throws VirtError for a bitmap that is not there any more
 */
export async function mergeBitmaps({ domain, run, data, job }: Migration, disks: Bitmaps): Promise<void> {
  if (disks.length === 0) return
  const nodes = await markedNodes(run)
  const actions: JsonObject[] = []
  const made: TemporaryBitmap[] = []
  for (const { target, bitmaps } of disks) {
    const disk = diskOf(domain.def, target)
    const node = nodeOf(run, disk)
    for (const { name, alias } of bitmaps) {
      const layers = [node, ...backingNodes(disk)].flatMap((one) => {
        const found = nodes.get(one)?.bitmaps.find((bitmap) => nameOf(bitmap) === name)
        return found === undefined ? [] : [{ node: one, granularity: numberOf(found, 'granularity') }]
      })
      const [own] = layers
      if (own === undefined) throw internalError(`bitmap '${name}' of disk '${target}' is gone`)
      const temporary = temporaryName(alias)
      const { granularity } = own
      actions.push({
        type: 'block-dirty-bitmap-add',
        data: {
          node,
          name: temporary,
          persistent: false,
          disabled: true,
          ...(granularity === undefined ? {} : { granularity }),
        },
      })
      const bitmapsOf = layers.map((layer) => ({ node: layer.node, name }))
      actions.push({ type: 'block-dirty-bitmap-merge', data: { node, target: temporary, bitmaps: bitmapsOf } })
      made.push({ node, name: temporary })
    }
  }
  // Written down first: whoever comes after this daemon takes them away.
  data.temporaryBitmaps = made
  job.changed()
  await domain.status?.saved()
  await run.monitor.command('transaction', { actions })
}

/** The nodes below a disk's own image. */
function backingNodes(disk: Disk): string[] {
  return imagesOf(disk)
    .images.slice(1)
    .map(({ index }) => storageNodes(index)[1])
}

/** Takes them away again. Those that are not there are none. */
export async function dropBitmaps({ run, data }: { readonly run: Run; readonly data: MigrationData }): Promise<void> {
  const left = data.temporaryBitmaps
  data.temporaryBitmaps = []
  for (const { node, name } of left)
    await run.monitor.command('block-dirty-bitmap-remove', { node, name }).catch(() => {})
}
