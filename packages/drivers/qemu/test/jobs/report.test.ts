// SPDX-License-Identifier: LGPL-2.1-or-later
import { toPlain } from '@virt/core'
import { expect, it } from 'vitest'
import { JobData, JobOperation } from '../../src/jobs/data.js'
import { migrationReport } from '../../src/jobs/figures.js'
import { jobInfo, jobParams } from '../../src/jobs/report.js'

// As QEMU 7.2 answers it.
const reply = {
  status: 'active',
  'setup-time': 3,
  'total-time': 1200,
  'expected-downtime': 300,
  ram: {
    total: 1_000_000,
    'postcopy-requests': 0,
    'dirty-sync-count': 2,
    'multifd-bytes': 0,
    'pages-per-second': 40,
    'page-size': 4096,
    remaining: 200_000,
    mbps: 8,
    transferred: 700_000,
    duplicate: 11,
    'dirty-pages-rate': 5,
    skipped: 0,
    'normal-bytes': 409_600,
    normal: 100,
  },
}

it('reads what QEMU says, and tells it under the names of job statistics', () => {
  const data = new JobData(JobOperation.migrationOut, { started: 1000 })
  data.status = 'migrating'
  const report = migrationReport(reply)
  expect(report).toMatchObject({ word: 'active', error: undefined, blocked: [] })
  data.figures = report.figures
  data.mirrors = { total: 50n, transferred: 20n }
  expect(jobParams(data, 3500).shape.names).toEqual([
    'operation',
    'time_elapsed',
    'downtime',
    'setup_time',
    'data_total',
    'data_processed',
    'data_remaining',
    'memory_total',
    'memory_processed',
    'memory_remaining',
    'memory_bps',
    'memory_constant',
    'memory_normal',
    'memory_normal_bytes',
    'memory_dirty_rate',
    'memory_iteration',
    'memory_postcopy_requests',
    'memory_page_size',
    'disk_total',
    'disk_processed',
    'disk_remaining',
  ])
  expect(toPlain(jobParams(data, 3500))).toMatchObject({
    operation: 5,
    timeElapsed: 2500n,
    dataTotal: 1_000_050n,
    dataProcessed: 700_020n,
    dataRemaining: 200_030n,
    memoryBps: 1_000_000n,
    memoryIteration: 2n,
    diskRemaining: 30n,
  })
  expect(jobInfo(data, 3500)).toMatchObject({ type: 2, timeElapsed: 2500n, memTotal: 1_000_000n, fileRemaining: 30n })
})

it('takes off how far the clocks of two hosts differ', () => {
  const data = new JobData(JobOperation.migrationOut, { started: 0 })
  data.delta = 30n
  data.elapsed = 100n
  data.figures = { downtime: 50n }
  data.status = 'completed'
  expect(toPlain(jobParams(data, 9999))).toMatchObject({
    timeElapsed: 100n,
    timeElapsedNet: 70n,
    downtime: 50n,
    downtimeNet: 20n,
  })
})

it('knows of a guest that never migrated, and of one that cannot', () => {
  expect(migrationReport({})).toEqual({ word: 'none', figures: {}, error: undefined, blocked: [] })
  expect(migrationReport({ 'blocked-reasons': ['a', 'b'] }).blocked).toEqual(['a', 'b'])
  expect(() => migrationReport([])).toThrow('not an object')
  expect(jobInfo(undefined, 0).type).toBe(0)
})
