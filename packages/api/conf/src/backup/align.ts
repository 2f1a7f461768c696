// SPDX-License-Identifier: LGPL-2.1-or-later
// The disks of a backup made to match those of the guest.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { isEmptySource, sourcePath } from '../domain/disk-source.js'
import type { Disk, Domain } from '../domain/types.gen.js'
import type { BackupPullDisk, BackupPushDisk, DomainBackup } from './types.gen.js'

type BackupDisk = BackupPushDisk | BackupPullDisk

function unsupported(message: string): never {
  throw virtError(ErrorNumber.CONFIG_UNSUPPORTED, ErrorDomain.DOMAIN, message)
}

const hasStore = (disk: BackupDisk) => sourcePath(disk.store) !== undefined

function complete<T extends BackupDisk>(asked: T, disk: Disk, incremental: string | undefined, suffix: string): T {
  const made = { ...asked }
  if (!made.backup) return made
  made.incremental ??= made.backupmode === 'full' ? undefined : incremental
  made.backupmode ??= made.incremental === undefined ? 'full' : 'incremental'
  if (made.backupmode === 'incremental' && made.incremental === undefined)
    unsupported(`disk '${made.name}' is configured for incremental backup but no incremental point is configured`)
  if (hasStore(made)) {
    if (isEmptySource(disk.source)) unsupported(`disk '${made.name}' has no media`)
    if (disk.readonly) unsupported(`backup of readonly disk '${made.name}' makes no sense`)
  } else if (!isEmptySource(disk.source) && !disk.readonly) {
    if (disk.source.type !== 'file') unsupported(`refusing to generate file name for disk '${made.name}'`)
    made.store = { ...made.store, type: 'file', file: `${disk.source.file}.${suffix}` } as T['store']
  }
  return made
}

/**
 * One entry for each disk of the guest: those the backup names, as it orders them, then the others (mirrors
 * `virDomainBackupAlignDisks`).
 * @param suffix what names of new files end with
 * @throws VirtError CONFIG_UNSUPPORTED for requests that no disk can follow
 * @since 0.1.0
 */
export function alignBackupDisks(backup: DomainBackup, domain: Domain, suffix: string): readonly BackupDisk[] {
  const disks = new Map((domain.devices?.disks ?? []).map((disk) => [disk.target?.dev ?? '', disk]))
  if (disks.size === 0) unsupported('domain must have at least one disk to perform backup')
  const all = backup.disks.length === 0
  const named = new Set<string>()
  const asked = (backup.disks as readonly BackupDisk[]).map((request) => {
    const disk = disks.get(request.name)
    if (!disk) unsupported(`no disk named '${request.name}'`)
    if (named.has(request.name)) unsupported(`disk '${request.name}' specified twice`)
    named.add(request.name)
    return complete(request, disk, backup.incremental, suffix)
  })
  for (const [name, disk] of disks) {
    if (named.has(name)) continue
    const wanted = all && !isEmptySource(disk.source) && disk.readonly !== true
    const made: BackupDisk = { name, backup: wanted, store: { type: 'file', slices: [], seclabels: [] } }
    asked.push(complete(made, disk, backup.incremental, suffix))
  }
  return asked
}
