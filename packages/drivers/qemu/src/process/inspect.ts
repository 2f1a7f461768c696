// SPDX-License-Identifier: LGPL-2.1-or-later
// What is asked of a QEMU that has just started, or that was found running: everything in one write.
import type { Json } from '@virt/core'
import { numberOf, objectsOf, textOf } from '../monitor/json-access.js'
import type { Monitor } from '../monitor/monitor.js'
import type { VcpuThread } from './run.js'

/** The answers. */
export interface Inspection {
  readonly vcpus: readonly VcpuThread[]
  readonly iothreads: readonly VcpuThread[]
  /** Of `query-chardev`. */
  readonly characters: Json
}

/** Asks. @throws VirtError */
export async function askAll(monitor: Monitor): Promise<Inspection> {
  const [cpus, characters, threads] = await Promise.all(
    monitor.commands([{ execute: 'query-cpus-fast' }, { execute: 'query-chardev' }, { execute: 'query-iothreads' }]),
  )
  const vcpus = objectsOf(cpus, 'return').map((one, i) => ({
    id: numberOf(one, 'cpu-index') ?? i,
    thread: numberOf(one, 'thread-id') ?? 0,
  }))
  const iothreads = objectsOf(threads, 'return').flatMap((one) => {
    const [, id] = /^iothread(\d+)$/.exec(textOf(one, 'id') ?? '') ?? []
    return id === undefined ? [] : [{ id: Number(id), thread: numberOf(one, 'thread-id') ?? 0 }]
  })
  return { vcpus, iothreads, characters: characters ?? [] }
}
