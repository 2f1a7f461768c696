// SPDX-License-Identifier: LGPL-2.1-or-later
// Caches of the processors, and how they can be shared out.

import type { CapabilitiesCache, CapabilitiesMemoryBandwidth } from '@virt/conf'
import { values } from '@virt/conf'
import type { HostFiles } from './files.js'
import { cpuFolder, readProcessors } from './processors.js'
import type { CacheType, Resctrl } from './resctrl.js'

/** Smaller ones belong to one processor each and nobody shares them out. */
const minLevel = 2
const kinds: Readonly<Record<string, CacheType>> = { Unified: 'both', Instruction: 'code', Data: 'data' }
const units = ['', 'K', 'M', 'G']
const unitNames = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']

type Bank = CapabilitiesCache['banks'][number]

async function readBank(files: HostFiles, folder: string): Promise<Omit<Bank, 'controls'> | undefined> {
  const level = await files.number(`${folder}/level`)
  const id = await files.number(`${folder}/id`)
  if (level === undefined || level < minLevel || id === undefined) return undefined
  const [type, size, cpus] = await Promise.all([
    files.text(`${folder}/type`),
    files.text(`${folder}/size`),
    files.set(`${folder}/shared_cpu_list`),
  ])
  const amount = /^(\d+)([KMG]?)$/.exec(size ?? '')
  const kind = kinds[type ?? '']
  if (amount?.[1] === undefined || kind === undefined || cpus === undefined) return undefined
  const bytes = BigInt(amount[1]) * 1024n ** BigInt(units.indexOf(amount[2] ?? ''))
  return { id, level, type: kind, size: bytes, cpus: values.printSet(cpus) }
}

/** Amounts in the unit that says the first of them shortest. */
function inUnit(granularity: bigint, min: bigint): { granularity: bigint; min: bigint; unit: string } {
  let power = 0
  let step = 1n
  while (granularity > 0n && granularity % (step * 1024n) === 0n && power < unitNames.length - 1) {
    step *= 1024n
    power++
  }
  return { granularity: granularity / step, min: min / step, unit: unitNames[power] ?? 'B' }
}

function controlsOf(bank: Omit<Bank, 'controls'>, { caches }: Resctrl): Bank['controls'] {
  return caches
    .filter(({ level }) => level === bank.level)
    .map(({ type, parts, minParts, maxAllocs }) => {
      const part = (bank.size ?? 0n) / BigInt(parts)
      return { ...inUnit(part, minParts > 1 ? part * BigInt(minParts) : 0n), type, maxAllocs }
    })
}

/** The caches of the processors that are online. */
export async function readCaches(files: HostFiles, resctrl: Resctrl): Promise<CapabilitiesCache | undefined> {
  const { online } = await readProcessors(files)
  const found = new Map<string, Bank>()
  for (const cpu of online) {
    const folder = `${cpuFolder}/cpu${cpu}/cache`
    for (const index of await files.numbered(folder, 'index')) {
      const bank = await readBank(files, `${folder}/index${index}`)
      if (bank === undefined) continue
      const key = [bank.level, bank.id, bank.type, bank.size, bank.cpus].join()
      if (!found.has(key)) found.set(key, { ...bank, controls: controlsOf(bank, resctrl) })
    }
  }
  if (found.size === 0) return undefined
  const banks = [...found.values()].sort((a, b) => a.level - b.level || a.id - b.id)
  return { banks, monitor: resctrl.cacheMonitor }
}

/** How memory bandwidth can be shared out: where it passes the last cache before the memory. */
export function memoryBandwidth(
  cache: CapabilitiesCache | undefined,
  { bandwidth, bandwidthMonitor }: Resctrl,
): CapabilitiesMemoryBandwidth | undefined {
  const banks = cache?.banks ?? []
  if (bandwidth === undefined || banks.length === 0) return undefined
  const last = Math.max(...banks.map(({ level }) => level))
  const nodes = banks
    .filter(({ level }) => level === last)
    .map(({ id, cpus }) => ({ id, cpus, controls: [{ ...bandwidth }] }))
  return { nodes, monitor: bandwidthMonitor }
}
