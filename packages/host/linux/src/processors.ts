// SPDX-License-Identifier: LGPL-2.1-or-later
// Processors as /sys/devices/system/cpu has them.
import type { HostFiles } from './files.js'

/** Folder of the processors. */
export const cpuFolder = '/sys/devices/system/cpu'
/** Folder of the NUMA nodes. */
export const nodeFolder = '/sys/devices/system/node'

/** Where a processor is; numbers that the kernel does not tell are 0. */
export interface ProcessorPlace {
  readonly socket: number
  readonly die: number
  readonly cluster: number
  readonly core: number
  /** Processors of the same core, itself among them. */
  readonly siblings: readonly number[]
}

/** Which processors there are. */
export interface Processors {
  readonly present: ReadonlySet<number>
  readonly online: ReadonlySet<number>
}

/** Reads which processors there are and which of them run. */
export async function readProcessors(files: HostFiles): Promise<Processors> {
  const all = (await files.set(`${cpuFolder}/present`)) ?? (await files.numbered(cpuFolder, 'cpu'))
  return { present: new Set(all), online: new Set((await files.set(`${cpuFolder}/online`)) ?? all) }
}

/** Reads where a processor is. */
export async function readPlace(files: HostFiles, cpu: number): Promise<ProcessorPlace> {
  const folder = `${cpuFolder}/cpu${cpu}/topology`
  // Of what it does not know the kernel says -1.
  const known = async (name: string): Promise<number> => Math.max(0, (await files.number(`${folder}/${name}`)) ?? 0)
  const [socket, die, cluster, core, siblings] = await Promise.all([
    known('physical_package_id'),
    known('die_id'),
    known('cluster_id'),
    known('core_id'),
    files.set(`${folder}/thread_siblings_list`),
  ])
  return { socket, die, cluster, core, siblings: siblings ?? [cpu] }
}
