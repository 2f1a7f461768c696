// SPDX-License-Identifier: LGPL-2.1-or-later
// The disks of a snapshot made to match those of the guest.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { diskByName, isEmptySource, sourcePath } from '../domain/disk-source.js'
import type { Disk, Domain } from '../domain/types.gen.js'
import type { DomainSnapshot, SnapshotDisk, SnapshotLocation } from './types.gen.js'

/** How disks that a snapshot does not speak of are kept. */
export interface SnapshotAlignment {
  /** Where disks go that say nothing themselves. */
  location: SnapshotLocation
  /** Disks may not have an own opinion, in the snapshot or the guest, except not to be kept at all. */
  force?: boolean | undefined
  /** All of the disks must be kept the same way. */
  uniform?: boolean | undefined
  /** Whether new images can be named after this file. */
  isRegularFile?: ((path: string) => boolean) | undefined
}

function unsupported(message: string): never {
  throw virtError(ErrorNumber.CONFIG_UNSUPPORTED, ErrorDomain.DOMAIN_SNAPSHOT, message)
}

function locationOf({ location, force }: SnapshotAlignment, disk: Disk): SnapshotLocation {
  if (disk.snapshot === undefined || (force && disk.snapshot !== 'no')) return location
  return disk.snapshot
}

function requested(request: SnapshotDisk, disk: Disk, options: SnapshotAlignment): SnapshotDisk {
  const snapshot = request.snapshot ?? locationOf(options, disk)
  if (options.uniform && request.snapshot !== undefined && snapshot !== options.location)
    unsupported(`disk '${request.name}' must use snapshot mode '${options.location}'`)
  const path = sourcePath(request.source)
  if (path !== undefined && snapshot !== 'external')
    unsupported(`file '${path}' for disk '${request.name}' requires use of external snapshot mode`)
  return { ...request, name: disk.target?.dev ?? request.name, snapshot }
}

/** The file after which a new image of the disk is called. */
function newImage(disk: Disk, wanted: SnapshotDisk, name: string, { isRegularFile }: SnapshotAlignment): string {
  const { type } = wanted.source
  if (type !== 'file')
    unsupported(`cannot generate external snapshot name for disk '${wanted.name}' on a '${type}' device`)
  const path = sourcePath(disk.source)
  if (path === undefined) unsupported(`cannot generate external snapshot name for disk '${wanted.name}' without source`)
  if (isRegularFile && !isRegularFile(path))
    unsupported(`source for disk '${wanted.name}' is not a regular file; refusing to generate external snapshot name`)
  return `${path.replace(/\.[^./]*$/, '')}.${name}`
}

/**
 * One entry for each disk of the guest, in the guest's order (mirrors `virDomainSnapshotAlignDisks`).
 * @throws VirtError CONFIG_UNSUPPORTED for requests that no disk can follow
 * @since 0.1.0
 */
export function alignSnapshotDisks(
  snapshot: DomainSnapshot,
  domain: Domain,
  options: SnapshotAlignment,
): readonly SnapshotDisk[] {
  const disks = domain.devices?.disks ?? []
  if (snapshot.disks.length > disks.length) unsupported('too many disk snapshot requests for domain')
  const asked = new Map<Disk, SnapshotDisk>()
  for (const request of snapshot.disks) {
    const disk = diskByName(domain, request.name)
    if (!disk) unsupported(`no disk named '${request.name}'`)
    if (asked.has(disk)) unsupported(`disk '${request.name}' specified twice`)
    asked.set(disk, requested(request, disk, options))
  }
  return disks.map((disk) => {
    const kept = isEmptySource(disk.source) || disk.readonly ? 'no' : locationOf(options, disk)
    const aligned: SnapshotDisk = asked.get(disk) ?? {
      name: disk.target?.dev ?? '',
      snapshot: kept,
      source: { type: 'file', slices: [], seclabels: [] },
    }
    if (aligned.snapshot !== 'external' || sourcePath(aligned.source) !== undefined) return aligned
    const file = newImage(disk, aligned, snapshot.name ?? '', options)
    return { ...aligned, source: { ...aligned.source, type: 'file', file } as SnapshotDisk['source'] }
  })
}
