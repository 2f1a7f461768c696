// SPDX-License-Identifier: LGPL-2.1-or-later
// Images as QEMU's block layer has them: a node that reaches the bytes, and one that knows the format.
import type { DiskDriver, StorageFormat, StorageSource } from '@virt/conf'
import type { Build } from '../command/build.js'
import { listProps, type Props, type PropValue } from '../command/props.js'
import { configUnsupported, internalError } from '../errors.js'
import { nbdkitSocket } from '../nbdkit/nbdkit.js'
import { dataImage, formatNode, type Image, sliceNode, storageNode } from './image.js'
import { networkProps } from './storage-network.js'
import { decryptedByQemu, type Needs, needsOf } from './storage-objects.js'

/** Who knows what a QEMU can do. */
export type HasFlags = Pick<Build, 'has'>

/**
 * Whether there is a node for the format. Bytes that are the disk itself need none, where QEMU keeps such nodes out of the names of
 * backing files by itself.
 */
function hasFormatNode(build: HasFlags, image: Image): boolean {
  if (image.format !== 'raw' || decryptedByQemu(image)) return true
  // A folder can be written to, whatever is said of its node; that of the format keeps guests from it.
  return image.source.type === 'dir' || needsRawNode(build)
}

/** Whether raw images need a node for their format too. */
export function needsRawNode(build: HasFlags): boolean {
  return !build.has('blockjob.backing-mask-protocol')
}

function sliceOf({ source }: Image): { offset: bigint; size: bigint } | undefined {
  const slice = source.slices.find(({ type }) => type === undefined || type === 'storage')
  return slice === undefined ? undefined : { offset: slice.offset ?? 0n, size: slice.size ?? 0n }
}

/** The node that others use an image by. */
export function effectiveNode(build: Build, image: Image): string {
  return imageNode(build, resolved(build, image))
}

/** The same for an image of a guest that runs, whose volumes are known. */
export function imageNode(build: HasFlags, image: Image): string {
  if (hasFormatNode(build, image)) return formatNode(image)
  return sliceOf(image) === undefined ? storageNode(image) : sliceNode(image)
}

const caches: Readonly<Record<string, { direct: boolean; noFlush: boolean; writeback: boolean }>> = {
  none: { direct: true, noFlush: false, writeback: true },
  writethrough: { direct: false, noFlush: false, writeback: false },
  writeback: { direct: false, noFlush: false, writeback: true },
  directsync: { direct: true, noFlush: false, writeback: false },
  unsafe: { direct: false, noFlush: true, writeback: true },
}

/** Whether the guest sees a cache that writes come back from before they are on the disk. */
export function writeCache(driver: DiskDriver | undefined): boolean | undefined {
  return caches[driver?.cache ?? '']?.writeback
}

function cacheProps({ driver, source }: Image): PropValue {
  // A folder is no file that could be opened past the cache.
  if (source.type === 'dir') return undefined
  const cache = caches[driver?.cache ?? '']
  return cache === undefined ? undefined : { direct: cache.direct, 'no-flush': cache.noFlush }
}

/** What `discard` and `detect_zeroes` say; only of the guest's own image. */
function trimProps({ top, driver }: Image): Props {
  if (!top) return {}
  const discard = driver?.discard === 'default' ? undefined : driver?.discard
  const zeroes = driver?.detect_zeroes === 'default' ? undefined : driver?.detect_zeroes
  // Zeroes that are found cannot be discarded where nothing is.
  const detect = zeroes === 'unmap' && discard !== 'unmap' ? 'on' : zeroes
  return { discard, 'detect-zeroes': detect }
}

/** An image whose volume is looked up. */
function resolved(build: Build, image: Image): Image {
  if (image.source.type !== 'volume') return image
  const source = build.context.start.volume(image.source)
  return { ...image, source, auth: image.auth ?? source.auth }
}

/** Whether a program serves an image, so that QEMU needs not know its protocol. */
function isServed(build: Build, image: Image): boolean {
  return build.context.start.place('nbdkit', storageNode(image)) !== undefined
}

/** Where the bytes are. */
function backendProps(build: Build, image: Image, { names, helper }: Needs): Props {
  const { source, driver } = image
  const aio = driver?.io === 'default' ? undefined : driver?.io
  switch (source.type) {
    case 'file':
      return { driver: 'file', filename: fileName(build, image, source), aio, 'pr-manager': helper }
    case 'block':
      return {
        driver: image.cdrom && isHostCdrom(build, source.dev) ? 'host_cdrom' : 'host_device',
        filename: source.dev,
        aio,
        'pr-manager': helper,
      }
    case 'dir':
      return { driver: 'vvfat', dir: source.dir, floppy: image.floppy, rw: false }
    case 'network':
      if (isServed(build, image))
        return {
          driver: 'nbd',
          server: { type: 'unix', path: nbdkitSocket(build.context.paths.lib, storageNode(image)) },
        }
      return networkProps(source, names, image.encryption)
    case 'nvme': {
      const { address } = source
      if (address === undefined) throw internalError('missing PCI address of NVMe disk')
      return { driver: 'nvme', device: pciText(address), namespace: Number(source.namespace ?? 0) }
    }
    case 'vhostvdpa': {
      const node = storageNode(image)
      const fd = build.context.start.fd('vdpa', node)
      const set = build.nextFdSet()
      build.add('-add-fd', listProps(undefined, { set, fd, opaque: `${node}-vdpa` }))
      return { driver: 'virtio-blk-vhost-vdpa', path: `/dev/fdset/${set}` }
    }
    default:
      throw configUnsupported(`unsupported disk source type '${source.type}'`)
  }
}

/** A file, or the descriptors of it that somebody has given for it. */
function fileName(build: Build, image: Image, { file, fdgroup }: Extract<StorageSource, { type: 'file' }>): string {
  if (fdgroup === undefined) return file ?? ''
  const node = storageNode(image)
  const set = build.nextFdSet()
  const count = build.context.start.fdGroup?.(fdgroup) ?? 1
  for (let i = 0; i < count; i++) {
    const fd = build.context.start.fd('disk', fdgroup, i)
    build.add('-add-fd', listProps(undefined, { set, fd, opaque: `${node}-source${i}` }))
  }
  return `/dev/fdset/${set}`
}

function hasOneDescriptor({ context }: Build, { source }: Image): boolean {
  if (source.type !== 'file' || source.fdgroup === undefined) return false
  return (context.start.fdGroup?.(source.fdgroup) ?? 1) === 1
}

function isHostCdrom(build: Build, path: string | undefined): boolean {
  return build.context.start.place('host-cdrom', path ?? '') !== undefined
}

/** `DOMAIN:BUS:SLOT.FUNCTION` */
export function pciText(address: {
  domain?: number | undefined
  bus?: number | undefined
  slot?: number | undefined
  function?: number | undefined
}): string {
  const part = (value: number | undefined, digits: number): string => (value ?? 0).toString(16).padStart(digits, '0')
  return `${part(address.domain, 4)}:${part(address.bus, 2)}:${part(address.slot, 2)}.${part(address.function, 1)}`
}

/** What of an image comes before what: objects, then nodes, lowest first. */
export interface ImageParts {
  readonly objects: Props[]
  readonly nodes: Props[]
}

/**
 * The parts of an image.
 * @param backing the node below it; null: there is none
 * @param layered whether there is a node for the format in any case
 */
export function imageParts(
  build: Build,
  given: Image,
  backing: string | null | undefined,
  layered = false,
): ImageParts {
  const image = resolved(build, given)
  const data = dataImage(image)
  const store = data === undefined ? undefined : imageParts(build, data, undefined)
  const needs = needsOf(build, image, image.source.type === 'network' && isServed(build, image))
  const nodes = imageNodes(build, image, needs, {
    format: layered || hasFormatNode(build, image),
    backing,
    data: data === undefined ? undefined : effectiveNode(build, data),
  })
  return { objects: [...(store?.objects ?? []), ...needs.objects], nodes: [...(store?.nodes ?? []), ...nodes] }
}

/** What is above and below an image's bytes. */
interface Layers {
  /** Whether there is a node for the format. */
  readonly format: boolean
  readonly backing: string | null | undefined
  readonly data: string | undefined
}

function imageNodes(build: Build, image: Image, needs: Needs, { format, backing, data }: Layers): Props[] {
  const nodes: Props[] = []
  const slice = sliceOf(image)
  const cache = cacheProps(image)
  // Of a single descriptor QEMU cannot have another one that is only read.
  const access: Props = hasOneDescriptor(build, image) ? { 'read-only': image.readonly } : { 'auto-read-only': true }
  const below: Props = { ...access, discard: 'unmap', cache }
  const whole: Props = { 'read-only': image.readonly, ...trimProps(image), cache }
  nodes.push({
    ...backendProps(build, image, needs),
    'node-name': storageNode(image),
    ...(format || slice !== undefined ? below : whole),
  })
  if (slice !== undefined)
    nodes.push({
      driver: 'raw',
      file: storageNode(image),
      offset: slice.offset,
      size: slice.size,
      'node-name': sliceNode(image),
      ...(format ? below : whole),
    })
  if (format)
    nodes.push({
      'node-name': formatNode(image),
      ...whole,
      ...formatProps(image, needs),
      'data-file': data,
      file: slice === undefined ? storageNode(image) : sliceNode(image),
      backing: hasBacking.has(image.format) ? backing : undefined,
    })
  return nodes
}

/** Formats of images that can stand on others; to the rest nothing can be said of it. */
const hasBacking: ReadonlySet<StorageFormat> = new Set(['cow', 'qcow', 'qcow2', 'qed', 'vmdk'])

const formatDrivers: Readonly<Record<string, string>> = { iso: 'raw', vhd: 'vhdx', ploop: 'parallels', fat: 'raw' }

/** Names that QEMU has for ways of encryption. */
const encryptions: Readonly<Record<string, string>> = { qcow: 'aes', default: 'aes' }

function formatProps(image: Image, { keys }: Needs): Props {
  const { format, driver, source, encryption } = image
  const [key] = keys
  if (source.type === 'dir') return { driver: 'raw' }
  if (format === 'luks' || (format === 'raw' && decryptedByQemu(image))) {
    if (key === undefined) throw internalError("missing secret info for 'luks' driver")
    return { driver: 'luks', 'key-secret': key }
  }
  return {
    driver: formatDrivers[format] ?? format,
    encrypt:
      key === undefined || encryption === undefined
        ? undefined
        : { format: encryptions[encryption.format] ?? encryption.format, 'key-secret': key },
    'cache-size': image.cacheSize,
    'discard-no-unref': image.top ? driver?.discard_no_unref : undefined,
  }
}
