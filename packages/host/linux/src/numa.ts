// SPDX-License-Identifier: LGPL-2.1-or-later
// NUMA nodes of the host: memory, pages, distances, memory-side caches, processors.
import type {
  CapabilitiesCell,
  CapabilitiesCellPage,
  CapabilitiesProcessor,
  NumaCache,
  NumaInterconnects,
} from '@virt/conf'
import { values } from '@virt/conf'
import type { HostFiles } from './files.js'
import { readMemory } from './node-info.js'
import { hugePageSizes, pageSize } from './pages.js'
import { nodeFolder, readPlace, readProcessors } from './processors.js'

/** Pages of each size; those of the smallest are what memory the huge ones leave. */
async function readPages(files: HostFiles, folder: string, memory: bigint): Promise<CapabilitiesCellPage[]> {
  const huge: CapabilitiesCellPage[] = []
  for (const size of await hugePageSizes(files, folder)) {
    const count = await files.number(`${folder}/hugepages/hugepages-${size}kB/nr_hugepages`)
    huge.push({ unit: 'KiB', size, count: BigInt(count ?? 0) })
  }
  const size = (await pageSize(files)) / 1024n
  const taken = huge.reduce((all, page) => all + page.size * (page.count ?? 0n), 0n)
  return [{ unit: 'KiB', size, count: (memory - taken) / size }, ...huge]
}

async function readSideCaches(files: HostFiles, folder: string): Promise<NumaCache[]> {
  const caches: NumaCache[] = []
  for (const level of await files.numbered(`${folder}/memory_side_cache`, 'index')) {
    const get = (name: string) => files.number(`${folder}/memory_side_cache/index${level}/${name}`)
    const [size, line, indexing, policy] = await Promise.all(['size', 'line_size', 'indexing', 'write_policy'].map(get))
    if (size === undefined || line === undefined) continue
    caches.push({
      level,
      associativity: indexing === 0 ? 'direct' : 'full',
      policy: policy === 0 ? 'writeback' : 'writethrough',
      size: { value: BigInt(size) / 1024n },
      line: { value: BigInt(line) },
    })
  }
  return caches
}

/** Processors with their places; of one that is offline only the number is known. */
async function readCpus(
  files: HostFiles,
  all: readonly number[],
  online: ReadonlySet<number>,
): Promise<CapabilitiesProcessor[]> {
  const read = async (id: number): Promise<CapabilitiesProcessor> => {
    if (!online.has(id)) return { id }
    const { socket, die, cluster, core, siblings } = await readPlace(files, id)
    return { id, socketId: socket, dieId: die, clusterId: cluster, coreId: core, siblings: values.printSet(siblings) }
  }
  return Promise.all(all.map(read))
}

async function readCell(
  files: HostFiles,
  id: number,
  nodes: readonly number[],
  online: ReadonlySet<number>,
): Promise<CapabilitiesCell> {
  const folder = `${nodeFolder}/node${id}`
  const total = /MemTotal:\s*(\d+) kB/.exec((await files.text(`${folder}/meminfo`)) ?? '')
  const memory = BigInt(total?.[1] ?? 0)
  const distances = ((await files.text(`${folder}/distance`)) ?? '').split(/\s+/).filter(Boolean).map(Number)
  return {
    id,
    memory,
    pages: await readPages(files, folder, memory),
    distances: nodes.flatMap((node, i) => (distances[i] === undefined ? [] : { id: node, value: distances[i] })),
    caches: await readSideCaches(files, folder),
    cpus: { cpus: await readCpus(files, (await files.set(`${folder}/cpulist`)) ?? [], online) },
  }
}

/** The nodes of the host; one with everything in it where the kernel knows none. */
export async function readCells(files: HostFiles): Promise<CapabilitiesCell[]> {
  const { online, present } = await readProcessors(files)
  const nodes = await files.set(`${nodeFolder}/online`)
  if (nodes !== undefined) return Promise.all(nodes.map((node) => readCell(files, node, nodes, online)))
  const memory = await readMemory(files)
  const pages = await readPages(files, '/sys/kernel/mm', memory)
  return [
    { id: 0, memory, pages, distances: [], caches: [], cpus: { cpus: await readCpus(files, [...present], online) } },
  ]
}

/** What it takes to reach memory: latency in ns, bandwidth in KiB/s, from the nodes that reach it best. */
export async function readInterconnects(files: HostFiles): Promise<NumaInterconnects | undefined> {
  const latencies: NumaInterconnects['latencies'][number][] = []
  const bandwidths: NumaInterconnects['bandwidths'][number][] = []
  for (const target of await files.numbered(nodeFolder, 'node')) {
    const folder = `${nodeFolder}/node${target}/access1/initiators`
    for (const initiator of await files.numbered(folder, 'node'))
      for (const type of ['read', 'write'] as const) {
        const link = { initiator, target, type }
        const latency = await files.number(`${folder}/${type}_latency`)
        if (latency) latencies.push({ ...link, value: BigInt(latency) })
        const megabytes = await files.number(`${folder}/${type}_bandwidth`)
        if (megabytes) bandwidths.push({ ...link, value: BigInt(megabytes) * 1024n })
      }
  }
  if (latencies.length === 0 && bandwidths.length === 0) return undefined
  const order = (a: { initiator: number; target: number }, b: typeof a): number =>
    a.initiator - b.initiator || a.target - b.target
  return { latencies: latencies.sort(order), bandwidths: bandwidths.sort(order) }
}
