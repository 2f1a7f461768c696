// SPDX-License-Identifier: LGPL-2.1-or-later
// Figures of a migration: what QEMU tells of it, under the names that libvirt's job statistics and cookies have.
import type { Json } from '@virt/core'
import { internalError } from '../errors.js'
import { asObject, bigintOf, doubleOf, textOf, textsOf } from '../monitor/json-access.js'
import type { JsonObject } from '../monitor/monitor.js'

/** Names of figures that come from QEMU. */
export type FigureName =
  | 'downtime'
  | 'setup_time'
  | 'memory_total'
  | 'memory_processed'
  | 'memory_remaining'
  | 'memory_bps'
  | 'memory_constant'
  | 'memory_normal'
  | 'memory_normal_bytes'
  | 'memory_dirty_rate'
  | 'memory_iteration'
  | 'memory_postcopy_requests'
  | 'memory_page_size'
  | 'disk_total'
  | 'disk_processed'
  | 'disk_remaining'
  | 'disk_bps'
  | 'compression_cache'
  | 'compression_bytes'
  | 'compression_pages'
  | 'compression_cache_misses'
  | 'compression_overflow'
  | 'auto_converge_throttle'
  | 'vfio_data_transferred'

/** Figures; those that are not known are absent. */
export type Figures = { readonly [K in FigureName]?: bigint | undefined }

/** What `query-migrate` answers. */
export interface MigrationReport {
  /** QEMU's word; `none` when there never was a migration. */
  readonly word: string
  readonly figures: Figures
  readonly error: string | undefined
  /** Why the guest cannot be migrated. */
  readonly blocked: readonly string[]
}

type Row = readonly [name: FigureName, member: string]
const memoryRows: readonly Row[] = [
  ['memory_total', 'total'],
  ['memory_processed', 'transferred'],
  ['memory_remaining', 'remaining'],
  ['memory_constant', 'duplicate'],
  ['memory_normal', 'normal'],
  ['memory_normal_bytes', 'normal-bytes'],
  ['memory_dirty_rate', 'dirty-pages-rate'],
  ['memory_iteration', 'dirty-sync-count'],
  ['memory_postcopy_requests', 'postcopy-requests'],
  ['memory_page_size', 'page-size'],
]
const diskRows: readonly Row[] = [
  ['disk_total', 'total'],
  ['disk_processed', 'transferred'],
  ['disk_remaining', 'remaining'],
]
const xbzrleRows: readonly Row[] = [
  ['compression_cache', 'cache-size'],
  ['compression_bytes', 'bytes'],
  ['compression_pages', 'pages'],
  ['compression_cache_misses', 'cache-miss'],
  ['compression_overflow', 'overflow'],
]

type Taken = { [K in FigureName]?: bigint }

function take(into: Taken, object: JsonObject | undefined, rows: readonly Row[]): void {
  if (object === undefined) return
  for (const [name, member] of rows) {
    const value = bigintOf(object, member)
    if (value !== undefined) into[name] = value
  }
}

/** Megabits a second as bytes. */
function rateOf(object: JsonObject | undefined): bigint {
  const mbps = object === undefined ? undefined : doubleOf(object, 'mbps')
  return mbps === undefined || !(mbps > 0) ? 0n : BigInt(Math.trunc((mbps * 1_000_000) / 8))
}

/** Reads what `query-migrate` answers. @throws VirtError for a malformed reply */
export function migrationReport(reply: Json): MigrationReport {
  const report = asObject(reply)
  if (report === undefined) throw internalError('query-migrate reply was not an object')
  const figures: Taken = {}
  take(figures, report, [
    ['setup_time', 'setup-time'],
    ['auto_converge_throttle', 'cpu-throttle-percentage'],
  ])
  const downtime = bigintOf(report, 'downtime') ?? bigintOf(report, 'expected-downtime')
  if (downtime !== undefined) figures.downtime = downtime
  const [ram, disk] = [asObject(report.ram), asObject(report.disk)]
  take(figures, ram, memoryRows)
  if (rateOf(ram) > 0n) figures.memory_bps = rateOf(ram)
  take(figures, disk, diskRows)
  if (rateOf(disk) > 0n) figures.disk_bps = rateOf(disk)
  take(figures, asObject(report['xbzrle-cache']), xbzrleRows)
  take(figures, asObject(report.vfio), [['vfio_data_transferred', 'transferred']])
  return {
    word: textOf(report, 'status') ?? 'none',
    figures,
    error: textOf(report, 'error-desc'),
    blocked: textsOf(report, 'blocked-reasons'),
  }
}
