// SPDX-License-Identifier: LGPL-2.1-or-later
// What of caches and memory bandwidth can be shared out and watched: /sys/fs/resctrl.
import type { CapabilitiesMonitor } from '@virt/conf'
import type { HostFiles } from './files.js'

const folder = '/sys/fs/resctrl/info'

export type CacheType = 'both' | 'code' | 'data'

/** How a cache of a level can be shared out. */
export interface CacheControl {
  readonly level: number
  readonly type: CacheType
  /** Parts that it has. */
  readonly parts: number
  /** Parts that a group gets at least. */
  readonly minParts: number
  readonly maxAllocs: number
}

/** How memory bandwidth can be shared out. */
export interface BandwidthControl {
  /** Percent. */
  readonly granularity: number
  /** Percent. */
  readonly min: number
  readonly maxAllocs: number
}

/** What the kernel can do. */
export interface Resctrl {
  readonly caches: readonly CacheControl[]
  readonly bandwidth: BandwidthControl | undefined
  readonly cacheMonitor: CapabilitiesMonitor | undefined
  readonly bandwidthMonitor: CapabilitiesMonitor | undefined
}

const types: Readonly<Record<string, CacheType>> = { '': 'both', CODE: 'code', DATA: 'data' }

const ones = (mask: string): number => BigInt(`0x${mask}`).toString(2).replaceAll('0', '').length

async function readCache(files: HostFiles, name: string): Promise<CacheControl[]> {
  const match = /^L(\d+)(CODE|DATA)?$/.exec(name)
  const type = types[match?.[2] ?? '']
  const mask = (await files.text(`${folder}/${name}/cbm_mask`))?.trim() ?? ''
  if (match === null || type === undefined || !/^[0-9a-f]+$/i.test(mask)) return []
  const minParts = (await files.number(`${folder}/${name}/min_cbm_bits`)) ?? 1
  const maxAllocs = (await files.number(`${folder}/${name}/num_closids`)) ?? 0
  return [{ level: Number(match[1]), type, parts: ones(mask), minParts, maxAllocs }]
}

async function readBandwidth(files: HostFiles): Promise<BandwidthControl | undefined> {
  const get = (name: string) => files.number(`${folder}/MB/${name}`)
  const [granularity, min, maxAllocs] = await Promise.all([
    get('bandwidth_gran'),
    get('min_bandwidth'),
    get('num_closids'),
  ])
  if (granularity === undefined || maxAllocs === undefined) return undefined
  return { granularity, min: min ?? 0, maxAllocs }
}

/** Features by what their names begin with. */
async function readMonitor(files: HostFiles, prefix: string): Promise<CapabilitiesMonitor | undefined> {
  const list = ((await files.text(`${folder}/L3_MON/mon_features`)) ?? '').split('\n')
  const features = list.filter((name) => name.startsWith(prefix)).map((name) => ({ name }))
  if (features.length === 0) return undefined
  return { maxMonitors: (await files.number(`${folder}/L3_MON/num_rmids`)) ?? 0, features }
}

/** Reads what the kernel can do; nothing where resctrl is not mounted. */
export async function readResctrl(files: HostFiles): Promise<Resctrl> {
  const names = await files.names(folder)
  const caches = (await Promise.all(names.map((name) => readCache(files, name)))).flat()
  const ofCache = await readMonitor(files, 'llc_')
  const reuseThreshold = await files.number(`${folder}/L3_MON/max_threshold_occupancy`)
  return {
    caches,
    bandwidth: await readBandwidth(files),
    cacheMonitor: ofCache && { level: 3, reuseThreshold: reuseThreshold ?? 0, ...ofCache },
    bandwidthMonitor: await readMonitor(files, 'mbm_'),
  }
}
