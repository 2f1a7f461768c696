// SPDX-License-Identifier: LGPL-2.1-or-later
// Disks that are copied beside a migration: what QEMU's jobs for them tell.
import { bigintOf, objectsOf, textOf } from '../monitor/json-access.js'
import type { Run } from '../process/run.js'
import type { JobData } from './data.js'

/** One disk that is being copied. */
export interface DiskCopy {
  readonly target: string
  /** QEMU's job. */
  readonly id: string
  /** QEMU's word for how far the job is. */
  word: string
  /** What went wrong. */
  error: string | undefined
  /** It was told to end. */
  ending: boolean
}

/** A copy of which nothing is known yet. */
export function newCopy(target: string, id: string): DiskCopy {
  return { target, id, word: 'created', error: undefined, ending: false }
}

/** Takes over how far the copies are. */
export async function readMirrors(run: Run, data: JobData): Promise<void> {
  if (data.copies.size === 0) return
  const jobs = objectsOf(await run.monitor.command('query-block-jobs'), 'query-block-jobs').filter((one) =>
    data.copies.has(textOf(one, 'device') ?? ''),
  )
  const sum = (key: string): bigint => jobs.reduce((all, one) => all + (bigintOf(one, key) ?? 0n), 0n)
  if (jobs.length > 0) data.mirrors = { total: sum('len'), transferred: sum('offset') }
}

/** Takes what QEMU tells of a job. */
export function takeJobWord(data: JobData | undefined, id: string, word: string | undefined, error?: string): void {
  const copy = data?.copies.get(id)
  if (copy === undefined) return
  copy.word = word ?? copy.word
  copy.error ??= error
}
