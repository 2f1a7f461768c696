// SPDX-License-Identifier: LGPL-2.1-or-later
// The images of a disk, and the names of their nodes in QEMU's block layer.
import type {
  Disk,
  DiskBackingStore,
  DiskDriver,
  StorageAuth,
  StorageDataStore,
  StorageEncryption,
  StorageFormat,
  StorageSource,
} from '@virt/conf'

/** One image of a chain, with what a disk says of how it is to be used. */
export interface Image {
  readonly source: StorageSource
  readonly format: StorageFormat
  readonly readonly: boolean
  /** Of the disk; backing images take what concerns all of the chain. */
  readonly driver: DiskDriver | undefined
  /** Whether it is the one that the guest has. */
  readonly top: boolean
  /** Whether the device is a CD drive. */
  readonly cdrom: boolean
  readonly floppy: boolean
  /** Number in the names of its nodes. */
  readonly index: number
  /** Names of its nodes begin with this where there is no number: firmware's flash memory. */
  readonly name?: string | undefined
  /** Name of the node that reaches the bytes, where it is none of the usual. */
  readonly storage?: string | undefined
  readonly auth?: StorageAuth | undefined
  readonly encryption?: StorageEncryption | undefined
  /** Bytes of QEMU's cache of the image's tables. */
  readonly cacheSize?: bigint | undefined
  /** Where its data are, when not in the image itself. */
  readonly dataStore?: StorageDataStore | undefined
}

/** What of a disk all of its images share. */
type Shared = Pick<Image, 'driver' | 'cdrom' | 'floppy'>

/** The images of a disk, the guest's first; and whether the last is known to have nothing below it. */
export function imagesOf(disk: Disk): { images: Image[]; ends: boolean } {
  const shared: Shared = { driver: disk.driver, cdrom: disk.device === 'cdrom', floppy: disk.device === 'floppy' }
  const images: Image[] = [
    {
      ...shared,
      source: disk.source,
      format: disk.driver?.type ?? 'raw',
      readonly: disk.readonly === true,
      top: true,
      index: disk.source.index ?? 0,
      auth: disk.source.auth ?? disk.auth,
      encryption: disk.source.encryption ?? disk.encryption,
      cacheSize: disk.driver?.metadata_cache?.max_size,
      dataStore: disk.source.dataStore,
    },
  ]
  let store: DiskBackingStore | undefined = disk.backingStore
  while (store?.source !== undefined) {
    images.push(backingImage(store, store.source, shared))
    store = store.backingStore
  }
  return { images, ends: store !== undefined }
}

function backingImage({ format, index }: DiskBackingStore, source: StorageSource, shared: Shared): Image {
  return {
    ...shared,
    source,
    format: (format?.type as StorageFormat | undefined) ?? 'raw',
    readonly: true,
    top: false,
    index: index ?? source.index ?? 0,
    auth: source.auth,
    encryption: source.encryption,
    cacheSize: format?.metadata_cache?.max_size,
    dataStore: source.dataStore,
  }
}

/** The image that holds another one's data. */
export function dataImage(image: Image): Image | undefined {
  const { dataStore } = image
  if (dataStore === undefined) return undefined
  const { source, format } = dataStore
  return {
    source,
    format: (format?.type as StorageFormat | undefined) ?? 'raw',
    readonly: image.readonly,
    driver: image.driver,
    top: false,
    cdrom: false,
    floppy: false,
    index: source.index ?? 0,
    auth: source.auth,
    encryption: source.encryption,
  }
}

function baseName({ name, index }: Image): string {
  return `libvirt-${name ?? index}`
}

/** The node that reaches the bytes. */
export function storageNode(image: Image): string {
  return image.storage ?? `${baseName(image)}-storage`
}

/** The node that knows the format. */
export function formatNode(image: Image): string {
  return `${baseName(image)}-format`
}

/** The node that is a part of the bytes. */
export function sliceNode(image: Image): string {
  return `${baseName(image)}-slice-sto`
}
