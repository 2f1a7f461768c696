// SPDX-License-Identifier: LGPL-2.1-or-later
// Numbers of nodes of the block layer: each image of a running guest has one of its own.
import type { Disk, DiskBackingStore, Domain, StorageDataStore } from '@virt/conf'
import { isEmpty } from '../devices/disks.js'

/** Counts nodes. */
export class NodeNumbers {
  #last: number

  constructor(last = 0) {
    this.#last = last
  }

  get last(): number {
    return this.#last
  }

  next(): number {
    return ++this.#last
  }
}

function numberStore(store: StorageDataStore | undefined, numbers: NodeNumbers): StorageDataStore | undefined {
  return store === undefined ? undefined : { ...store, source: { ...store.source, index: numbers.next() } }
}

function numberChain(store: DiskBackingStore | undefined, numbers: NodeNumbers): DiskBackingStore | undefined {
  if (store?.source === undefined) return store
  const index = numbers.next()
  const { dataStore } = store.source
  const source =
    dataStore === undefined ? store.source : { ...store.source, dataStore: numberStore(dataStore, numbers) }
  return { ...store, index, source, backingStore: numberChain(store.backingStore, numbers) }
}

/** A disk whose images have numbers, the guest's own first. A drive without a medium takes one too. */
export function numberImages(disk: Disk, numbers: NodeNumbers): Disk {
  if (disk.source.type === 'vhostuser' || disk.target?.bus === 'sd') return disk
  const index = numbers.next()
  if (isEmpty(disk)) return disk
  const dataStore = numberStore(disk.source.dataStore, numbers)
  const source = { ...disk.source, index, ...(dataStore === undefined ? {} : { dataStore }) }
  const numbered = { ...disk, source, backingStore: numberChain(disk.backingStore, numbers) }
  // What slows it down is a node as well.
  for (const _ of disk.throttlefilters) numbers.next()
  return numbered
}

/** Numbers that a disk's images have, and what slows it down. */
function numbersOf({ source, backingStore, throttlefilters }: Disk): number[] {
  const found = [source.index ?? 0, source.dataStore?.source.index ?? 0]
  for (let store = backingStore; store?.source !== undefined; store = store.backingStore)
    found.push(store.index ?? 0, store.source.dataStore?.source.index ?? 0)
  return [Math.max(...found) + throttlefilters.length]
}

/** The last number of a document that is prepared, without those of host devices. */
export function lastNodeOf({ devices }: Domain): number {
  return Math.max(0, ...(devices?.disks ?? []).flatMap(numbersOf))
}
