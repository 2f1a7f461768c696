// SPDX-License-Identifier: LGPL-2.1-or-later
// Which disks of a guest a migration copies, and their sizes.
import type { Disk, Domain, MigrationCookie } from '@virt/conf'
import { isEmpty } from '../devices/disks.js'
import type { Run } from '../process/run.js'
import { BlockRows, blockQuestions } from '../stats/block-rows.js'
import { copiesDisks } from './flags.js'
import type { MigrationRequest } from './request.js'

/** The name a disk has in lists. */
export function targetOf(disk: Disk): string {
  return disk.target?.dev ?? ''
}

/** The name of a disk towards the other end: of its export, and of the job that copies it. */
export function driveOf(disk: Disk): string {
  return `drive-${disk.alias ?? targetOf(disk)}`
}

/** Disks that a migration copies. */
export function copiedDisks({ devices }: Domain, request: MigrationRequest, flags: number): Disk[] {
  if (!copiesDisks(flags)) return []
  const chosen = request.texts('migrate_disks')
  return (devices?.disks ?? []).filter((disk) => {
    if (chosen.length > 0) return chosen.includes(targetOf(disk))
    return disk.shareable !== true && disk.readonly !== true && !isEmpty(disk)
  })
}

/** What both ends tell of the disks: how large they are. @param port where the destination takes them */
export async function nbdOf({ devices }: Domain, run: Run, port?: number): Promise<MigrationCookie['nbd']> {
  const rows = BlockRows.of(await Promise.all(run.monitor.commands(blockQuestions)))
  return {
    port,
    disks: (devices?.disks ?? []).flatMap((disk) => {
      const { capacity } = rows.sizes(disk.source.index ?? 0)
      return capacity === undefined ? [] : [{ target: targetOf(disk), capacity }]
    }),
  }
}
