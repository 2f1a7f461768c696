// SPDX-License-Identifier: LGPL-2.1-or-later
// Ways to a destination that exclude each other, or need each other.
import { invalidArg } from '../errors.js'
import { copiesDisks } from './flags.js'
import type { MigrationRequest } from './request.js'

/** Whether the ways that a caller names go together. @throws VirtError `invalid-arg` */
export function checkRoads(request: MigrationRequest, flags: number): void {
  const bySocket = request.text('migrate_uri')?.startsWith('unix:') === true
  if (request.has('disks_uri') && request.has('disks_port'))
    throw invalidArg('Both port and URI requested for disk migration while being mutually exclusive')
  if (bySocket && request.has('listen_address'))
    throw invalidArg('Usage of listen-address is forbidden when migration URI uses UNIX transport method')
  if (bySocket && copiesDisks(flags) && !request.has('disks_uri'))
    throw invalidArg('NBD URI must be supplied when migration URI uses UNIX transport method')
}
