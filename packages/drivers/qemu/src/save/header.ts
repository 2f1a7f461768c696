// SPDX-License-Identifier: LGPL-2.1-or-later
// Images of saved guests, in libvirt's format: a header, the guest's document, a cookie, and what QEMU writes.
import { operationFailed } from '../errors.js'

const magic = 'LibvirtQemudSave'
/** What an image begins with until it is whole. */
const partial = 'LibvirtQemudPart'
const version = 2
/** Magic, five numbers, fourteen more for later. */
export const headerSize: number = 16 + 5 * 4 + 14 * 4
/** Room for a longer document, should somebody edit it. */
const spare = 64 * 1024
/** A document longer than that is none. */
const mostData = 64 << 20

/** How the part that QEMU writes is packed, by its number in images. */
export const imageFormats = ['raw', 'gzip', 'bzip2', 'xz', 'lzop', 'zstd'] as const
export type ImageFormat = (typeof imageFormats)[number]

/** All of an image but what QEMU writes. */
export interface SaveImage {
  readonly xml: string
  /** `<cookie>`, where there is one. */
  readonly cookie: string | undefined
  /** Whether the guest goes on when it is restored. */
  readonly running: boolean
  readonly format: ImageFormat
  /** Bytes that document and cookie have in the image. */
  readonly room: number
}

/** The numbers of a header. */
interface Numbers {
  readonly room: number
  readonly running: boolean
  readonly format: ImageFormat
  readonly cookieAt: number
}

/** Room that a new image gives a document. */
export function roomFor(xml: string, cookie: string | undefined): number {
  return lengthOf(xml) + lengthOf(cookie) + spare
}

const lengthOf = (text: string | undefined): number => (text === undefined ? 0 : Buffer.byteLength(text) + 1)

/**
 * Writes everything before what QEMU writes.
 * @param whole whether QEMU has written its part: an image that is cut off says so
 * @throws VirtError `operation-failed` when the document has no room
 */
export function encodeImage({ xml, cookie, running, format, room }: SaveImage, whole: boolean): Buffer {
  const cookieAt = cookie === undefined ? 0 : lengthOf(xml)
  if (lengthOf(xml) + lengthOf(cookie) > room) throw operationFailed('new xml too large to fit in file')
  const bytes = Buffer.alloc(headerSize + room)
  bytes.write(whole ? magic : partial, 'latin1')
  const numbers = [version, room, running ? 1 : 0, imageFormats.indexOf(format), cookieAt]
  numbers.forEach((value, i) => void bytes.writeUInt32LE(value, 16 + i * 4))
  bytes.write(xml, headerSize)
  if (cookie !== undefined) bytes.write(cookie, headerSize + cookieAt)
  return bytes
}

/** No image, or one that was cut off while it was written: nothing can be had from it. */
export class UselessImage extends Error {}

/**
 * Reads a header.
 * @throws VirtError `operation-failed` when it is of another version; `UselessImage` when it is none
 */
export function decodeHeader(bytes: Buffer): Numbers {
  if (bytes.length < headerSize) throw new UselessImage('failed to read qemu header')
  const word = bytes.toString('latin1', 0, 16)
  if (word === partial) throw new UselessImage('save image is incomplete')
  if (word !== magic) throw new UselessImage('image magic is incorrect')
  // Of a host with the other order of bytes.
  const swapped = bytes.readUInt32LE(16) > version
  const at = (i: number): number => (swapped ? bytes.readUInt32BE(16 + i * 4) : bytes.readUInt32LE(16 + i * 4))
  const [found, room, running, packed, cookieAt] = [at(0), at(1), at(2), at(3), at(4)]
  if (found > version) throw operationFailed(`image version is not supported (${found} > ${version})`)
  if (room === 0 || room > mostData) throw operationFailed(`invalid header data length: ${room}`)
  if (cookieAt >= room) throw operationFailed('invalid cookie offset')
  const format = imageFormats[packed]
  if (format === undefined) throw operationFailed(`unsupported save image format: ${packed}`)
  return { room, running: running !== 0, format, cookieAt }
}

/** The document and the cookie behind a header. */
export function decodeData(bytes: Buffer, { room, running, format, cookieAt }: Numbers): SaveImage {
  const text = (from: number, to: number): string => {
    const end = bytes.indexOf(0, from)
    return bytes.toString('utf8', from, end < 0 ? to : Math.min(end, to))
  }
  return {
    xml: text(0, cookieAt === 0 ? room : cookieAt),
    cookie: cookieAt === 0 ? undefined : text(cookieAt, room),
    running,
    format,
    room,
  }
}
