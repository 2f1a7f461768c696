// SPDX-License-Identifier: LGPL-2.1-or-later
// An image and those below it. What a header says is a guest's word: nothing is taken for another format than it was said to be.
import { type FileHandle, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseBackingString, type StorageFormat, type StorageSource } from '@virt/conf'
import { ErrorDomain, ErrorNumber, systemFailure, type VirtError, virtError } from '@virt/core'
import type { FileOwner } from '../security/file-owners.js'
import { headerSize, probeFormat } from './formats.js'
import { type BackingRef, type ImageHeader, readHeader } from './header.js'

/** An image of a chain. */
export interface ChainImage {
  readonly source: StorageSource
  readonly format: StorageFormat
  readonly header: ImageHeader
  /** As the image above names it, where that is relative to it. */
  readonly relative: string | undefined
  /** The file with its data, where that is another. */
  readonly dataFile: { readonly path: string; readonly format: StorageFormat } | undefined
}

const nothing: ImageHeader = { capacity: 0n, encrypted: false, backing: undefined, dataFile: undefined }
/** More than that is no chain, but an accident. */
const mostImages = 200

/** Who reads a chain, and what stands on the image at hand. */
interface Reader {
  readonly above: string | undefined
  readonly owner: FileOwner | undefined
}

/** An image that is not there, or cannot be read. */
function unreachable(path: string, { above, owner }: Reader, cause: unknown): VirtError {
  const who = owner === undefined ? '' : ` (as uid:${owner.uid}, gid:${owner.gid})`
  const what =
    above === undefined
      ? `Cannot access storage file '${path}'`
      : `Cannot access backing file '${path}' of storage file '${above}'${who}`
  return systemFailure(cause, ErrorDomain.STORAGE, what)
}

function failed(detail: string): VirtError {
  return virtError(ErrorNumber.OPERATION_FAILED, ErrorDomain.STORAGE, detail)
}

/** The beginning of a file; undefined for a folder. @throws VirtError */
async function beginningOf(path: string, reader: Reader): Promise<Uint8Array | undefined> {
  let file: FileHandle
  try {
    if ((await stat(path)).isDirectory()) return undefined
    file = await open(path, 'r')
  } catch (error) {
    throw unreachable(path, reader, error)
  }
  try {
    const bytes = Buffer.alloc(headerSize)
    const { bytesRead } = await file.read(bytes, 0, headerSize, 0)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Where a name in a header leads, seen from the file with that header. */
function sourceOf(name: string, above: string): { source: StorageSource; relative: string | undefined } {
  if (/^[a-z][a-z0-9+.-]*:/i.test(name)) return { source: parseBackingString(name).source, relative: undefined }
  if (name.startsWith('/')) return { source: fileSource(name), relative: undefined }
  return { source: fileSource(`${dirname(above)}/${name}`), relative: name }
}

function fileSource(path: string): StorageSource {
  return { type: 'file', file: path, slices: [], seclabels: [] }
}

/** How an image is looked at. */
interface Step extends Reader {
  readonly source: StorageSource
  readonly relative: string | undefined
  /** undefined: nobody said. */
  readonly format: StorageFormat | undefined
}

/** Only an image whose format somebody said may stand on others: else a guest could name any file of the host. */
async function imageAt(step: Step): Promise<ChainImage> {
  const { source, relative, format: told } = step
  if (source.type !== 'file' || source.file === undefined)
    return { source, format: told ?? 'raw', header: nothing, relative, dataFile: undefined }
  const bytes = await beginningOf(source.file, step)
  if (bytes === undefined)
    return {
      source: { type: 'dir', dir: source.file, slices: [], seclabels: [] },
      format: told ?? 'raw',
      header: nothing,
      relative,
      dataFile: undefined,
    }
  const format = told ?? probeFormat(bytes)
  const header = readHeader(bytes, format)
  const { dataFile } = header
  const path = dataFile === undefined ? undefined : sourceOf(dataFile, source.file).source
  return {
    source,
    format,
    header,
    relative,
    dataFile: path?.type === 'file' && path.file !== undefined ? { path: path.file, format: 'raw' } : undefined,
  }
}

/**
 * Reads an image with all below it, the guest's own first.
 * @param format undefined: nobody said, so it is raw
 * @param owner as whom a guest reads them
 * @throws VirtError `system-error` when one is not there or cannot be read, `operation-failed` when a chain never ends, or the format
 *   of an image that stands on others is not said
 * @since 0.1.0, `virStorageSourceGetMetadata`
 */
export async function imageChain(
  path: string,
  format: StorageFormat | undefined,
  owner?: FileOwner,
): Promise<ChainImage[]> {
  const images: ChainImage[] = []
  const seen = new Set<string>()
  let step: Step | undefined = {
    source: fileSource(path),
    relative: undefined,
    format: format ?? 'raw',
    above: undefined,
    owner,
  }
  while (step !== undefined) {
    const place: string = step.source.type === 'file' ? (step.source.file ?? '') : ''
    const file = place === '' ? undefined : await identityOf(place)
    if ((file !== undefined && seen.has(file)) || images.length >= mostImages)
      throw failed(`backing store for ${path} (${place}) is self-referential`)
    if (file !== undefined) seen.add(file)
    const image = await imageAt(step)
    const { backing } = image.header
    if (backing !== undefined && step.format === undefined) throw unsaid(backing, place)
    images.push(image)
    step =
      backing === undefined
        ? undefined
        : { ...sourceOf(backing.name, place), format: backing.format, above: place, owner }
  }
  return images
}

function unsaid(backing: BackingRef, image: string): VirtError {
  return failed(
    `format of backing image '${backing.name}' of image '${image}' was not specified in the image metadata (See https://libvirt.org/kbase/backing_chains.html for troubleshooting)`,
  )
}

async function identityOf(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found === undefined ? undefined : `${found.dev}:${found.ino}`
}
