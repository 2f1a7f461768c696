// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a guest may migrate: what the caller asks has to go together, and the guest has to be one that arrives whole.
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Domain } from '@virt/conf'
import { ErrorNumber, type VirtError } from '@virt/core'
import { isEmpty } from '../devices/disks.js'
import type { QemuDomain } from '../domain/record.js'
import { Reason, State } from '../domain/states.js'
import { invalidArg, operationInvalid, qemuError } from '../errors.js'
import type { Settings } from '../host/settings.js'
import { migrationReport } from '../jobs/figures.js'
import type { Run } from '../process/run.js'
import { copiedDisks, targetOf } from './disks.js'
import { copiesDisks, has, Migrate } from './flags.js'
import type { MigrationRequest } from './request.js'

function unsupported(detail: string): VirtError {
  return qemuError(ErrorNumber.OPERATION_UNSUPPORTED, detail)
}

function argument(detail: string): VirtError {
  return qemuError(ErrorNumber.ARGUMENT_UNSUPPORTED, detail)
}

/** @throws VirtError `operation-invalid` when TLS is wanted of every migration, and this one has none */
export function checkTlsForced(settings: Settings, flags: number): void {
  if (settings.migrate_tls_force && !has(flags, Migrate.tls | Migrate.tunnelled))
    throw operationInvalid('this libvirtd instance is configured to require TLS for migration, use VIR_MIGRATE_TLS')
}

/** Flags that do not go together, on both sides. @throws VirtError */
export function checkFlags(flags: number): void {
  const offline = has(flags, Migrate.offline)
  if (offline && copiesDisks(flags)) throw operationInvalid('offline migration cannot handle non-shared storage')
  if (offline && !has(flags, Migrate.persistDest))
    throw operationInvalid('offline migration must be specified with the persistent flag set')
  if (offline && has(flags, Migrate.tunnelled))
    throw operationInvalid('tunnelled offline migration does not make sense')
  const postcopy = has(flags, Migrate.postcopy)
  if (postcopy && (!has(flags, Migrate.live) || has(flags, Migrate.paused)))
    throw argument('post-copy migration is not supported with non-live or paused migration')
  if (postcopy && has(flags, Migrate.tunnelled)) throw argument('post-copy is not supported with tunnelled migration')
  if (has(flags, Migrate.zerocopy) && !has(flags, Migrate.parallel))
    throw operationInvalid('zero-copy is only available for parallel migration')
  if (copiesDisks(flags) && has(flags, Migrate.tunnelled))
    throw unsupported('migration of non-shared storage is not supported with tunnelled migration')
}

/** What this driver does not do: each would be left undone without a word. */
const missing: readonly (readonly [flag: number, what: string])[] = [
  [Migrate.tls, 'migration with TLS'],
  [Migrate.zerocopy, 'zero-copy migration'],
]

/** Flags that ask for more than this driver does, on both sides. @throws VirtError `operation-unsupported` */
export function checkDone(flags: number): void {
  for (const [flag, what] of missing) if (has(flags, flag)) throw unsupported(`${what} is not supported`)
}

/** What keeps a guest from leaving, as its document has it: in libvirt's order. */
const obstacles: readonly ((document: Domain) => VirtError | undefined)[] = [
  ({ cpu, clock }) => {
    const invtsc = cpu?.features.some(({ name, policy }) => name === 'invtsc' && policy === 'require') === true
    const frequency = clock?.timers?.some((timer) => timer.name === 'tsc' && (timer.frequency ?? 0n) !== 0n) === true
    return invtsc && !frequency ? operationInvalid('domain has CPU feature: invtsc') : undefined
  },
  ({ devices }) =>
    devices?.shmems?.some((one) => one.role !== 'master') === true
      ? operationInvalid('shmem device cannot be migrated')
      : undefined,
  ({ devices }) =>
    devices?.interfaces?.some((one) => one.type === 'vdpa') === true
      ? operationInvalid('vDPA devices cannot be migrated')
      : undefined,
  ({ devices }) =>
    devices?.disks.some((disk) => disk.transient !== undefined) === true
      ? operationInvalid('migration with transient disk is not supported')
      : undefined,
]

/**
 * Whether a guest that runs may leave, apart from its disks.
 * @throws VirtError
 */
export async function checkGuest(domain: QemuDomain, run: Run, flags: number): Promise<void> {
  const { blocked } = migrationReport(await run.monitor.command('query-migrate'))
  if (blocked.length > 0) throw operationInvalid(`cannot migrate domain: ${blocked.join('; ')}`)
  if (has(flags, Migrate.abortOnError) && domain.state === State.paused && domain.reason === Reason.paused.ioerror)
    throw operationInvalid('cannot migrate domain with I/O error')
  if (run.tied !== undefined) throw operationInvalid('domain is marked for auto destroy')
  for (const obstacle of obstacles) {
    const error = obstacle(domain.def)
    if (error !== undefined) throw error
  }
}

/** File systems that several hosts see, by their numbers. */
const sharedFileSystems: ReadonlySet<number> = new Set([
  0x6969, // NFS
  0x01161970, // GFS2
  0x7461636f, // OCFS2
  0x5346414f, // AFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB2
  0x00c36400, // Ceph
  0x47504653, // GPFS
  0x51626d6e, // Quobyte
  0x61636673, // ACFS
  0x0bd00bd0, // Lustre
])

/** Whether other hosts see a file. */
async function isShared(path: string, folders: readonly string[]): Promise<boolean> {
  if (folders.some((folder) => path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)))
    return true
  for (let at = path; ; at = dirname(at)) {
    const found = await statfs(at).catch(() => undefined)
    if (found !== undefined) return sharedFileSystems.has(Number(found.type) >>> 0)
    if (at === dirname(at)) return false
  }
}

/** @throws VirtError `migrate-unsafe` for a disk that the other host would not see as it is */
export async function checkDisks(
  settings: Settings,
  document: Domain,
  request: MigrationRequest,
  flags: number,
): Promise<void> {
  const copied = new Set(copiedDisks(document, request, flags))
  for (const disk of document.devices?.disks ?? []) {
    if (isEmpty(disk) || disk.readonly === true || copied.has(disk)) continue
    const { source } = disk
    const local =
      source.type === 'nvme' ||
      (source.type === 'file' && !(await isShared(source.file ?? '', settings.shared_filesystems ?? [])))
    if (local) throw qemuError(ErrorNumber.MIGRATE_UNSAFE, 'Migration without shared storage is unsafe')
  }
}

/** Lists of disks have to name disks. @throws VirtError */
export function checkDiskLists(document: Domain, request: MigrationRequest, flags: number): void {
  const lists = ['migrate_disks', 'migrate_disks_detect_zeroes'] as const
  for (const list of lists) {
    const names = request.texts(list)
    if (names.length > 0 && !copiesDisks(flags))
      throw unsupported(`use of '${list}' requires use of VIR_MIGRATE_NON_SHARED_DISK or VIR_MIGRATE_NON_SHARED_INC`)
    for (const name of names)
      if (document.devices?.disks.some((disk) => targetOf(disk) === name) !== true)
        throw invalidArg(`disk target ${name} not found`)
  }
}
