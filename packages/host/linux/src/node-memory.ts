// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory of the host by node: what is free, pages of each size, and how equal pages are shared.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import {
  ErrorDomain,
  ErrorNumber,
  type NodeGetMemoryStats,
  Param,
  type ParamType,
  type ParamValue,
  paramShape,
  readParams,
  systemFailure,
  type TypedParams,
  virtError,
} from '@virt/core'
import type { HostFiles } from './files.js'
import { hostArgument } from './host-argument.js'
import { nodeFolder } from './processors.js'

/** All nodes together: `VIR_NODE_MEMORY_STATS_ALL_CELLS`. */
const allCells = -1

async function meminfo(files: HostFiles, cell: number): Promise<(name: string) => bigint | undefined> {
  const text = await files.text(cell === allCells ? '/proc/meminfo' : `${nodeFolder}/node${cell}/meminfo`)
  if (text === undefined)
    throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.NONE, `no memory of node ${cell} is known`)
  return (name) => {
    const found = new RegExp(`\\b${name}:\\s*(\\d+) kB`).exec(text)?.[1]
    return found === undefined ? undefined : BigInt(found)
  }
}

/** Numbers of the nodes; one where the kernel knows none. */
async function cells(files: HostFiles): Promise<number[]> {
  const found = await files.numbered(nodeFolder, 'node')
  return found.length === 0 ? [0] : found
}

const fields = [
  ['total', 'MemTotal'],
  ['free', 'MemFree'],
  ['buffers', 'Buffers'],
  ['cached', 'Cached'],
] as const

/** How many fields a node has, or all together. */
export const memoryFields = (cell: number): number => (cell === allCells ? fields.length : 2)

/**
 * What memory there is, in KiB.
 * @param cell number of a node, or -1 for the whole host
 * @throws VirtError `invalid-arg` for a node that is not there
 * @since 0.1.0, `virNodeGetMemoryStats`
 */
export async function readMemoryStats(files: HostFiles, cell: number): Promise<NodeGetMemoryStats[]> {
  const last = Math.max(...(await cells(files)))
  if (cell !== allCells && cell > last)
    throw hostArgument(
      `cellNum in virHostMemGetStats must be less than or equal to ${last}`,
      'virHostMemGetStats',
      'cellNum',
    )
  const value = await meminfo(files, cell)
  return fields.slice(0, memoryFields(cell)).map(([field, name]) => ({ field, value: value(name) ?? 0n }))
}

async function cellsFrom(files: HostFiles, start: number, count: number): Promise<number[]> {
  const last = Math.max(...(await cells(files)))
  if (start > last)
    throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.NONE, `start cell ${start} out of range (0-${last})`)
  const first = Math.max(0, start)
  return Array.from({ length: Math.max(0, Math.min(last - first + 1, count)) }, (_, i) => first + i)
}

/** Bytes of a node that are free. */
async function freeOf(files: HostFiles, cell: number): Promise<bigint> {
  const known = (await files.text(`${nodeFolder}/node${cell}/meminfo`)) !== undefined
  return ((await meminfo(files, known ? cell : allCells))('MemFree') ?? 0n) * 1024n
}

/** Bytes that are free of each node. @throws VirtError `internal-error` @since 0.1.0, `virNodeGetCellsFreeMemory` */
export async function readCellsFree(files: HostFiles, start: number, count: number): Promise<bigint[]> {
  const found: bigint[] = []
  for (const cell of await cellsFrom(files, start, count)) found.push(await freeOf(files, cell))
  return found
}

/** KiB of the pages that are not huge. */
const usualPage = 4

async function poolFolder(files: HostFiles, cell: number, size: number): Promise<string> {
  const perCell = `${nodeFolder}/node${cell}/hugepages`
  const folder = `${(await files.names(perCell)).length > 0 ? perCell : '/sys/kernel/mm/hugepages'}/hugepages-${size}kB`
  if ((await files.number(`${folder}/nr_hugepages`)) !== undefined) return folder
  throw virtError(
    ErrorNumber.OPERATION_FAILED,
    ErrorDomain.NONE,
    cell < 0 ? `page size ${size} is not available` : `page size ${size} is not available on node ${cell}`,
  )
}

/** Free pages of each size, node after node. @param sizes in KiB @throws VirtError @since 0.1.0, `virNodeGetFreePages` */
export async function readFreePages(
  files: HostFiles,
  sizes: readonly number[],
  start: number,
  count: number,
): Promise<bigint[]> {
  const found: bigint[] = []
  for (const cell of await cellsFrom(files, start, count))
    for (const size of sizes) {
      if (size === usualPage) {
        found.push((await freeOf(files, cell)) / BigInt(usualPage * 1024))
        continue
      }
      const folder = await poolFolder(files, cell, size)
      found.push(BigInt((await files.number(`${folder}/free_hugepages`)) ?? 0))
    }
  return found
}

/**
 * Has the kernel keep huge pages.
 * @param pages sizes in KiB with how many
 * @param add to those that are there already
 * @returns how many pools it was
 * @throws VirtError
 * @since 0.1.0, `virNodeAllocPages`
 */
export async function allocatePages(
  files: HostFiles,
  pages: readonly (readonly [size: number, count: bigint])[],
  start: number,
  count: number,
  add: boolean,
): Promise<number> {
  let done = 0
  for (const cell of await cellsFrom(files, start, count))
    for (const [size, wanted] of pages) {
      if (size === usualPage)
        throw virtError(ErrorNumber.OPERATION_UNSUPPORTED, ErrorDomain.NONE, "system pages pool can't be modified")
      const path = `${await poolFolder(files, cell, size)}/nr_hugepages`
      const before = BigInt((await files.number(path)) ?? 0)
      const next = add ? before + wanted : wanted
      await writeFile(path, `${next}`)
      const now = BigInt((await files.number(path)) ?? 0)
      if (now < next)
        throw virtError(
          ErrorNumber.OPERATION_FAILED,
          ErrorDomain.NONE,
          `Unable to allocate ${wanted} pages. Allocated only ${now - before}`,
        )
      done++
    }
  return done
}

const shared = '/sys/kernel/mm/ksm'
/** Parameters of how the kernel shares equal pages. */
const sharing: readonly (readonly [name: string, type: ParamType, settable: boolean])[] = [
  ['pages_to_scan', Param.uint, true],
  ['sleep_millisecs', Param.uint, true],
  ['pages_shared', Param.ullong, false],
  ['pages_sharing', Param.ullong, false],
  ['pages_unshared', Param.ullong, false],
  ['pages_volatile', Param.ullong, false],
  ['full_scans', Param.ullong, false],
  ['merge_across_nodes', Param.uint, true],
]
const settable = paramShape(
  Object.fromEntries(sharing.filter(([, , can]) => can).map(([name, type]) => [`shm_${name}`, type])),
)

/** How the kernel shares equal pages. @since 0.1.0, `virNodeGetMemoryParameters` */
export async function readSharing(): Promise<TypedParams> {
  const there = new Set(await readdir(shared).catch(() => []))
  const rows = await Promise.all(
    sharing
      .filter(([name]) => there.has(name))
      .map(async ([name, type]): Promise<readonly [string, ParamType, ParamValue]> => {
        const value = (await readFile(`${shared}/${name}`, 'utf8')).trim()
        return [`shm_${name}`, type, type === Param.uint ? Number(value) : BigInt(value)]
      }),
  )
  return {
    shape: { names: rows.map(([name]) => name), types: rows.map(([, type]) => type) },
    values: rows.map(([, , value]) => value),
  }
}

/** Has the kernel share equal pages otherwise. @throws VirtError @since 0.1.0, `virNodeSetMemoryParameters` */
export async function writeSharing(params: TypedParams): Promise<void> {
  const given = readParams(params, settable)
  const there = new Set(await readdir(shared).catch(() => []))
  for (const name of given.keys())
    if (!there.has(name.slice('shm_'.length)))
      throw virtError(
        ErrorNumber.OPERATION_INVALID,
        ErrorDomain.NONE,
        `Parameter '${name}' is not supported by this kernel`,
      )
  for (const [name, value] of given)
    await writeFile(`${shared}/${name.slice('shm_'.length)}`, String(value)).catch((error: Error) => {
      throw systemFailure(error, ErrorDomain.NONE, `failed to set ${name}`)
    })
}
