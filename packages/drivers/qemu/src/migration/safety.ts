// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a guest may migrate: what the caller asks has to go together, and the guest has to be one that arrives whole.
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Domain } from '@virt/conf'
import { ErrorNumber, type VirtError } from '@virt/core'
import { isEmpty } from '../devices/disks.js'
import { invalidArg, operationInvalid, qemuError } from '../errors.js'
import type { Settings } from '../host/settings.js'
import { copiedDisks, targetOf } from './disks.js'
import { copiesDisks, has, Migrate } from './flags.js'
import type { Side } from './phases.js'
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
    throw operationInvalid('this libvirtd instance allows migration only with VIR_MIGRATE_TLS flag')
}

/** One thing that flags must not ask for together. */
type FlagRule = readonly [wrong: (flags: number) => boolean, refusal: () => VirtError]

const offline =
  (wrong: (flags: number) => boolean) =>
  (flags: number): boolean =>
    has(flags, Migrate.offline) && wrong(flags)
const postcopy =
  (wrong: (flags: number) => boolean) =>
  (flags: number): boolean =>
    has(flags, Migrate.postcopy) && wrong(flags)
const tunnelled = (flags: number): boolean => has(flags, Migrate.tunnelled)

const offlineRules: readonly FlagRule[] = [
  [offline(copiesDisks), () => operationInvalid('offline migration cannot handle non-shared storage')],
  [
    offline((flags) => !has(flags, Migrate.persistDest)),
    () => operationInvalid('offline migration must be specified with the persistent flag set'),
  ],
  [offline(tunnelled), () => operationInvalid('tunnelled offline migration does not make sense')],
]
const postcopyRules: readonly FlagRule[] = [
  [
    postcopy((flags) => !has(flags, Migrate.live) || has(flags, Migrate.paused)),
    () => argument('post-copy migration is not supported with non-live or paused migration'),
  ],
  [postcopy(tunnelled), () => argument('post-copy is not supported with tunnelled migration')],
]

/** In the order that each side looks at them. */
const flagRules: Readonly<Record<Side, readonly FlagRule[]>> = {
  source: [
    ...postcopyRules,
    ...offlineRules,
    [
      (flags) => has(flags, Migrate.zerocopy) && !has(flags, Migrate.parallel),
      () => operationInvalid('zero-copy is only available for parallel migration'),
    ],
    [
      (flags) => copiesDisks(flags) && tunnelled(flags),
      () => unsupported('migration of non-shared storage is not supported with tunnelled migration and this QEMU'),
    ],
  ],
  destination: [...offlineRules, ...postcopyRules],
}

/** Flags that do not go together. @throws VirtError */
export function checkFlags(flags: number, side: Side): void {
  for (const [wrong, refusal] of flagRules[side]) if (wrong(flags)) throw refusal()
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

const diskLists = {
  migrate_disks: 'VIR_MIGRATE_PARAM_MIGRATE_DISKS',
  migrate_disks_detect_zeroes: 'VIR_MIGRATE_PARAM_MIGRATE_DISKS_DETECT_ZEROES',
} as const

/** Lists of disks have to name disks. @throws VirtError */
export function checkDiskLists(document: Domain, request: MigrationRequest, flags: number): void {
  const lists = Object.keys(diskLists) as (keyof typeof diskLists)[]
  for (const list of lists) {
    const names = request.texts(list)
    if (names.length > 0 && !copiesDisks(flags))
      throw unsupported(
        `use of '${diskLists[list]}' requires use of 'VIR_MIGRATE_NON_SHARED_DISK' or 'VIR_MIGRATE_NON_SHARED_INC' flag`,
      )
    for (const name of names)
      if (document.devices?.disks.some((disk) => targetOf(disk) === name) !== true)
        throw invalidArg(`disk target ${name} not found`)
  }
}
