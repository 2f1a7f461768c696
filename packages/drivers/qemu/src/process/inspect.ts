// SPDX-License-Identifier: LGPL-2.1-or-later
// What is asked of a QEMU that has just started, or that was found running: everything in one write.
import type { Domain } from '@virt/conf'
import type { Json } from '@virt/core'
import { aliasesOf } from '../command/aliases.js'
import { numberOf, objectsOf, textOf } from '../monitor/json-access.js'
import type { Monitor } from '../monitor/monitor.js'
import type { VcpuThread } from './run.js'

/** The answers. */
export interface Inspection {
  readonly vcpus: readonly VcpuThread[]
  readonly iothreads: readonly VcpuThread[]
  /** The first processor's path among QEMU's objects. */
  readonly firstCpu: string | undefined
  /** Of `query-chardev`. */
  readonly characters: Json
  /** Names of devices that QEMU was started with, or got later. */
  readonly devices: readonly string[]
}

/** Asks. @throws VirtError */
export async function askAll(monitor: Monitor): Promise<Inspection> {
  const [cpus, characters, threads, peripherals] = await Promise.all(
    monitor.commands([
      { execute: 'query-cpus-fast' },
      { execute: 'query-chardev' },
      { execute: 'query-iothreads' },
      { execute: 'qom-list', arguments: { path: '/machine/peripheral' } },
    ]),
  )
  const processors = objectsOf(cpus, 'return')
  const vcpus = processors.map((one, i) => ({
    id: numberOf(one, 'cpu-index') ?? i,
    thread: numberOf(one, 'thread-id') ?? 0,
  }))
  const iothreads = objectsOf(threads, 'return').flatMap((one) => {
    const [, id] = /^iothread(\d+)$/.exec(textOf(one, 'id') ?? '') ?? []
    return id === undefined ? [] : [{ id: Number(id), thread: numberOf(one, 'thread-id') ?? 0 }]
  })
  const devices = objectsOf(peripherals, 'return').flatMap((one) =>
    textOf(one, 'type')?.startsWith('child<') === true ? [textOf(one, 'name') ?? ''] : [],
  )
  const firstCpu = processors[0] && textOf(processors[0], 'qom-path')
  return { vcpus, firstCpu, iothreads, devices, characters: characters ?? [] }
}

/** Devices of a document that are in QEMU's machine by themselves. What is attached later is none of them. */
export function implicitOf(document: Domain, { devices }: Inspection): ReadonlySet<string> {
  return new Set(aliasesOf(document).filter((alias) => !devices.includes(alias)))
}
