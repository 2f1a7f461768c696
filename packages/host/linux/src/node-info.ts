// SPDX-License-Identifier: LGPL-2.1-or-later
// The host in a few numbers, as virNodeInfo has them: a simple picture that not every machine fits.
import { ErrorDomain, ErrorNumber, type NodeInfo, virtError } from '@virt/core'
import { cpuFrequency, isOf } from './cpu-info.js'
import type { HostFiles } from './files.js'
import { cpuFolder, nodeFolder, type Processors, readPlace, readProcessors } from './processors.js'

/** What the files do not tell. */
export interface NodeOptions {
  /** POWER: threads of a core that the hypervisor hands out together; only the first of them is online. */
  threadsPerSubcore?: number | undefined
}

interface NodeCount {
  cpus: number
  offline: number
  sockets: number
  cores: number
  threads: number
}

/** Subcores are in use when the first thread of each is all that is online. */
function subcore({ online }: Processors, threads: number): number {
  return threads > 0 && [...online].every((cpu) => cpu % threads === 0) ? threads : 0
}

async function countNode(
  files: HostFiles,
  folder: string,
  arch: string,
  processors: Processors,
  threadsPerSubcore: number,
): Promise<NodeCount> {
  const { present, online } = processors
  const all = (await files.numbered(folder, 'cpu')).filter((cpu) => present.has(cpu))
  const count: NodeCount = { cpus: 0, offline: 0, sockets: 0, cores: 0, threads: 0 }
  const cores = new Map<number, Set<number>>()
  for (const cpu of all) {
    if (!online.has(cpu)) {
      const first = threadsPerSubcore > 0 ? cpu - (cpu % threadsPerSubcore) : cpu
      // Threads that come with the first of their subcore count as online.
      if (first !== cpu && online.has(first)) count.cpus++
      else count.offline++
      continue
    }
    count.cpus++
    const { socket, core, siblings } = await readPlace(files, cpu)
    const own = cores.get(socket) ?? new Set()
    // On s390 a logical processor is a core.
    cores.set(socket, own.add(isOf('s390', arch) ? cpu : core))
    count.threads = Math.max(count.threads, siblings.length)
  }
  count.sockets = cores.size
  count.cores = Math.max(0, ...[...cores.values()].map((own) => own.size))
  if (threadsPerSubcore > 0) count.threads *= threadsPerSubcore
  return count
}

/** Sums over nodes: processors add up, of the others the largest counts. */
function sum(nodes: readonly NodeCount[]): NodeCount {
  const largest = (key: keyof NodeCount): number => Math.max(0, ...nodes.map((node) => node[key]))
  const total = (key: keyof NodeCount): number => nodes.reduce((all, node) => all + node[key], 0)
  return {
    cpus: total('cpus'),
    offline: total('offline'),
    sockets: largest('sockets'),
    cores: largest('cores'),
    threads: largest('threads'),
  }
}

type Counted = Pick<NodeInfo, 'cpus' | 'nodes' | 'sockets' | 'cores' | 'threads'>

async function countProcessors(files: HostFiles, arch: string, options: NodeOptions): Promise<Counted> {
  const processors = await readProcessors(files)
  const threads = subcore(processors, options.threadsPerSubcore ?? 0)
  const count = (folder: string) => countNode(files, folder, arch, processors, threads)
  const found = await files.numbered(nodeFolder, 'node')
  let nodes = found.length
  let all = sum(await Promise.all(found.map((node) => count(`${nodeFolder}/node${node}`))))
  if (all.cpus === 0) {
    nodes = 1
    all = await count(cpuFolder)
  }
  for (const [what, number] of [
    ['CPUs', all.cpus],
    ['sockets', all.sockets],
    ['threads', all.threads],
  ] as const)
    if (number === 0) throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.NONE, `no ${what} found`)
  const { cpus, offline, sockets, cores } = all
  // The product has to be right; where the machine is more complicated it is told as one socket of many cores.
  if (nodes * sockets * cores * all.threads !== cpus + offline)
    return { cpus, nodes: 1, sockets: 1, cores: cpus + offline, threads: 1 }
  return { cpus, nodes, sockets, cores, threads: all.threads }
}

/** KiB of memory that the host has. */
export async function readMemory(files: HostFiles): Promise<bigint> {
  const line = /^MemTotal:\s*(\d+) kB/m.exec((await files.text('/proc/meminfo')) ?? '')
  return BigInt(line?.[1] ?? 0)
}

/**
 * The host in a few numbers.
 * @param arch architecture of the host (`x86_64`)
 * @throws VirtError `internal-error` when there are no processors to be seen
 * @since 0.1.0, `virCapabilitiesGetNodeInfo`
 */
export async function readNodeInfo(files: HostFiles, arch: string, options: NodeOptions = {}): Promise<NodeInfo> {
  const cpuinfo = (await files.text('/proc/cpuinfo')) ?? ''
  const counted = await countProcessors(files, arch, options)
  return { model: arch, memory: await readMemory(files), mhz: cpuFrequency(cpuinfo, arch), ...counted }
}
