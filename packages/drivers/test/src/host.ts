// SPDX-License-Identifier: LGPL-2.1-or-later
// The imaginary host: its processors and memory.
import type { NodeInfo } from '@virt/core'

/** One NUMA cell. */
export interface Cell {
  /** KiB */
  readonly memory: bigint
  /** KiB that are free */
  readonly free: bigint
  /** Size in KiB and number of pages. */
  readonly pages: readonly { readonly size: number; readonly count: bigint }[]
  readonly cpus: readonly number[]
}

/** What the host is made of. */
export interface Host {
  readonly info: NodeInfo
}

/** The host of `test:///default`, and of node files that say nothing else. */
export function defaultHost(): Host {
  return {
    info: { model: 'i686', memory: 3145728n, cpus: 16, mhz: 1400, nodes: 2, sockets: 2, cores: 2, threads: 2 },
  }
}
