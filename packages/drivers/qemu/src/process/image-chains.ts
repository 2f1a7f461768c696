// SPDX-License-Identifier: LGPL-2.1-or-later
// What a guest's images stand on: read from their headers when a guest starts, where its document does not say.
import type { Disk, DiskBackingStore, Domain, StorageFormat, StorageSource } from '@virt/conf'
import { type ChainImage, type FileOwner, imageChain } from '@virt/linux'
import { isEmpty } from '../devices/disks.js'

/** The file of an image of this host. */
function pathOf(source: StorageSource): string | undefined {
  if (source.type === 'file') return source.fdgroup === undefined ? source.file : undefined
  return source.type === 'block' ? source.dev : undefined
}

/** As whom the guest reads its images. */
type Owner = FileOwner | undefined

const end: DiskBackingStore = { detected: true }

/** The images of a chain, the first on top. Nothing is below the last. */
function storesOf([image, ...rest]: readonly ChainImage[]): DiskBackingStore {
  if (image === undefined) return end
  return { format: { type: image.format }, source: image.source, backingStore: storesOf(rest), detected: true }
}

/** The chain below an image that is read. */
async function below(path: string, format: StorageFormat | undefined, owner: Owner): Promise<DiskBackingStore> {
  const [, ...rest] = await imageChain(path, format, owner)
  return storesOf(rest)
}

/** A chain that the document has a part of is read on from its end. */
async function continued(store: DiskBackingStore, owner: Owner): Promise<DiskBackingStore> {
  if (store.source === undefined) return store
  if (store.backingStore !== undefined) return { ...store, backingStore: await continued(store.backingStore, owner) }
  const path = pathOf(store.source)
  if (path === undefined) return { ...store, backingStore: end }
  return { ...store, backingStore: await below(path, store.format?.type as StorageFormat | undefined, owner) }
}

async function withChain(disk: Disk, owner: Owner): Promise<Disk> {
  // parity: a drive without a medium has no format either, once its guest runs.
  if (isEmpty(disk) && disk.driver?.type !== undefined) return { ...disk, driver: { ...disk.driver, type: undefined } }
  if (isEmpty(disk) || disk.source.type === 'vhostuser') return disk
  if (disk.backingStore !== undefined) return { ...disk, backingStore: await continued(disk.backingStore, owner) }
  const path = pathOf(disk.source)
  return { ...disk, backingStore: path === undefined ? end : await below(path, disk.driver?.type, owner) }
}

/**
 * The document with all images that its disks stand on.
 * @param owner as whom the guest reads them
 * @throws VirtError `system-error` when an image is not there, `operation-failed` when a chain cannot be trusted
 */
export async function withImageChains(domain: Domain, owner: Owner): Promise<Domain> {
  const { devices } = domain
  if (devices === undefined || devices.disks.length === 0) return domain
  const disks = await Promise.all(devices.disks.map((disk) => withChain(disk, owner)))
  return { ...domain, devices: { ...devices, disks } }
}
