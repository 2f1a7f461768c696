// SPDX-License-Identifier: LGPL-2.1-or-later
// Sizes of pages of memory.
import { endianness } from 'node:os'
import type { HostFiles } from './files.js'

/** Bytes of a page, as the kernel told this process. */
export async function pageSize(files: HostFiles): Promise<bigint> {
  const vector = await files.bytes('/proc/self/auxv')
  const little = endianness() === 'LE'
  const word = (at: number): bigint => (little ? vector?.readBigUInt64LE(at) : vector?.readBigUInt64BE(at)) ?? 0n
  const sizeType = 6n
  for (let at = 0; vector !== undefined && at + 16 <= vector.length; at += 16)
    if (word(at) === sizeType) return word(at + 8)
  return 4096n
}

/** Huge pages that a folder has pools of: KiB, ascending. @param folder `/sys/kernel/mm`, or that of a NUMA node */
export async function hugePageSizes(files: HostFiles, folder: string): Promise<bigint[]> {
  const names = await files.names(`${folder}/hugepages`)
  const sizes = names.flatMap((name) => /^hugepages-(\d+)kB$/.exec(name)?.[1] ?? []).map(BigInt)
  return sizes.sort((a, b) => Number(a - b))
}

/**
 * Sizes of the pages that the host's memory can be used in, in KiB, ascending.
 * @since 0.1.0, `virNumaGetPages`
 */
export async function readPageSizes(files: HostFiles): Promise<bigint[]> {
  return [(await pageSize(files)) / 1024n, ...(await hugePageSizes(files, '/sys/kernel/mm'))]
}
