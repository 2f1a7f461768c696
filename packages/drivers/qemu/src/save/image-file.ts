// SPDX-License-Identifier: LGPL-2.1-or-later
// Files of saved guests: making, opening, changing them.
import { constants } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { ErrorDomain, ErrorNumber, errnoOf, systemFailure, type VirtError, virtError } from '@virt/core'
import { operationFailed } from '../errors.js'
import { decodeData, decodeHeader, encodeImage, headerSize, type SaveImage, UselessImage } from './header.js'

/** An image that is open, with the file right behind the document: where QEMU's part begins. */
export interface OpenImage {
  readonly image: SaveImage
  readonly file: FileHandle
}

async function readAll(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size)
  let got = 0
  while (got < size) {
    // By the file's own position: QEMU reads on from there.
    const { bytesRead } = await file.read(bytes, got, size - got, null).catch(() => {
      throw new UselessImage('failed to read qemu header')
    })
    if (bytesRead === 0) break
    got += bytesRead
  }
  return bytes.subarray(0, got)
}

/**
 * Opens an image.
 * @throws VirtError `system-error` when the file cannot be opened, `operation-failed` when it is of another version; `UselessImage` when it is none
 */
export async function openImage(path: string, write = false): Promise<OpenImage> {
  let file: FileHandle
  try {
    // parity: no name is the root folder's.
    file = await open(path === '' ? '/' : path, write ? constants.O_RDWR : constants.O_RDONLY)
  } catch (error) {
    throw systemFailure(error, ErrorDomain.QEMU, `Failed to open file '${path}'`)
  }
  try {
    const numbers = decodeHeader(await readAll(file, headerSize))
    const data = await readAll(file, numbers.room)
    if (data.length < numbers.room) throw operationFailed('failed to read domain XML')
    return { image: decodeData(data, numbers), file }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** All of an image but QEMU's part. @throws as `openImage` */
export async function readImage(path: string): Promise<SaveImage> {
  const { image, file } = await openImage(path)
  await file.close()
  return image
}

/** Puts another document into an image; the rest stays as it is. @throws VirtError; the image is then as it was */
export async function rewriteImage(path: string, change: (image: SaveImage) => SaveImage): Promise<void> {
  const { image, file } = await openImage(path, true)
  try {
    const next = change(image)
    if (next === image) return
    await file.write(encodeImage(next, true), 0, undefined, 0)
    await file.sync()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
    throw systemFailure(error, ErrorDomain.QEMU, `failed to write header to domain save file '${path}'`)
  } finally {
    await file.close()
  }
}

/**
 * Makes a file that something of a guest is written to.
 * @throws VirtError `system-error`
 */
export async function createFile(path: string): Promise<FileHandle> {
  const { O_CREAT, O_TRUNC, O_RDWR } = constants
  // parity: no name is the root folder's.
  const named = path === '' ? '/' : path
  try {
    return await open(named, O_RDWR | O_CREAT | O_TRUNC, 0o600)
  } catch (error) {
    throw systemFailure(error, ErrorDomain.QEMU, `Failed to create file '${named}'`)
  }
}

/** More than a file system keeps back for a file that it has no room for. */
const trialSize = 65_536

/**
 * Why a file takes no more, where that is what has failed: who wrote to it says that, and not which file it was.
 * differs: libvirt names the helper that writes for it.
 * @returns undefined when the file does take more
 */
export async function whyFull(path: string, file: FileHandle): Promise<VirtError | undefined> {
  try {
    const found = await file.stat()
    if (!found.isFile()) return undefined
    const { size } = found
    for (let at = 0; at < trialSize; )
      at += (await file.write(Buffer.alloc(trialSize - at), 0, undefined, size + at)).bytesWritten
    return undefined
  } catch (error) {
    const detail = `Unable to write ${path}: ${errnoOf(error).text}`
    return virtError(ErrorNumber.OPERATION_FAILED, ErrorDomain.NONE, detail)
  }
}

/** Takes away what could not be finished. */
export async function discard(path: string, file: FileHandle): Promise<void> {
  await file.close().catch(() => {})
  await unlink(path).catch(() => {})
}
