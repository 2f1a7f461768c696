// SPDX-License-Identifier: LGPL-2.1-or-later
// Images as QEMU's block layer has them: a node that reaches the bytes, and one that knows the format.
import type { Disk, DiskBackingStore, DiskDriver, StorageFormat, StorageSource } from '@virt/conf'
import type { Build } from '../command/build.js'
import type { Props, PropValue } from '../command/props.js'
import { configUnsupported, internalError } from '../errors.js'

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
}

/** The images of a disk, the guest's first; and whether the last is known to have nothing below it. */
export function imagesOf(disk: Disk): { images: Image[]; ends: boolean } {
  const shared = { driver: disk.driver, cdrom: disk.device === 'cdrom', floppy: disk.device === 'floppy' }
  const images: Image[] = [
    {
      ...shared,
      source: disk.source,
      format: disk.driver?.type ?? 'raw',
      readonly: disk.readonly === true,
      top: true,
      index: disk.source.index ?? 0,
    },
  ]
  let store: DiskBackingStore | undefined = disk.backingStore
  while (store?.source !== undefined) {
    images.push({
      ...shared,
      source: store.source,
      format: (store.format?.type as StorageFormat | undefined) ?? 'raw',
      readonly: true,
      top: false,
      index: store.index ?? store.source.index ?? 0,
    })
    store = store.backingStore
  }
  return { images, ends: store !== undefined }
}

/**
 * Whether there is a node for the format. Bytes that are the disk itself need none, where QEMU keeps such nodes out of the names of
 * backing files by itself.
 */
function hasFormatNode(build: Build, { format, source }: Image): boolean {
  if (source.type === 'dir') return false
  if (format !== 'raw' || source.encryption?.engine === 'qemu' || isLuks(source)) return true
  return needsRawNode(build)
}

/** Whether raw images need a node for their format too. */
export function needsRawNode(build: Build): boolean {
  return !build.has('blockjob.backing-mask-protocol')
}

function isLuks({ encryption }: StorageSource): boolean {
  return encryption !== undefined && encryption.format === 'luks' && encryption.engine !== 'librbd'
}

function sliceOf({ source }: Image): { offset: bigint; size: bigint } | undefined {
  const slice = source.slices.find(({ type }) => type === undefined || type === 'storage')
  return slice === undefined ? undefined : { offset: slice.offset ?? 0n, size: slice.size ?? 0n }
}

export function storageNode({ index }: Pick<Image, 'index'>): string {
  return `libvirt-${index}-storage`
}

function formatNode({ index }: Image): string {
  return `libvirt-${index}-format`
}

function sliceNode({ index }: Image): string {
  return `libvirt-${index}-slice-sto`
}

/** The node that others use an image by. */
export function effectiveNode(build: Build, image: Image): string {
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

function cacheProps(driver: DiskDriver | undefined): PropValue {
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

/** Where the bytes are. */
function backendProps(build: Build, image: Image): Props {
  const { source, driver } = image
  const aio = driver?.io === 'default' ? undefined : driver?.io
  switch (source.type) {
    case 'file':
      return { driver: 'file', filename: source.file, aio }
    case 'block':
      return {
        driver: image.cdrom && isHostCdrom(build, source.dev) ? 'host_cdrom' : 'host_device',
        filename: source.dev,
        aio,
      }
    case 'dir':
      return { driver: 'vvfat', dir: source.dir, floppy: image.floppy, rw: false }
    case 'network':
      return networkProps(build, source)
    case 'nvme': {
      const { address } = source
      if (address === undefined) throw internalError('missing PCI address of NVMe disk')
      return { driver: 'nvme', device: pciText(address), namespace: Number(source.namespace ?? 0) }
    }
    default:
      throw configUnsupported(`unsupported disk source type '${source.type}'`)
  }
}

function isHostCdrom(build: Build, path: string | undefined): boolean {
  return build.context.start.place('host-cdrom', path ?? '') !== undefined
}

function pciText(address: {
  domain?: number | undefined
  bus?: number | undefined
  slot?: number | undefined
  function?: number | undefined
}): string {
  const part = (value: number | undefined, digits: number): string => (value ?? 0).toString(16).padStart(digits, '0')
  return `${part(address.domain, 4)}:${part(address.bus, 2)}:${part(address.slot, 2)}.${part(address.function, 1)}`
}

type Network = Extract<StorageSource, { type: 'network' }>

/** A server as QEMU's socket addresses have it. */
function inet(host: Network['hosts'][number] | undefined): Props {
  if (host?.transport === 'unix') return { type: 'unix', path: host.socket }
  return { type: 'inet', host: host?.name, port: host?.port }
}

function networkProps(build: Build, source: Network): Props {
  const { protocol, name, hosts } = source
  const [host] = hosts
  switch (protocol) {
    case 'nbd':
      return {
        driver: 'nbd',
        server: inet(host),
        export: name,
        'tls-creds':
          source.tls === true ? `obj${build.context.start.place('tls', String(source.index)) ?? ''}` : undefined,
        'tls-hostname': source.tlsHostname,
        'reconnect-delay': source.reconnect?.delay,
      }
    case 'http':
    case 'https':
    case 'ftp':
    case 'ftps':
      return { driver: protocol, url: urlOf(source) }
    case 'rbd': {
      const [pool, ...image] = (name ?? '').split('/')
      return {
        driver: 'rbd',
        pool,
        image: image.join('/'),
        snapshot: source.snapshot,
        conf: source.config,
        server: hosts.length === 0 ? undefined : hosts.map((one) => ({ host: one.name, port: one.port })),
      }
    }
    case 'iscsi': {
      const slash = (name ?? '').lastIndexOf('/')
      const target = slash < 0 ? name : name?.slice(0, slash)
      const lun = slash < 0 ? 0 : Number(name?.slice(slash + 1))
      return {
        driver: 'iscsi',
        portal: `${host?.name ?? ''}:${host?.port ?? '3260'}`,
        target,
        lun,
        transport: host?.transport === 'rdma' ? 'iser' : 'tcp',
        'initiator-name': source.initiator?.iqn,
      }
    }
    case 'ssh':
      return { driver: 'ssh', path: name, server: { host: host?.name, port: host?.port } }
    default:
      throw configUnsupported(`network disk protocol '${protocol ?? 'none'}' not supported`)
  }
}

function urlOf({ protocol, name, query, hosts }: Network): string {
  const [host] = hosts
  const port = host?.port === undefined ? '' : `:${host.port}`
  return `${protocol}://${host?.name ?? ''}${port}/${name ?? ''}${query === undefined ? '' : `?${query}`}`
}

/** The nodes of an image, lowest first. */
export function imageNodes(build: Build, image: Image, backing: string | null | undefined): Props[] {
  const nodes: Props[] = []
  const format = hasFormatNode(build, image)
  const slice = sliceOf(image)
  const cache = cacheProps(image.driver)
  const below: Props = { 'auto-read-only': true, discard: 'unmap', cache }
  const whole: Props = { 'read-only': image.readonly, ...trimProps(image), cache }
  nodes.push({
    ...backendProps(build, image),
    'node-name': storageNode(image),
    ...(format || slice !== undefined
      ? below
      : image.source.type === 'dir'
        ? { 'auto-read-only': true, discard: 'unmap' }
        : whole),
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
  if (format) {
    const props: Record<string, PropValue> = {
      'node-name': formatNode(image),
      ...whole,
      ...formatProps(image),
      file: slice === undefined ? storageNode(image) : sliceNode(image),
    }
    if (hasBacking.has(image.format)) props.backing = backing
    nodes.push(props)
  }
  return nodes
}

/** Formats of images that can stand on others; to the rest nothing can be said of it. */
const hasBacking: ReadonlySet<StorageFormat> = new Set(['cow', 'qcow', 'qcow2', 'qed', 'vmdk'])

const formatDrivers: Readonly<Record<string, string>> = { iso: 'raw', vhd: 'vpc', fat: 'vvfat' }

function formatProps(image: Image): Props {
  const { format, driver, source } = image
  if (isLuks(source) && format === 'raw')
    return { driver: 'luks', 'key-secret': `${formatNode(image)}-encryption-secret0` }
  return {
    driver: formatDrivers[format] ?? format,
    encrypt:
      source.encryption === undefined
        ? undefined
        : { format: source.encryption.format, 'key-secret': `${formatNode(image)}-encryption-secret0` },
    'cache-size': image.top ? driver?.metadata_cache?.max_size : undefined,
    'discard-no-unref': image.top ? driver?.discard_no_unref : undefined,
  }
}
