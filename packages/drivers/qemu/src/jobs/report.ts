// SPDX-License-Identifier: LGPL-2.1-or-later
// What clients see of a long job: fields of `virDomainGetJobStats`, and the older structure.
import type { DomainJobInfo, ParamType, ParamValue, TypedParams } from '@virt/core'
import { Param } from '@virt/core'
import type { JobData } from './data.js'
import type { FigureName } from './figures.js'
import { JobType, jobTypeOf } from './status.js'

/** Milliseconds that the job has taken until `now`, or took. */
function elapsedOf(data: JobData, now: number): bigint {
  return data.elapsed ?? BigInt(Math.max(0, now - data.started))
}

interface Sums {
  readonly memory: readonly [total: bigint, processed: bigint, remaining: bigint]
  readonly disk: readonly [total: bigint, processed: bigint, remaining: bigint]
}

function sumsOf({ figures: f, mirrors }: JobData): Sums {
  return {
    memory: [f.memory_total ?? 0n, f.memory_processed ?? 0n, f.memory_remaining ?? 0n],
    disk: [
      (f.disk_total ?? 0n) + mirrors.total,
      (f.disk_processed ?? 0n) + mirrors.transferred,
      (f.disk_remaining ?? 0n) + mirrors.total - mirrors.transferred,
    ],
  }
}

const parts = ['total', 'processed', 'remaining'] as const

/** Fields of a job. @param now milliseconds since the epoch */
export function jobParams(data: JobData, now: number): TypedParams {
  const names: string[] = []
  const types: ParamType[] = []
  const values: ParamValue[] = []
  const add = (type: ParamType, name: string, value: ParamValue | undefined): void => {
    if (value === undefined) return
    names.push(name)
    types.push(type)
    values.push(value)
  }
  const long = (name: string, value: bigint | undefined): void => add(Param.ullong, name, value)
  const { figures, delta } = data
  const { memory, disk } = sumsOf(data)
  const elapsed = elapsedOf(data, now)
  const net = (value: bigint): bigint | undefined => (delta !== undefined && value > delta ? value - delta : undefined)
  const own = (...wanted: readonly FigureName[]): void => {
    for (const name of wanted) long(name, figures[name])
  }
  const three = (group: string, sums: readonly bigint[]): void =>
    parts.forEach((part, i) => void long(`${group}_${part}`, sums[i]))

  add(Param.int, 'operation', data.operation)
  long('time_elapsed', elapsed)
  long('time_elapsed_net', net(elapsed))
  long('downtime', figures.downtime)
  long('downtime_net', figures.downtime === undefined ? undefined : net(figures.downtime))
  long('setup_time', figures.setup_time)
  three(
    'data',
    memory.map((value, i) => value + (disk[i] ?? 0n)),
  )
  three('memory', memory)
  const rate = (name: FigureName): void => long(name, figures[name] || undefined)
  rate('memory_bps')
  own('memory_constant', 'memory_normal', 'memory_normal_bytes')
  long('memory_dirty_rate', figures.memory_dirty_rate ?? 0n)
  long('memory_iteration', figures.memory_iteration ?? 0n)
  long('memory_postcopy_requests', figures.memory_postcopy_requests ?? 0n)
  own('memory_page_size')
  if (data.measure === 'migration') {
    three('disk', disk)
    rate('disk_bps')
    own('compression_cache', 'compression_bytes', 'compression_pages')
    own('compression_cache_misses', 'compression_overflow')
    add(Param.int, 'auto_converge_throttle', Number(figures.auto_converge_throttle ?? 0n) || undefined)
    own('vfio_data_transferred')
  }
  return { shape: { names, types }, values }
}

/** The structure of older calls. */
export function jobInfo(data: JobData | undefined, now: number): DomainJobInfo {
  const { memory, disk } = data === undefined ? { memory: [0n, 0n, 0n], disk: [0n, 0n, 0n] } : sumsOf(data)
  const [memTotal = 0n, memProcessed = 0n, memRemaining = 0n] = memory
  const [fileTotal = 0n, fileProcessed = 0n, fileRemaining = 0n] = disk
  return {
    type: data === undefined ? JobType.none : jobTypeOf(data.status),
    timeElapsed: data === undefined ? 0n : elapsedOf(data, now),
    timeRemaining: 0n,
    dataTotal: memTotal + fileTotal,
    dataProcessed: memProcessed + fileProcessed,
    dataRemaining: memRemaining + fileRemaining,
    memTotal,
    memProcessed,
    memRemaining,
    fileTotal,
    fileProcessed,
    fileRemaining,
  }
}
