// SPDX-License-Identifier: LGPL-2.1-or-later
// What <capabilities> says of the host's processors and memory.
import type { CapabilitiesHost } from '@virt/conf'
import { memoryBandwidth, readCaches } from './caches.js'
import type { HostFiles } from './files.js'
import { readCells, readInterconnects } from './numa.js'
import { readResctrl } from './resctrl.js'

/** The parts of the host's capabilities that are read here. */
export type HostTopology = Pick<CapabilitiesHost, 'cache' | 'memoryBandwidth'> & {
  topology: NonNullable<CapabilitiesHost['topology']>
}

/**
 * Reads NUMA nodes, processors, caches, and how they can be shared out.
 * @since 0.1.0, `virCapabilitiesHostNUMANewHost`, `virCapabilitiesInitCaches`
 */
export async function hostTopology(files: HostFiles): Promise<HostTopology> {
  const [cells, interconnects, resctrl] = await Promise.all([
    readCells(files),
    readInterconnects(files),
    readResctrl(files),
  ])
  const cache = await readCaches(files, resctrl)
  return {
    topology: { cells: { cells }, interconnects },
    cache,
    memoryBandwidth: memoryBandwidth(cache, resctrl),
  }
}
