// SPDX-License-Identifier: LGPL-2.1-or-later
// What QEMU counts of disks, by disk.
import type { Disk } from '@virt/conf'
import type { Json } from '@virt/core'
import { asObject, bigintOf, objectsOf, textOf } from '../monitor/json-access.js'
import type { JsonObject, MonitorCommand } from '../monitor/monitor.js'
import { storageNodes } from '../process/node-names.js'

/** The questions, in the order of `BlockRows.of`'s answers. */
export const blockQuestions: readonly MonitorCommand[] = [
  { execute: 'query-blockstats' },
  { execute: 'query-named-block-nodes', arguments: { flat: true } },
]

/** Sizes of an image in bytes. */
export interface ImageSizes {
  readonly capacity: bigint | undefined
  /** What it takes of the host. */
  readonly physical: bigint | undefined
}

/** Figures of all disks. */
export class BlockRows {
  readonly #devices: readonly JsonObject[]
  readonly #nodes: ReadonlyMap<string, JsonObject>
  readonly #nodeStats: ReadonlyMap<string, JsonObject>

  private constructor(devices: readonly JsonObject[], nodes: ReadonlyMap<string, JsonObject>) {
    this.#devices = devices
    this.#nodes = nodes
    this.#nodeStats = statsByNode(devices)
  }

  /** @param answers of `blockQuestions` */
  static of([devices, nodes]: readonly Json[]): BlockRows {
    const rows = objectsOf(nodes, 'query-named-block-nodes').map(
      (one) => [textOf(one, 'node-name') ?? '', one] as const,
    )
    return new BlockRows(objectsOf(devices, 'query-blockstats'), new Map(rows))
  }

  /** Counters of a device; undefined when QEMU has none for it. */
  counters({ alias = '' }: Pick<Disk, 'alias'>): JsonObject | undefined {
    const found = this.#devices.find((one) => (textOf(one, 'qdev') ?? '').split('/').includes(alias))
    return asObject(found?.stats)
  }

  /** Counters of an image, by its number. */
  countersOf(index: number): JsonObject | undefined {
    const [storage, format] = storageNodes(index)
    return this.#nodeStats.get(format) ?? this.#nodeStats.get(storage)
  }

  /** The highest byte that was ever written, by the number of the image. */
  highest(index: number): bigint | undefined {
    for (const name of storageNodes(index)) {
      const found = this.#nodeStats.get(name)
      const offset = found === undefined ? undefined : bigintOf(found, 'wr_highest_offset')
      if (offset !== undefined) return offset
    }
    return undefined
  }

  /** Sizes of an image, by its number. */
  sizes(index: number): ImageSizes {
    const name = [...storageNodes(index)].reverse().find((one) => this.#nodes.has(one))
    const image = asObject(this.#nodes.get(name ?? '')?.image) ?? {}
    return { capacity: bigintOf(image, 'virtual-size'), physical: bigintOf(image, 'actual-size') }
  }
}

/** Counters of nodes: those that devices stand on, and what these stand on. */
function statsByNode(devices: readonly JsonObject[]): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>()
  const walk = (one: JsonObject | undefined): void => {
    if (one === undefined) return
    const [name, stats] = [textOf(one, 'node-name'), asObject(one.stats)]
    if (name !== undefined && stats !== undefined) found.set(name, stats)
    walk(asObject(one.parent))
    walk(asObject(one.backing))
  }
  for (const one of devices) walk(one)
  return found
}
