// SPDX-License-Identifier: LGPL-2.1-or-later
// Long work of QEMU's block layer, as `query-jobs` lists it.
import type { Json } from '@virt/core'
import { internalError } from '../errors.js'
import { bigintOf, objectsOf, textOf } from './json-access.js'

const kinds = ['commit', 'stream', 'mirror', 'backup', 'create'] as const
const states = [
  'created',
  'running',
  'paused',
  'ready',
  'standby',
  'waiting',
  'pending',
  'aborting',
  'concluded',
  'undefined',
  'null',
] as const

/** One job. */
export interface QemuJob {
  readonly id: string
  /** Absent for kinds that are none of ours. */
  readonly type: (typeof kinds)[number] | undefined
  readonly status: (typeof states)[number] | undefined
  /** What went wrong. */
  readonly error: string | undefined
  readonly current: bigint
  readonly total: bigint
}

/** The jobs of a reply. @throws VirtError for a malformed one */
export function jobsOf(reply: Json): QemuJob[] {
  return objectsOf(reply, 'query-jobs').map((job) => {
    const [id, type, status] = [textOf(job, 'id'), textOf(job, 'type'), textOf(job, 'status')]
    if (id === undefined || type === undefined || status === undefined)
      throw internalError('missing "id", "type" or "status" in query-jobs reply')
    return {
      id,
      type: kinds.find((kind) => kind === type),
      status: states.find((state) => state === status),
      error: textOf(job, 'error'),
      current: bigintOf(job, 'current-progress') ?? 0n,
      total: bigintOf(job, 'total-progress') ?? 0n,
    }
  })
}
