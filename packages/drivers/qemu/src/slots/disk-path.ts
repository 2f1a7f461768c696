// SPDX-License-Identifier: LGPL-2.1-or-later
// Finding the disk that a caller means: by its name within the guest, or by the path of its image.
import type { Disk, Domain } from '@virt/conf'
import { pathOf } from '../domain/disk-sizes.js'
import { invalidArg } from '../errors.js'

/** The disk; names begin with no slash, paths do. */
export function findDisk({ devices }: Domain, name: string): Disk | undefined {
  const disks = devices?.disks ?? []
  return name.startsWith('/')
    ? disks.find((disk) => pathOf(disk) === name)
    : disks.find((disk) => disk.target?.dev === name)
}

/** The disk. @throws VirtError `invalid-arg` when there is none */
export function requireDisk(document: Domain, name: string): Disk {
  const disk = findDisk(document, name)
  if (disk === undefined) throw invalidArg(`disk '${name}' not found in domain`)
  return disk
}
